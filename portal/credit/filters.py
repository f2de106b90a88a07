"""The credit ledger's criteria: one object parsed from the URL and turned back into it; unknown values fall back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from werkzeug.datastructures import MultiDict

from portal import addresses, months
from portal.domain.ids import parse_id

PAGE_SIZE = 25


class Way(StrEnum):
    """Whether credit came or went."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True)
class CreditFilter:
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

    def to_args(self, **changes: Any) -> list[tuple[str, str]]:
        """Return the query string's pairs, changed as told, defaults left out, always in the same order."""
        this = replace(self, **changes)
        pairs: list[tuple[str, object]] = [
            ("way", this.way),
            ("month", this.month_arg),
            ("after", this.after),
            ("before", this.before),
        ]
        return [(name, str(value)) for name, value in pairs if value]

    def query_string(self, **changes: Any) -> str:
        """Return "?..." for the changed criteria, or nothing where all is default."""
        return addresses.query_string(self.to_args(**changes))

    def from_start(self, **changes: Any) -> str:
        """Return the query string of other criteria, from their first page."""
        return self.query_string(**({"after": None, "before": None} | changes))

    @property
    def month_arg(self) -> str:
        """The month as the URL spells it, or nothing."""
        return months.spell(self.month)

    @property
    def is_narrowed(self) -> bool:
        """Whether not every entry is asked for."""
        return bool(self.way or self.month)
