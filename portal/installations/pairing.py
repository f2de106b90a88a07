"""A Navi that waits for its partner's word: authorised or refused (DOMAIN §7: Navi needs no code)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portal import audit, clock
from portal.audit import Actor
from portal.clients.service import Outcome
from portal.domain.catalogue import Item
from portal.domain.devices import PairingEnd
from portal.domain.errors import NotFound, PairingRefused
from portal.domain.installations import PAIRING_LIFE
from portal.domain.statuses import derive_status
from portal.extensions import db
from portal.installations import activation, queries, standing
from portal.installations.activation import Device
from portal.installations.standing import Settings
from portal.models import Client, Pairing

AUTHORISED, REFUSED = "pairing_authorised", "pairing_refused"
"""What the record calls them."""


def authorise(client: Client, pairing_id: int, *, now: datetime, settings: Settings, actor: Actor) -> Outcome:
    """Let the program that waits use the license; the one that used it so far ends, as a client has one. Commits.

    Raises:
        NotFound: the client has no such program.
        PairingRefused: it was refused, it waited too long, or the client's status lets no program run.
    """
    asked = audit.fingerprint(AUTHORISED, {"pairing": pairing_id})
    client, pairing = _locked(client, pairing_id)
    if pairing.installation_id is not None:
        return Outcome(queries.event_asked(client.id, asked), is_repeat=True)
    if pairing.refused_at is not None:
        raise PairingRefused(PairingEnd.REFUSED)
    if now - pairing.asked_at >= PAIRING_LIFE:
        raise PairingRefused(PairingEnd.EXPIRED)
    if standing.reason_not_to_run(client, now, settings):
        raise PairingRefused(derive_status(client, clock.local_date(now)))
    event = audit.record(AUTHORISED, actor=actor, now=now, asked=asked, **_told_of(client, pairing))
    _install(client, pairing, now)
    db.session.commit()
    return Outcome(event)


def refuse(client: Client, pairing_id: int, *, now: datetime, actor: Actor) -> Outcome:
    """Send a program away. Commits.

    Raises:
        NotFound: the client has no such program.
        PairingRefused: it was authorised already.
    """
    asked = audit.fingerprint(REFUSED, {"pairing": pairing_id})
    client, pairing = _locked(client, pairing_id)
    if pairing.refused_at is not None:
        return Outcome(queries.event_asked(client.id, asked), is_repeat=True)
    if pairing.installation_id is not None:
        raise PairingRefused(PairingEnd.AUTHORISED)
    pairing.refused_at = now
    event = audit.record(REFUSED, actor=actor, now=now, asked=asked, **_told_of(client, pairing))
    db.session.commit()
    return Outcome(event)


def _locked(client: Client, pairing_id: int) -> tuple[Client, Pairing]:
    """Return the client, its row locked, with one of the programs that asked for its license."""
    locked = queries.locked_client(client.id)
    pairing = db.session.get(Pairing, pairing_id, populate_existing=True)
    if pairing is None or pairing.client_id != locked.id or locked.archived_at is not None:
        raise NotFound
    return locked, pairing


def _install(client: Client, pairing: Pairing, now: datetime) -> None:
    for one in queries.living(client.id, Item.BASE):
        one.revoked_at = now
    device = Device(pairing.device_id, pairing.device)
    made = activation.install(client, Item.BASE, device, pairing.version, pairing.request_hash, now=now)
    pairing.installation_id = made.id


def _told_of(client: Client, pairing: Pairing) -> dict[str, Any]:
    after = {"device": pairing.device, "number": pairing.number}
    return {"partner_id": client.partner_id, "client_id": client.id, "after": after}
