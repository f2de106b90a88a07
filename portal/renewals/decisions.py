"""Deciding whom to renew: stored per due date, with the question of R17 in between.

Clients are locked first, so that no invoice is made of what is being decided (``portal.invoices.making``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from portal import audit, clock
from portal.audit import Actor
from portal.clients import service as clients
from portal.clients.conditions import CLIENT
from portal.clients.service import Order, Outcome
from portal.credit.service import touch
from portal.domain.catalogue import RenewalMethod
from portal.domain.errors import NotFound
from portal.domain.renewals import Decision, Guard
from portal.extensions import db
from portal.models import AuditEvent, Client, RenewalDecision
from portal.models.types import AnyRow
from portal.notifications import silencing
from portal.renewals import offers, queries
from portal.renewals.offers import Offer

DECIDED = "renewal_decided"
USE_BOTH, ASK_AGAIN = "use_both", "use_both_end"
"""What the record calls them."""


@dataclass(frozen=True)
class Decided:
    """What a form did: the offers as they stand now, and whose decision changed, with its event.

    ``asked`` are guarded clients that are not renewed before a question is answered; ``fixed`` are those that an invoice
    asks for already, or that are due in that month no more.
    """

    offers: list[Offer]
    events: Mapping[int, AuditEvent]
    asked: list[int]
    fixed: list[int]


def decide(
    partner_id: int,
    month: date,
    wanted: Mapping[int, Decision],
    *,
    now: datetime,
    actor: Actor,
    is_sure: bool = False,
) -> Decided:
    """Store decisions about clients due in a month; those that hold already are left alone. Commits.

    ``is_sure`` says that the question about guarded clients was answered.

    Raises:
        NotFound: one of them is not the partner's.
    """
    rows = locked(partner_id, CLIENT.id.in_(wanted))
    if len(rows) < len(wanted):
        raise NotFound
    due = [row for row in rows if _is_on_desk(row, month)]
    found = offers.of(due, clock.local_date(now)) if due else []
    asked = [offer.client.id for offer in found if not is_sure and _asks(offer, wanted[offer.client.id])]
    changed = {
        offer.client.id: wanted[offer.client.id]
        for offer in found
        if not offer.case.is_invoiced and offer.client.id not in asked and offer.decision is not wanted[offer.client.id]
    }
    events = _write([offer for offer in found if offer.client.id in changed], changed, now, actor)
    db.session.commit()
    fixed = wanted.keys() - {offer.client.id for offer in found if not offer.case.is_invoiced}
    return Decided([_decided(offer, changed) for offer in found], events, asked, sorted(fixed))


def locked(partner_id: int, *which: Any) -> Sequence[AnyRow]:
    """Return clients, by id, that nobody else changes until the transaction ends."""
    query = select(*queries.COLUMNS).where(CLIENT.partner_id == partner_id, CLIENT.archived_at.is_(None), *which)
    return db.session.execute(query.order_by(CLIENT.id).with_for_update(key_share=True)).all()


def _is_on_desk(row: AnyRow, month: date) -> bool:
    is_manual: bool = row.renewal_method is RenewalMethod.MANUAL
    return is_manual and row.due_on is not None and row.due_on.replace(day=1) == month


def _asks(offer: Offer, wanted: Decision) -> bool:
    is_new = wanted is Decision.RENEW and offer.decision is not Decision.RENEW
    return is_new and offer.case.guard is not Guard.NONE


def _decided(offer: Offer, changed: Mapping[int, Decision]) -> Offer:
    decision = changed.get(offer.client.id, offer.case.decision)
    return replace(offer, case=replace(offer.case, decision=decision))


def _write(
    changing: Sequence[Offer], wanted: Mapping[int, Decision], now: datetime, actor: Actor
) -> dict[int, AuditEvent]:
    """Store what changes, with an event for each client."""
    if not changing:
        return {}
    partner_id = changing[0].client.partner_id
    store(partner_id, {(o.client.id, o.client.due_on): wanted[o.client.id] for o in changing}, now, actor)
    events = {
        offer.client.id: audit.record(
            DECIDED,
            actor=actor,
            now=now,
            partner_id=partner_id,
            client_id=offer.client.id,
            before={"decision": offer.decision.value},
            after={"decision": wanted[offer.client.id].value, "cycle": offer.client.due_on.isoformat()},
            is_flushed=False,
        )
        for offer in changing
    }
    db.session.flush()
    silencing.decided(list(events), now)
    touch(partner_id)
    return events


def store(partner_id: int, wanted: Mapping[tuple[int, date], Decision], now: datetime, actor: Actor) -> None:
    """Write decisions about due dates over what stood there, in the caller's transaction."""
    common = {"partner_id": partner_id, "decided_at": now, "decided_by_id": actor.user_id}
    rows = [
        common | {"client_id": client_id, "due_on": due_on, "decision": decision}
        for (client_id, due_on), decision in wanted.items()
    ]
    dialect: Any = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    new = dialect.insert(RenewalDecision)
    over = {name: new.excluded[name] for name in ("decision", "decided_at", "decided_by_id")}
    db.session.connection().execute(new.on_conflict_do_update(index_elements=["client_id", "due_on"], set_=over), rows)


def last_event(client_id: int) -> AuditEvent | None:
    """Return the event of the newest decision about a client, or None."""
    mine = AuditEvent.client_id == client_id, AuditEvent.action == DECIDED
    return db.session.scalar(select(AuditEvent).where(*mine).order_by(AuditEvent.id.desc()).limit(1))


def use_both(client: Client, *, version: int, now: datetime, actor: Actor) -> Outcome:
    """Note that a client uses Navi beside Link, so that nobody asks again, and renew it (R17).

    Raises:
        StaleState, RepeatMismatch: the client was saved in between.
    """
    order = Order(USE_BOTH, version, actor, now, {})
    due_on = client.due_on

    def also(_event: AuditEvent) -> None:
        if due_on is not None:
            store(client.partner_id, {(client.id, due_on): Decision.RENEW}, now, actor)
        silencing.decided([client.id], now)
        touch(client.partner_id)

    return clients.once(order, client, {"uses_both_at": now}, also)


def ask_again(client: Client, *, version: int, now: datetime, actor: Actor) -> Outcome:
    """Take "Usa os dois" back: the Link registration replaces this one again, unless decided otherwise.

    What was decided about the due date goes too, because it followed from that answer.

    Raises:
        StaleState, RepeatMismatch: the client was saved in between.
    """
    order = Order(ASK_AGAIN, version, actor, now, {})
    cycle = RenewalDecision.client_id == client.id, RenewalDecision.due_on == client.due_on

    def also(_event: AuditEvent) -> None:
        db.session.execute(delete(RenewalDecision).where(*cycle), execution_options={"synchronize_session": False})
        silencing.decided([client.id], now)
        touch(client.partner_id)

    return clients.once(order, client, {"uses_both_at": None}, also)
