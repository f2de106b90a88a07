"""Carrying an order for many clients out, line by line, repeatable at any point.

Confirming it asks for a work, whose steps carry lines out some hundred in a transaction, each by the rule of a single
row; those that have a result are passed over (docs/decisions/2026-11-22-bulk-orders.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, tuple_, update

from portal.audit import Actor
from portal.clients import service, undo
from portal.domain.actions import Action
from portal.domain.bulk import LineResult
from portal.domain.errors import ActionRefused, NotPermitted, RepeatMismatch, StaleState
from portal.domain.works import WorkKind
from portal.extensions import db
from portal.models import BulkLine, BulkOrder, Client, Work
from portal.models.types import AnyRow
from portal.works import service as works

CHUNK = 100
"""Lines in one transaction: other writers wait no longer than for this."""

COLUMNS = (
    Client.id, Client.partner_id, Client.version, Client.product, Client.due_on,
    Client.pending_at, Client.hidden_at, Client.suspended_at, Client.suspension_reason,
)  # fmt: skip
"""What the rule of a row and the record of a change read."""


def confirm(order: BulkOrder, *, reason: str | None, now: datetime, actor: Actor) -> None:
    """Release an order and ask for its work; its reason stands from then on. None says: the one that it has.

    Confirmed again, an order that is not finished goes on where it stopped.

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
    db.session.refresh(order)
    if reason is not None and reason != order.reason:
        raise RepeatMismatch
    if order.finished_at is None:
        total, partner_id = order.lines, order.partner_id
        works.enqueue(WorkKind.BULK, order.id, partner_id=partner_id, total=total, now=now, actor=actor)
    db.session.commit()


def step(work: Work, now: datetime) -> bool:
    """Carry out the next lines of the order that a work is about; returns whether it is finished (jobs/works.py)."""
    order = db.session.execute(
        select(BulkOrder.action, BulkOrder.reason).where(BulkOrder.id == work.subject_id).with_for_update()
    ).one()
    lines, is_finished = _next_lines(work.subject_id)
    actor = works.asker(work)
    results = [_judge(line, _order_of(line, order, now, actor)) for line in lines]
    _do(results)
    _note(work.subject_id, results)
    _count(work.subject_id, results, {"finished_at": now} if is_finished else {})
    work.done += len(lines)
    return is_finished


def _next_lines(order_id: int) -> tuple[list[AnyRow], bool]:
    """Return the next lines without a result, their clients locked, and whether they are the last."""
    query = (
        select(*COLUMNS, BulkLine.base_version, BulkLine.undoes_event_id)
        .join(BulkLine, BulkLine.client_id == Client.id)
        .where(BulkLine.order_id == order_id, BulkLine.result.is_(None))
        .order_by(BulkLine.client_id)
        .limit(CHUNK + 1)
    )
    lines = db.session.execute(query.with_for_update(of=Client)).all()
    return list(lines[:CHUNK]), len(lines) <= CHUNK


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
        StaleState: a client has another version than was read under the lock; nothing of the chunk may be kept.
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
        raise StaleState(versions[0] + 1)
    events = [service.draft(order, one.line, changes) for one, order in orders]
    db.session.add_all(events)
    db.session.flush()
    for (one, _order), event in zip(orders, events, strict=True):
        one.values["event_id"] = event.id


def _note(order_id: int, judged: list[_Judged]) -> None:
    """Write the results of lines down, beside what they did: both or neither."""
    empty = {"event_id": None, "refused_status": None}
    rows = [{"order_id": order_id, "client_id": one.line.id} | empty | one.values for one in judged]
    if rows:
        db.session.execute(update(BulkLine), rows)


def _count(order_id: int, judged: list[_Judged], end: dict[str, Any]) -> None:
    """Write down how many lines have a result now and, where it is over, when."""
    done = sum(one.order is not None for one in judged)
    counts = {"done": BulkOrder.done + done, "unchanged": BulkOrder.unchanged + len(judged) - done}
    db.session.execute(
        update(BulkOrder).where(BulkOrder.id == order_id).values(**counts, **end),
        execution_options={"synchronize_session": False},
    )
