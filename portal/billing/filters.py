"""The criteria of "Gestão de cobranças": parsed from the URL and turned back into it; unknown values fall back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from werkzeug.datastructures import MultiDict

from portal import months
from portal.domain.ids import parse_id
from portal.domain.labels import LabelEnum
from portal.domain.search import typed
from portal.listing import Criteria

PAGE_SIZE = 25


class Standing(LabelEnum):
    """What the list shows alone: clients by what has become of the charge of a cycle."""

    OPEN = "open", "Em aberto"
    PAID = "paid", "Pagas"
    UNISSUED = "unissued", "Não emitidas"
    HELD_BACK = "held_back", "Com impedimento"
    PAUSED = "paused", "Pausadas"


@dataclass(frozen=True)
class BillingFilter(Criteria):
    """What the list shows, and from where.

    ``month`` is the first day of the month of the dues whose charges are shown; without it each client shows its charge
    in hand. ``after`` and ``before`` are ids of the client that the page begins behind or ends in front of.
    """

    search: str = ""
    standing: Standing | None = None
    month: date | None = None
    after: int | None = None
    before: int | None = None

    @classmethod
    def from_args(cls, args: MultiDict[str, str]) -> BillingFilter:
        """Read a query string; what is unknown or makes no sense is as if it were not there."""
        return cls(
            search=typed(args.get("q", "")),
            standing=Standing.parse(args.get("state", "")),
            month=months.parse(args.get("month", "")),
            after=parse_id(args.get("after", "")),
            before=parse_id(args.get("before", "")),
        )

    def pairs(self) -> list[tuple[str, object]]:
        """Return name and value of every criterion."""
        return [
            ("q", self.search),
            ("state", self.standing),
            ("month", self.month_arg),
            ("after", self.after),
            ("before", self.before),
        ]

    @property
    def month_arg(self) -> str:
        """The month as the URL spells it, or nothing."""
        return months.spell(self.month)

    @property
    def is_narrowed(self) -> bool:
        """Whether not every client is asked for."""
        return bool(self.search or self.standing or self.month)
