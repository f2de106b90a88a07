"""What the programs of demo clients told of their Cloud: every state for either product, a backup asked for and one made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any, NamedTuple

from sqlalchemy import select, update

from portal.cloud import backups
from portal.demo.facts import Scene
from portal.domain.catalogue import Item, Product
from portal.domain.cloud import CloudState, Health
from portal.domain.statuses import LIVE_STATUSES, Status, derive_status
from portal.extensions import db
from portal.models import AuditEvent, Client, CloudBackup, Contact, Installation, LicenseItem, RegistrationCode, User


class Told(NamedTuple):
    """What a program said: so many minutes ago, synchronised so many minutes ago, and what went wrong."""

    heard: int
    synced: int
    detail: str = ""


TOLD = {
    CloudState.ONLINE: Told(38, 41),
    CloudState.ERROR: Told(95, 1_900, "Espaço em disco insuficiente no servidor da loja"),
    CloudState.UNSYNCED: Told(12, 4_400),
    CloudState.OFFLINE: Told(3_100, 3_105),
}


def tell(scene: Scene) -> list[AuditEvent]:
    """Add what a partner's programs told and return the events of the backups, not yet added.

    A program that was never activated told nothing, a suspended one has gone silent.
    """
    online = []
    for product in Product:
        states = cycle(TOLD)
        for client in _with_cloud(scene, product):
            is_running = derive_status(client, scene.today) is Status.ACTIVE
            state = next(states) if is_running else CloudState.OFFLINE
            db.session.add(_contact(client, TOLD[state], scene.now))
            if state is CloudState.ONLINE and product is Product.LINK:
                online.append(client)
    db.session.flush()
    pairs = zip(online, _backups(scene.now), strict=False)
    return [_backup(client, facts, scene.staff[0]) for client, facts in pairs]


def _with_cloud(scene: Scene, product: Product) -> Iterable[Client]:
    """Return the clients that hold Cloud and whose program can have told something."""
    holds = select(LicenseItem.client_id).where(LicenseItem.item == Item.CLOUD)
    unused = RegistrationCode.consumed_at.is_(None), RegistrationCode.item == Item.BASE
    waits = select(RegistrationCode.client_id).where(*unused)
    mine = Client.partner_id == scene.partner.id, Client.product == product, Client.id.in_(holds)
    found = db.session.scalars(select(Client).where(*mine, Client.id.not_in(waits)).order_by(Client.id))
    return [client for client in found if derive_status(client, scene.today) in LIVE_STATUSES]


def _contact(client: Client, told: Told, now: datetime) -> Contact:
    """Return what a client's program told; its installation was heard of at the same moment."""
    heard_at = now - timedelta(minutes=told.heard)
    base = Installation.client_id == client.id, Installation.item == Item.BASE
    db.session.execute(update(Installation).where(*base).values(last_seen_at=heard_at))
    return Contact(
        client_id=client.id,
        partner_id=client.partner_id,
        last_seen_at=heard_at,
        cloud_health=Health.ERROR if told.detail else Health.OK,
        cloud_detail=told.detail,
        cloud_reported_at=heard_at,
        cloud_synced_at=now - timedelta(minutes=told.synced),
    )


def _backups(now: datetime) -> Iterator[dict[str, Any]]:
    """Yield one that the program has not heard of yet, and one that it made."""
    yield {"requested_at": now - timedelta(minutes=9)}
    asked, told, done = (now - timedelta(minutes=minutes) for minutes in (520, 400, 393))
    yield {"requested_at": asked, "handed_out_at": told, "done_at": done, "size_bytes": 48_300_000}


def _backup(client: Client, facts: dict[str, Any], user: User) -> AuditEvent:
    """Add a backup and return the event that its asking left."""
    whose = {"client_id": client.id, "partner_id": client.partner_id}
    backup = CloudBackup(requested_by_id=user.id, **whose, **facts)
    db.session.add(backup)
    db.session.flush()
    return AuditEvent(
        **whose,
        actor_id=user.id,
        actor_name=user.name,
        action=backups.ASKED,
        at=backup.requested_at,
        after={"backup_id": backup.id},
        fingerprint=backups.fingerprint(backup, backups.ASKED),
    )
