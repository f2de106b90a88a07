"""The credit ledger's criteria: one object parsed from the URL and turned back into it; unknown values fall back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from werkzeug.datastructures import MultiDict

from portal import months
from portal.domain.ids import parse_id
from portal.listing import Criteria

PAGE_SIZE = 25


class Way(StrEnum):
    """Whether credit came or went."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True)
class CreditFilter(Criteria):
    """What the ledger shows, and from where; ``month`` is the first day of the month in which credit moved.

    ``after`` and ``before`` are ids of the entry that the page begins behind or ends in front of.
    """

    way: Way | None = None
    month: date | None = None
    after: int | None = None
    before: int | None = None

    @classmethod
    def from_args(cls, args: MultiDict[str, str]) -> CreditFilter:
        """Read a query string; what is unknown or makes no sense is as if it were not there."""
        return cls(
            way=next((way for way in Way if way == args.get("way")), None),
            month=months.parse(args.get("month", "")),
            after=parse_id(args.get("after", "")),
            before=parse_id(args.get("before", "")),
        )

    def pairs(self) -> list[tuple[str, object]]:
        """Return name and value of every criterion."""
        return [
            ("way", self.way),
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
        """Whether not every entry is asked for."""
        return bool(self.way or self.month)
