"""The ledger's criteria: one object parsed from the URL and turned back into it; unknown values fall back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from werkzeug.datastructures import MultiDict

from portal import months
from portal.domain.charges import ChargeState
from portal.domain.ids import parse_id
from portal.domain.search import typed
from portal.listing import Criteria

PAGE_SIZE = 25


@dataclass(frozen=True)
class ChargeFilter(Criteria):
    """What the ledger shows, and from where; ``month`` is the first day of the month in which a charge was made.

    ``after`` and ``before`` are ids of the charge that the page begins behind or ends in front of; ``opened`` is the
    charge whose lines are shown.
    """

    PLACE = ("after", "before", "opened")

    search: str = ""
    state: ChargeState | None = None
    month: date | None = None
    after: int | None = None
    before: int | None = None
    opened: int | None = None

    @classmethod
    def from_args(cls, args: MultiDict[str, str]) -> ChargeFilter:
        """Read a query string; what is unknown or makes no sense is as if it were not there."""
        return cls(
            search=typed(args.get("q", "")),
            state=ChargeState.parse(args.get("state", "")),
            month=months.parse(args.get("month", "")),
            after=parse_id(args.get("after", "")),
            before=parse_id(args.get("before", "")),
            opened=parse_id(args.get("open", "")),
        )

    def pairs(self) -> list[tuple[str, object]]:
        """Return name and value of every criterion."""
        return [
            ("q", self.search),
            ("state", self.state),
            ("month", self.month_arg),
            ("after", self.after),
            ("before", self.before),
            ("open", self.opened),
        ]

    @property
    def month_arg(self) -> str:
        """The month as the URL spells it, or nothing."""
        return months.spell(self.month)

    @property
    def is_narrowed(self) -> bool:
        """Whether not every charge is asked for."""
        return bool(self.search or self.state or self.month)
