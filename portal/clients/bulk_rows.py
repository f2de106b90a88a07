"""What the templates of an order for many clients show, prepared: no rule, no query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.clients.rows import ClientRow
from portal.domain.bulk import LineResult
from portal.errors import REASONS
from portal.models.types import AnyRow

STALE = "alterado por outra pessoa depois da conferência; confira e repita"


@dataclass(frozen=True)
class LineRow:
    """One client of an order: how it stands now, what became of it and why."""

    client: ClientRow
    result: LineResult | None
    reason: str
    protocol: int | None

    @classmethod
    def build(cls, line: AnyRow, today: date) -> LineRow:
        """Prepare a line of the order's query."""
        return cls(ClientRow.build(line, today), line.result, _reason(line), line.event_id)


def _reason(line: AnyRow) -> str:
    if line.result is LineResult.REFUSED:
        return REASONS[line.refused_status]
    return STALE if line.result is LineResult.STALE else ""
