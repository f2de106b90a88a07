"""The desk's criteria: one object parsed from the URL and turned back into it; unknown values fall back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from werkzeug.datastructures import MultiDict

from portal import months
from portal.domain import cycle
from portal.domain.catalogue import Product
from portal.domain.ids import parse_id
from portal.domain.renewals import Place
from portal.domain.search import typed
from portal.listing import Criteria

PAGE_SIZE = 300


@dataclass(frozen=True)
class RenewalFilter(Criteria):
    """What the desk shows, and from where.

    ``month`` is the first day of the month in which licenses are due. ``after`` is the id of the client that the page
    begins behind.
    """

    PLACE = ("after",)

    month: date
    search: str = ""
    place: Place | None = None
    product: Product | None = None
    after: int | None = None

    @classmethod
    def from_args(cls, args: MultiDict[str, str], month: date) -> RenewalFilter:
        """Read the query string of a month's desk; what is unknown or makes no sense is as if it were not there."""
        return cls(
            month=month,
            search=typed(args.get("q", "")),
            place=Place.parse(args.get("place", "")),
            product=Product.parse(args.get("product", "")),
            after=parse_id(args.get("after", "")),
        )

    def pairs(self) -> list[tuple[str, object]]:
        """Return name and value of every criterion."""
        return [
            ("month", self.month_arg),
            ("q", self.search),
            ("place", self.place),
            ("product", self.product),
            ("after", self.after),
        ]

    @property
    def month_arg(self) -> str:
        """The month as the URL spells it."""
        return months.spell(self.month)

    @property
    def is_narrowed(self) -> bool:
        """Whether not every client of the month is asked for."""
        return bool(self.search or self.place or self.product)


def offered(today: date) -> tuple[date, date]:
    """Return what the desk can show: this month's dues and the next one's."""
    return cycle.first_of_month(today), cycle.first_of_next_month(today)


def asked_month(args: MultiDict[str, str], today: date) -> date | None:
    """Return the month that a query string asks for, where the desk can show it."""
    month = months.parse(args.get("month", ""))
    return month if month in offered(today) else None
