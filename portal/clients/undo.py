"""Taking a change back ("Desfazer"): the inverse action through the same service, while nobody has touched the client."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select

from portal.audit import Actor
from portal.clients import service
from portal.clients.service import Order, Outcome
from portal.domain.actions import allowed_actions
from portal.domain.bulk import inverse_of
from portal.domain.errors import NotFound, RepeatMismatch, StaleState
from portal.domain.ids import LARGEST_ID
from portal.domain.statuses import derive_status
from portal.extensions import db
from portal.models import AuditEvent, Client


def reason_of(event_id: int) -> str:
    """Return the reason that the history shows for a change that takes another one back."""
    return f"Desfazer do protocolo {event_id}"


def get_event(client: Client, event_id: int) -> AuditEvent:
    """Return a client's event that has a way back.

    Raises:
        NotFound: the client has no such event, or nothing takes it back.
    """
    event: AuditEvent | None = None
    if event_id <= LARGEST_ID:
        event = db.session.scalar(
            select(AuditEvent).where(AuditEvent.id == event_id, AuditEvent.client_id == client.id)
        )
    if event is None or event.base_version is None or inverse_of(event.action) is None:
        raise NotFound
    return event


def is_possible(client: Client, event: AuditEvent, today: date) -> bool:
    """Say whether an event can be taken back now: it is the client's last change and the status allows the inverse."""
    inverse = inverse_of(event.action)
    if inverse is None or event.base_version is None or client.version != event.base_version + 1:
        return False
    return inverse in allowed_actions(derive_status(client, today), client)


def undo(client: Client, event: AuditEvent, *, now: datetime, actor: Actor) -> Outcome:
    """Do the inverse of an event from the version that the event left; its own event names the protocol taken back.

    Raises:
        StaleState: the client has changed since.
        ActionRefused: the status does not allow the inverse any more.
        NotFound: the event has no way back.
    """
    inverse = inverse_of(event.action)
    if inverse is None or event.base_version is None:
        raise NotFound
    content = {"reason": reason_of(event.id)}
    order = Order(inverse, event.base_version + 1, actor, now, content)
    try:
        return service.carry_out(order, client)
    except RepeatMismatch:  # the same user did the inverse by the ordinary form
        raise StaleState(client.version) from None
