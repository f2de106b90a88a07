"""Asking a client's program for a backup, and taking that back: what a partner does; ``service`` is the program's side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select, update

from portal import audit, clock
from portal.audit import Actor
from portal.cloud.conditions import OPEN
from portal.domain.catalogue import Item
from portal.domain.cloud import NoBackup, why_not
from portal.domain.errors import BackupRefused, NotFound
from portal.domain.statuses import derive_status
from portal.extensions import db
from portal.licenses.queries import holding_of
from portal.models import AuditEvent, Client, CloudBackup

ASKED, CANCELLED = "backup_asked", "backup_cancelled"


@dataclass(frozen=True)
class Done:
    """What a form did: when, its protocol, and whether that had been done before."""

    at: datetime
    protocol: int
    is_repeat: bool = False


def ask(client: Client, *, seen: int, now: datetime, actor: Actor) -> Done:
    """Ask a client's program for a backup; ``seen`` is the last one that the form knew of (0 for none). Commits.

    One that is still to come is the one that is asked for, whoever asked first; a form sent again finds what it did. The
    client's row is locked meanwhile, so that forms sent at once come one after the other.

    Raises:
        BackupRefused: its program makes none.
    """
    db.session.refresh(client, with_for_update=True)
    later = or_(and_(*OPEN), CloudBackup.id > seen)
    before = select(CloudBackup).where(CloudBackup.client_id == client.id, later).order_by(CloudBackup.id.desc())
    if standing := db.session.scalar(before.limit(1)):
        return _recorded(standing, ASKED)
    _ensure_possible(client, now)
    backup = CloudBackup(
        partner_id=client.partner_id, client_id=client.id, requested_at=now, requested_by_id=actor.user_id
    )
    db.session.add(backup)
    db.session.flush()
    done = record(backup, ASKED, now, actor)
    db.session.commit()
    return done


def _ensure_possible(client: Client, now: datetime) -> None:
    today = clock.local_date(now)
    has_cloud = bool(holding_of(client.id, today).now.get(Item.CLOUD))
    if why := why_not(client.product, derive_status(client, today), has_cloud=has_cloud):
        raise BackupRefused(why)


def take_back(client: Client, backup_id: int, *, now: datetime, actor: Actor) -> Done:
    """Take a backup back that the program was not told of yet. Commits.

    Raises:
        BackupRefused: the program was told of it, or has made it.
        NotFound: the client has no such backup.
    """
    mine = CloudBackup.id == backup_id, CloudBackup.client_id == client.id
    untold = update(CloudBackup).where(*mine, *OPEN, CloudBackup.handed_out_at.is_(None)).values(cancelled_at=now)
    done = db.session.execute(untold, execution_options={"synchronize_session": False})
    backup = db.session.scalar(select(CloudBackup).where(*mine), execution_options={"populate_existing": True})
    if backup is None:
        raise NotFound
    if done.rowcount == 1:  # type: ignore[attr-defined]
        recorded = record(backup, CANCELLED, now, actor)
        db.session.commit()
        return recorded
    if backup.cancelled_at is not None:
        return _recorded(backup, CANCELLED)
    raise BackupRefused(NoBackup.DONE if backup.done_at else NoBackup.HANDED_OUT)


def record(backup: CloudBackup, action: str, now: datetime, actor: Actor) -> Done:
    """Record what was done with a backup, by which it is found again. Does not commit."""
    event = audit.record(
        action,
        actor=actor,
        now=now,
        partner_id=backup.partner_id,
        client_id=backup.client_id,
        after={"backup_id": backup.id},
        asked=fingerprint(backup, action),
    )
    return Done(now, event.id)


def _recorded(backup: CloudBackup, action: str) -> Done:
    """Return what was done with a backup before."""
    query = select(AuditEvent.at, AuditEvent.id).where(
        AuditEvent.client_id == backup.client_id, AuditEvent.fingerprint == fingerprint(backup, action)
    )
    at, protocol = db.session.execute(query).one()
    return Done(at, protocol, is_repeat=True)


def fingerprint(backup: CloudBackup, action: str) -> str:
    """Return by what the event is found that recorded something about a backup."""
    return audit.fingerprint(action, {"backup_id": backup.id})
