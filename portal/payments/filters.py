"""What the staff's list of payments is asked for, as it stands in the URL; unknown values fall back."""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from portal.domain.ids import parse_id
from portal.domain.labels import LabelEnum
from portal.domain.search import typed
from portal.listing import Criteria

PAGE_SIZE = 25


class Tab(LabelEnum):
    """Payments that somebody has to look at."""

    UNMATCHED = "unmatched", "Sem destino"
    RETURNED = "returned", "Devolvidas"


@dataclass(frozen=True)
class PaymentFilter(Criteria):
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

    def pairs(self) -> list[tuple[str, object]]:
        """Return name and value of every criterion."""
        return [("q", self.search), ("tab", self.tab), ("after", self.after), ("before", self.before)]
