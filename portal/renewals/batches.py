"""Deciding the same about everybody of a filter, and taking that back: one event for all of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select

from portal import audit, clock
from portal.audit import Actor
from portal.catalogue.queries import price_table
from portal.clients.conditions import CLIENT
from portal.credit.service import touch
from portal.domain.errors import NotFound
from portal.domain.renewals import Decision
from portal.extensions import db
from portal.models import AuditEvent, Client, RenewalDecision
from portal.models.types import AnyRow
from portal.notifications import silencing
from portal.renewals import conditions
from portal.renewals.decisions import locked, store
from portal.renewals.filters import RenewalFilter

DECIDED_ALL, UNDONE = "renewals_decided", "renewals_undecided"
"""What the record calls them."""
NONE = "none"
"""What the record calls a due date about which nothing had been decided."""


@dataclass(frozen=True)
class Batch:
    """What a decision for all of a filter did: its event (none where nothing changed), how many, how many ask first."""

    event: AuditEvent | None
    changed: int
    asked: int


def decide_all(partner_id: int, criteria: RenewalFilter, wanted: Decision, *, now: datetime, actor: Actor) -> Batch:
    """Decide the same about every client of a filter whose cycle no invoice asks for. Commits.

    Guarded clients are not renewed this way: each asks first (R17).
    """
    today = clock.local_date(now)
    rows = _undecided(partner_id, criteria, wanted, today)
    asked = [row for row in rows if wanted is Decision.RENEW and row.is_guarded]
    changing = [row for row in rows if wanted is not Decision.RENEW or not row.is_guarded]
    event = _write_all(partner_id, changing, wanted, now, actor) if changing else None
    db.session.commit()
    return Batch(event, len(changing), len(asked))


def _undecided(partner_id: int, criteria: RenewalFilter, wanted: Decision, today: date) -> Sequence[AnyRow]:
    """Return the clients of a filter about whom something else is decided, locked, by id."""
    columns = CLIENT.id, CLIENT.due_on, conditions.DECIDED.decision, conditions.is_guarded(today).label("is_guarded")
    query = select(*columns).select_from(conditions.decided_join())
    query = query.where(*conditions.matching(partner_id, criteria))
    query = query.where(~conditions.is_invoiced(), conditions.decision(today) != wanted.value)
    if criteria.place:
        query = query.where(conditions.place(today, price_table(today)) == criteria.place.value)
    locked = query.order_by(CLIENT.id).with_for_update(key_share=True, of=Client.__table__)
    return db.session.execute(locked).all()


def _write_all(
    partner_id: int, changing: Sequence[AnyRow], wanted: Decision, now: datetime, actor: Actor
) -> AuditEvent:
    """Store one decision for many, with one event that knows what had been decided before."""
    store(partner_id, {(row.id, row.due_on): wanted for row in changing}, now, actor)
    before: dict[str, list[int]] = {}
    for row in changing:
        before.setdefault(row.decision.value if row.decision else NONE, []).append(row.id)
    after = {"decision": wanted.value, "month": f"{changing[0].due_on:%Y-%m}", "clients": len(changing)}
    silencing.decided([row.id for row in changing], now)
    event = audit.record(DECIDED_ALL, actor=actor, now=now, partner_id=partner_id, before=before, after=after)
    touch(partner_id)
    return event


def undo_all(partner_id: int, event_id: int, *, now: datetime, actor: Actor) -> int:
    """Take a decision for all of a filter back, where nothing was decided since; returns for how many clients. Commits.

    Raises:
        NotFound: the partner has no such event.
    """
    mine = AuditEvent.id == event_id, AuditEvent.partner_id == partner_id, AuditEvent.action == DECIDED_ALL
    event = db.session.scalar(select(AuditEvent).where(*mine))
    if event is None:
        raise NotFound
    standing = _standing(event)
    for name, ids in (event.before or {}).items():
        _restore(partner_id, {key: row for key, row in standing.items() if key[0] in set(ids)}, name, now, actor)
    if standing:
        silencing.decided([client_id for client_id, _due_on in standing], now)
        after = {"clients": len(standing), "protocol": event.id}
        audit.record(UNDONE, actor=actor, now=now, partner_id=partner_id, after=after)
        touch(partner_id)
    db.session.commit()
    return len(standing)


def _standing(event: AuditEvent) -> dict[tuple[int, date], AnyRow]:
    """Return the decisions that an event made and nobody changed since, clients locked."""
    ids = [client_id for some in (event.before or {}).values() for client_id in some]
    locked(int(event.partner_id or 0), CLIENT.id.in_(ids))
    columns = RenewalDecision.client_id, RenewalDecision.due_on
    made = RenewalDecision.decided_at == event.at, RenewalDecision.decided_by_id == event.actor_id
    same = RenewalDecision.decision == (event.after or {})["decision"], RenewalDecision.client_id.in_(ids)
    return {(row.client_id, row.due_on): row for row in db.session.execute(select(*columns).where(*made, *same))}


def _restore(partner_id: int, standing: Collection[tuple[int, date]], name: str, now: datetime, actor: Actor) -> None:
    if name != NONE:
        if standing:
            store(partner_id, dict.fromkeys(standing, Decision(name)), now, actor)  # type: ignore[call-arg]
        return
    by_due: dict[date, list[int]] = {}
    for client_id, due_on in standing:
        by_due.setdefault(due_on, []).append(client_id)
    for due_on, ids in by_due.items():
        gone = delete(RenewalDecision).where(RenewalDecision.due_on == due_on, RenewalDecision.client_id.in_(ids))
        db.session.execute(gone, execution_options={"synchronize_session": False})
