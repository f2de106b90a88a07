"""What the staff's list of payments is asked for, as it stands in the URL; unknown values fall back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from portal import addresses
from portal.domain.ids import parse_id
from portal.domain.labels import LabelEnum
from portal.domain.search import typed

PAGE_SIZE = 25


class Tab(LabelEnum):
    """Payments that somebody has to look at."""

    UNMATCHED = "unmatched", "Sem destino"
    RETURNED = "returned", "Devolvidas"


@dataclass(frozen=True)
class PaymentFilter:
    """Which payments are shown; ``after`` and ``before`` are ids of the one that a page begins behind or ends in front of."""

    search: str = ""
    tab: Tab | None = None
    after: int | None = None
    before: int | None = None

    @classmethod
    def from_args(cls, args: MultiDict[str, str]) -> PaymentFilter:
        """Read a query string."""
        return cls(
            search=typed(args.get("q", "")),
            tab=Tab.parse(args.get("tab", "")),
            after=parse_id(args.get("after", "")),
            before=parse_id(args.get("before", "")),
        )

    def query_string(self, **changes: Any) -> str:
        """Return "?..." for the changed criteria, defaults left out, or nothing where all is default."""
        this = replace(self, **changes)
        pairs = [("q", this.search), ("tab", this.tab), ("after", this.after), ("before", this.before)]
        return addresses.query_string([(name, str(value)) for name, value in pairs if value])

    def from_start(self, **changes: Any) -> str:
        """Return the query string of other criteria, from their first page."""
        return self.query_string(**({"after": None, "before": None} | changes))
