"""From Navi to Link in the demo: one migration in the middle, one that is over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from portal.demo.facts import Scene
from portal.domain.actions import Action
from portal.domain.catalogue import Item, Product
from portal.domain.migration import LINK_LIFE, BackupSource, BackupState
from portal.extensions import db
from portal.models import AuditEvent, Client, Installation, NaviBackup, NaviMigration, User
from portal.registrations.following import PREDECESSOR, SUCCESSOR
from portal.registrations.queries import REGISTER

COUNTS = {"customers": 214, "products": 1_387, "stock": 1_352, "sales": 15_320, "credits": 41}
RECEIVABLE_CENTS, USERS = 386_250, 3
SIZE_BYTES = 2_640_118
BACKUP_BEFORE, RESTORED_BEFORE, USERS_AFTER = timedelta(minutes=40), timedelta(minutes=12), timedelta(minutes=18)
"""Of the activation."""


def tell(scene: Scene, events: Iterable[AuditEvent]) -> list[AuditEvent]:
    """Add the migrations of clients that hold both products; return their events, not yet added.

    ``events`` are the clients' own: that of a Link registration learns whom it follows.
    """
    registered = {event.client_id: event for event in events if event.action == REGISTER}
    return [_follow(navi, link, registered[link.id], scene) for navi, link in _pairs(scene)]


def _pairs(scene: Scene) -> Iterator[tuple[Client, Client]]:
    navi, link = aliased(Client), aliased(Client)
    same = (navi.document == link.document) & (navi.partner_id == link.partner_id)
    query = select(navi, link).join(link, same).where(navi.product == Product.NAVI, link.product == Product.LINK)
    for row in db.session.execute(query.where(navi.partner_id == scene.partner.id).order_by(link.id)):
        yield row[0], row[1]


def _follow(navi: Client, link: Client, event: AuditEvent, scene: Scene) -> AuditEvent:
    migration = NaviMigration(
        partner_id=link.partner_id, navi_id=navi.id, link_id=link.id, ordered_at=event.at, navi_due_on=navi.due_on
    )
    db.session.add(migration)
    activated_at = db.session.scalar(
        select(Installation.activated_at).where(Installation.client_id == link.id, Installation.item == Item.BASE)
    )
    if activated_at is None:
        db.session.add(_expired(navi, event.at))
    else:
        _finish(migration, navi, activated_at, scene.staff[-1])
    event.after = {**(event.after or {}), PREDECESSOR: navi.id}
    return AuditEvent(
        partner_id=link.partner_id,
        client_id=navi.id,
        actor_id=event.actor_id,
        actor_name=event.actor_name,
        action=Action.MIGRATE,
        at=event.at,
        before={},
        after={SUCCESSOR: link.id},
    )


def _finish(migration: NaviMigration, navi: Client, activated_at: datetime, user: User) -> None:
    """Have everything happened around the activation."""
    backup = _backup(navi, activated_at - BACKUP_BEFORE, BackupState.USED, activated_at - RESTORED_BEFORE)
    db.session.add(backup)
    migration.restored_at, migration.users_at = backup.ended_at, activated_at + USERS_AFTER
    migration.restored_sha256, migration.restored_counts = backup.sha256, dict(COUNTS)
    migration.restored_receivable_cents, migration.users_count = RECEIVABLE_CENTS, USERS
    migration.users_by_id = user.id


def _expired(navi: Client, ordered_at: datetime) -> NaviBackup:
    """Return a backup whose link nobody opened in time: another one has to be made."""
    received_at = ordered_at + timedelta(hours=1)
    return _backup(navi, received_at, BackupState.EXPIRED, received_at + LINK_LIFE)


def _backup(navi: Client, received_at: datetime, state: BackupState, ended_at: datetime) -> NaviBackup:
    facts: dict[str, Any] = {"partner_id": navi.partner_id, "client_id": navi.id, "source": BackupSource.NAVI}
    return NaviBackup(
        key=f"demo-{navi.id}",
        state=state,
        sha256=f"{navi.id:064x}",
        size_bytes=SIZE_BYTES,
        created_at=received_at,
        received_at=received_at,
        expires_at=received_at + LINK_LIFE,
        ended_at=ended_at,
        **facts,
    )
