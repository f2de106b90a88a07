"""What the templates of an order for many clients show, prepared: no rule, no query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal import formatting
from portal.clients.rows import ClientRow
from portal.domain.bulk import LineResult
from portal.domain.jobs import RunState
from portal.errors import REASONS
from portal.models.types import AnyRow

STALE = "alterado por outra pessoa depois da conferência; confira e repita"


ENDED, UNDER_WAY, STOPPED = ("Concluído", "active"), ("Em andamento", "suspended"), ("Parado", "expired")
"""What a list of orders says of each, in the colours of the clients' statuses."""


def in_counts(done: int, unchanged: int) -> str:
    """Return how many lines of an order were done and how many were not."""
    return (
        f"{formatting.number(done)} {'feito' if done == 1 else 'feitos'}, {formatting.number(unchanged)} sem alteração"
    )


@dataclass(frozen=True)
class OrderRow:
    """One order of the list: what, when, by whom, and what became of it."""

    id: int
    key: str
    title: str
    when: str
    who: str
    counts: str
    state: str
    colour: str

    @classmethod
    def build(cls, order: AnyRow) -> OrderRow:
        """Prepare a row of the orders' query."""
        is_under_way = order.state in {RunState.REQUESTED, RunState.RUNNING}
        state, colour = ENDED if order.finished_at else UNDER_WAY if is_under_way else STOPPED
        back = f" (desfaz o lote {order.undoes_id})" if order.undoes_id else ""
        counts = in_counts(order.done, order.unchanged)
        if not order.finished_at:
            counts = f"{formatting.number(order.done + order.unchanged)} de {formatting.number(order.lines)} prontos"
        title = f"Lote {order.id}: {order.action.label}{back}"
        when = formatting.moment(order.confirmed_at)
        return cls(order.id, order.key, title, when, order.user_name, counts, state, colour)


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
