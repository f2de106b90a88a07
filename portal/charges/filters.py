"""The ledger's criteria: one object parsed from the URL and turned back into it; unknown values fall back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from werkzeug.datastructures import MultiDict

from portal import addresses, months
from portal.domain.charges import ChargeState
from portal.domain.ids import parse_id
from portal.domain.search import typed

PAGE_SIZE = 25


@dataclass(frozen=True)
class ChargeFilter:
    """What the ledger shows, and from where; ``month`` is the first day of the month in which a charge was made.

    ``after`` and ``before`` are ids of the charge that the page begins behind or ends in front of; ``opened`` is the
    charge whose lines are shown.
    """

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

    def to_args(self, **changes: Any) -> list[tuple[str, str]]:
        """Return the query string's pairs, changed as told, defaults left out, always in the same order."""
        this = replace(self, **changes)
        pairs: list[tuple[str, object]] = [
            ("q", this.search),
            ("state", this.state),
            ("month", this.month_arg),
            ("after", this.after),
            ("before", this.before),
            ("open", this.opened),
        ]
        return [(name, str(value)) for name, value in pairs if value]

    def query_string(self, **changes: Any) -> str:
        """Return "?..." for the changed criteria, or nothing where all is default."""
        return addresses.query_string(self.to_args(**changes))

    def from_start(self, **changes: Any) -> str:
        """Return the query string of other criteria, from their first page, no charge open."""
        return self.query_string(**({"after": None, "before": None, "opened": None} | changes))

    @property
    def month_arg(self) -> str:
        """The month as the URL spells it, or nothing."""
        return months.spell(self.month)

    @property
    def is_narrowed(self) -> bool:
        """Whether not every charge is asked for."""
        return bool(self.search or self.state or self.month)
