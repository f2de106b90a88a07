"""Moving requests on: each move is one transaction with its line of time and its audit event (DOMAIN §9).

Locks in the order of everywhere: an invoice, the client, the request, the partner's credit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from portal import audit
from portal.audit import Actor
from portal.credit import service as credit
from portal.domain.requests import ENDED, Move, Obstacle, RequestRefused, Side, Step, ensure_possible
from portal.extensions import db
from portal.models import AuditEvent, Client, RequestEntry, ServiceRequest
from portal.requests import queries, telling

TAKEN_OVER = "request_taken_over"
"""What the record calls another Operador; any other move is called by the state that it leads to."""

_TAKING = frozenset({Move.TAKE, Move.TAKE_OVER})


@dataclass(frozen=True)
class Order:
    """A move that a form asks for, from the version of the request that its page showed."""

    move: Move
    version: int
    side: Side
    actor: Actor
    now: datetime
    text: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """The same form sent again has the same fingerprint."""
        return audit.fingerprint(self.move, {"version": self.version, "text": self.text, **self.content})


@dataclass(frozen=True)
class Done:
    """What a form did: to which request, when, its protocol, and whether that had been done before."""

    request_id: int
    at: datetime
    protocol: int
    is_repeat: bool = False

    @classmethod
    def build(cls, entry: RequestEntry, *, is_repeat: bool = False) -> Done:
        """Say what a line of time is the record of."""
        return cls(entry.request_id, entry.at, entry.event_id, is_repeat)


def move(request: ServiceRequest, order: Order) -> Done:
    """Make a move that changes nothing but the request. The same form sent again answers what was done. Commits.

    Raises:
        RequestRefused: the table does not allow it now, or the request changed since the page was shown.
    """
    request = locked(request.id)
    if done := done_before(request, order):
        return done
    step = ensure_possible(order.move, queries.standing_of(request), order.side)
    return finish(request, order, step)


def locked(request_id: int) -> ServiceRequest:
    """Return a request as it is now, which nobody else changes until the transaction ends."""
    query = select(ServiceRequest).where(ServiceRequest.id == request_id).with_for_update(key_share=True)
    found: ServiceRequest = db.session.scalars(query.execution_options(populate_existing=True)).one()
    return found


def locked_client(request: ServiceRequest) -> Client:
    """Return the client of a request as it is now, which nobody else changes until the transaction ends."""
    query = select(Client).where(Client.id == request.client_id).with_for_update(key_share=True)
    client: Client = db.session.scalars(query.execution_options(populate_existing=True)).one()
    return client


def done_before(request: ServiceRequest, order: Order) -> Done | None:
    """Return what a form did when it was sent before, or None where its version is the present one.

    Raises:
        RequestRefused: another move came in between.
    """
    if request.version == order.version:
        return None
    which = RequestEntry.request_id == request.id, RequestEntry.base_version == order.version
    entry = db.session.scalar(select(RequestEntry).where(*which))
    if entry is None or entry.fingerprint != order.fingerprint or entry.user_id != order.actor.user_id:
        raise RequestRefused(Obstacle.CHANGED)
    return Done.build(entry, is_repeat=True)


def finish(request: ServiceRequest, order: Order, step: Step) -> Done:
    """Move a locked request on, record it, tell of it. Commits."""
    done = moved(request, order, step)
    db.session.commit()
    return done


def moved(request: ServiceRequest, order: Order, step: Step, event: AuditEvent | None = None) -> Done:
    """Do so in the caller's transaction, with ``event`` as its record where there is one."""
    if event is None:
        name = TAKEN_OVER if order.move is Move.TAKE_OVER else f"request_{step.to.value}"
        states = {"before": {"state": request.state.value}, "after": {"state": step.to.value}}
        event = record(request, name, order.now, order.actor, reason=order.text, **states)
    entry = entry_of(request, order.side, event, order.actor, order.fingerprint)
    entry.move, entry.state, entry.text, entry.base_version = order.move, step.to, order.text, order.version
    request.state, request.version, request.changed_at = step.to, request.version + 1, order.now
    request.ended_at = order.now if step.to in ENDED else None
    request.is_unanswered = request.is_unanswered and order.move in _TAKING
    if order.move in _TAKING:
        request.handler_id = order.actor.user_id
    told(request, entry)
    return Done.build(entry)


def record(request: ServiceRequest, name: str, now: datetime, actor: Actor, **facts: Any) -> AuditEvent:
    """Record something about a request; shown on its client's page. Does not commit."""
    after = {"request": request.id, **facts.pop("after", {})}
    facts |= {"partner_id": request.partner_id, "client_id": request.client_id, "after": after}
    return audit.record(name, actor=actor, now=now, **facts)


def entry_of(request: ServiceRequest, side: Side, event: AuditEvent, actor: Actor, fingerprint: str) -> RequestEntry:
    """Return a line of a request's time, which nobody has written yet."""
    return RequestEntry(
        request_id=request.id, side=side, user_id=actor.user_id, user_name=actor.name, at=event.at,
        fingerprint=fingerprint, event_id=event.id,
    )  # fmt: skip


def told(request: ServiceRequest, entry: RequestEntry) -> None:
    """Write a line of time, tell of it, and have pages that browsers kept asked for again."""
    db.session.add(entry)
    db.session.flush()
    if entry.move is not Move.TAKE_OVER:
        telling.tell(request, entry, entry.at)
    credit.touch(request.partner_id)
