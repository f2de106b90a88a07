"""Ending a seat from the portal ("Liberar"): a device that was left behind gives its place to another (DOMAIN §7)."""

from __future__ import annotations

from datetime import datetime

from portal import audit
from portal.audit import Actor
from portal.clients.service import Outcome
from portal.domain.errors import NotFound
from portal.extensions import db
from portal.installations import queries
from portal.models import Client, Seat

SEAT_FREED = "seat_freed"
"""What the record calls it."""


def free(client: Client, seat_id: int, *, now: datetime, actor: Actor) -> Outcome:
    """End a seat, whatever the client's status; its device is told so when it is heard of next. Commits.

    Asked again it answers what was done; a seat that the device gave back itself leaves nothing to do.

    Raises:
        NotFound: the client has no such seat.
    """
    asked = audit.fingerprint(SEAT_FREED, {"seat": seat_id})
    queries.locked_client(client.id)  # who takes, keeps or gives back a seat holds this row, too
    seat = db.session.get(Seat, seat_id, populate_existing=True)
    if seat is None or seat.client_id != client.id:
        raise NotFound
    if seat.released_at is not None:
        return Outcome(queries.event_asked(client.id, asked), is_repeat=True)
    seat.released_at, seat.freed_by_id = now, actor.user_id
    event = audit.record(
        SEAT_FREED,
        actor=actor,
        now=now,
        partner_id=client.partner_id,
        client_id=client.id,
        after={"item": seat.item.value, "device": seat.device},
        asked=asked,
    )
    db.session.commit()
    return Outcome(event)
