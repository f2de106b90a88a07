"""Carrying an order for many clients out, line by line, repeatable at any point.

Lines are carried out some hundred in a transaction, each by the rule of a single row; those that have a result are
passed over, so that an order sent again after a cut line goes on where it stood
(docs/decisions/2026-11-22-bulk-orders.md).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, tuple_, update

from portal.audit import Actor
from portal.clients import service, undo
from portal.domain.actions import Action
from portal.domain.bulk import LineResult
from portal.domain.errors import ActionRefused, NotPermitted, RepeatMismatch, StaleState
from portal.extensions import db
from portal.models import BulkLine, BulkOrder, Client
from portal.models.types import AnyRow

CHUNK = 100
"""Lines in one transaction: other writers wait no longer than for this."""

COLUMNS = (
    Client.id, Client.partner_id, Client.version, Client.product, Client.due_on,
    Client.pending_at, Client.hidden_at, Client.suspended_at, Client.suspension_reason,
)  # fmt: skip
"""What the rule of a row and the record of a change read."""


def confirm(order: BulkOrder, *, reason: str | None, now: datetime, actor: Actor) -> None:
    """Release an order to be carried out; its reason stands from then on. None says: the one that it has.

    Raises:
        NotPermitted: somebody else drew the order up.
        RepeatMismatch: it was confirmed before with another reason.
    """
    if order.user_id != actor.user_id:
        raise NotPermitted
    db.session.execute(
        update(BulkOrder)
        .where(BulkOrder.id == order.id, BulkOrder.confirmed_at.is_(None))
        .values(confirmed_at=now, reason=reason or ""),
        execution_options={"synchronize_session": False},
    )
    db.session.commit()
    db.session.refresh(order)
    if reason is not None and reason != order.reason:
        raise RepeatMismatch


def carry_out(order: BulkOrder, *, now: datetime, actor: Actor, has_time: Callable[[], bool]) -> None:
    """Carry out a confirmed order's open lines until none is left or the time is up; at least one chunk.

    ``has_time`` is asked between chunks, while no lock is held; it may wait so that others can write.
    """
    order_id = order.id
    while not _carry_out_chunk(order_id, now, actor) and has_time():
        pass
    db.session.refresh(order)


def _carry_out_chunk(order_id: int, now: datetime, actor: Actor) -> bool:
    """Carry out the next lines in one transaction; returns whether the order is finished.

    The order's row is locked first, so that two requests for one order take turns (SQLite has one writer anyhow).
    """
    order = db.session.execute(
        select(BulkOrder.action, BulkOrder.reason, BulkOrder.finished_at)
        .where(BulkOrder.id == order_id)
        .with_for_update()
    ).one()
    lines = _open_lines(order_id) if order.finished_at is None else []
    results = [_judge(line, _order_of(line, order, now, actor)) for line in lines]
    _do(results)
    _note(order_id, results)
    is_finished = len(lines) < CHUNK
    if is_finished and order.finished_at is None:
        db.session.execute(update(BulkOrder).where(BulkOrder.id == order_id).values(finished_at=now))
    db.session.commit()
    return is_finished


def _open_lines(order_id: int) -> list[AnyRow]:
    query = (
        select(*COLUMNS, BulkLine.base_version, BulkLine.undoes_event_id)
        .join(BulkLine, BulkLine.client_id == Client.id)
        .where(BulkLine.order_id == order_id, BulkLine.result.is_(None))
        .order_by(BulkLine.client_id)
        .limit(CHUNK)
    )
    return list(db.session.execute(query.with_for_update(of=Client)))


def _order_of(line: AnyRow, order: AnyRow, now: datetime, actor: Actor) -> service.Order:
    """Return the order for a single row that a line amounts to: the same content, so the same fingerprint."""
    reason = undo.reason_of(line.undoes_event_id) if line.undoes_event_id else order.reason
    has_reason = line.undoes_event_id or order.action is Action.SUSPEND
    return service.Order(order.action, line.base_version, actor, now, {"reason": reason} if has_reason else {})


@dataclass
class _Judged:
    """A line with its result; ``order`` is what remains to be done for it."""

    line: AnyRow
    values: dict[str, Any]
    order: service.Order | None = None


def _judge(line: AnyRow, order: service.Order) -> _Judged:
    """Say what becomes of a line, by the version and the table of actions."""
    if line.version != line.base_version:
        return _Judged(line, {"result": LineResult.STALE})
    try:
        service.ensure_possible(order, line)
    except ActionRefused as refusal:
        return _Judged(line, {"result": LineResult.REFUSED, "refused_status": refusal.status})
    return _Judged(line, {"result": LineResult.DONE}, order)


def _do(judged: list[_Judged]) -> None:
    """Change the clients of lines that may be, all in one statement, and record each.

    Raises:
        StaleState: a client has another version than was read under the lock; nothing of the chunk is kept.
    """
    orders = [(one, one.order) for one in judged if one.order]
    if not orders:
        return
    changes = service.changes_of(orders[0][1])  # the same for all lines of an order
    ids, versions = zip(*((one.line.id, order.version) for one, order in orders), strict=True)
    statement = (
        update(Client)
        .where(Client.id.in_(ids), tuple_(Client.id, Client.version).in_(list(zip(ids, versions, strict=True))))
        .values(**changes, version=Client.version + 1)
    )
    done = db.session.execute(statement, execution_options={"synchronize_session": False})
    if done.rowcount != len(orders):  # type: ignore[attr-defined]
        db.session.rollback()
        raise StaleState(versions[0] + 1)
    events = [service.record(order, one.line, changes, is_flushed=False) for one, order in orders]
    db.session.flush()
    for (one, _order), event in zip(orders, events, strict=True):
        one.values["event_id"] = event.id


def _note(order_id: int, judged: list[_Judged]) -> None:
    """Write the results of lines down, beside what they did: both or neither."""
    empty = {"event_id": None, "refused_status": None}
    rows = [{"order_id": order_id, "client_id": one.line.id} | empty | one.values for one in judged]
    if rows:
        db.session.execute(update(BulkLine), rows)
