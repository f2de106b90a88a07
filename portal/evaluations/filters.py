"""What the queue of registrations is asked for, as it stands in the URL; unknown values fall back."""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from portal.domain.ids import parse_id
from portal.domain.labels import LabelEnum
from portal.domain.search import typed
from portal.listing import Criteria

PAGE_SIZE = 25


class Turn(LabelEnum):
    """Whose turn it is."""

    VENDOR = "vendor", "A avaliar"
    PARTNER = "partner", "Com a revenda"


@dataclass(frozen=True)
class EvaluationFilter(Criteria):
    """Which registrations are shown; ``after`` and ``before`` are ids of the one that a page begins behind or ends in front of."""

    search: str = ""
    turn: Turn = Turn.VENDOR
    after: int | None = None
    before: int | None = None

    @classmethod
    def from_args(cls, args: MultiDict[str, str]) -> EvaluationFilter:
        """Read a query string."""
        return cls(
            search=typed(args.get("q", "")),
            turn=Turn.parse(args.get("turn", "")) or Turn.VENDOR,
            after=parse_id(args.get("after", "")),
            before=parse_id(args.get("before", "")),
        )

    def pairs(self) -> list[tuple[str, object]]:
        """Return name and value of every criterion."""
        turn = "" if self.turn is Turn.VENDOR else self.turn
        return [("q", self.search), ("turn", turn), ("after", self.after), ("before", self.before)]
