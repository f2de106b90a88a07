"""What programs tell of their Cloud and are told when they check in.

None of it commits: each is a part of a check-in, which is one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, update

from portal import clock
from portal.cloud.conditions import OPEN, holds_cloud
from portal.domain.cloud import ASKED_AGAIN, UNSAID, Health, shortened
from portal.extensions import db
from portal.models import CloudBackup

_QUIETLY = {"synchronize_session": False, "populate_existing": True}


def hand_out(client_id: int, now: datetime) -> Sequence[CloudBackup]:
    """Return the backups that a client's program is to make now, and note that it was told.

    One that the program was told of and said nothing about is told again after a day. A client without Cloud has nowhere
    to keep one.
    """
    is_due = or_(CloudBackup.handed_out_at.is_(None), CloudBackup.handed_out_at <= now - ASKED_AGAIN)
    mine = CloudBackup.client_id == client_id, *OPEN, is_due, holds_cloud(client_id, clock.local_date(now))
    statement = update(CloudBackup).where(*mine).values(handed_out_at=now).returning(CloudBackup)
    return db.session.scalars(statement, execution_options=_QUIETLY).all()


def finish(client_id: int, backup_id: int, *, failure: str = "", size_bytes: int | None = None, now: datetime) -> None:
    """Note what became of a backup that the client's program was told to make: made, or not and why.

    Told again it changes nothing; neither does an id that the program was never given.
    """
    told = CloudBackup.id == backup_id, CloudBackup.client_id == client_id, CloudBackup.handed_out_at.is_not(None)
    reason = (shortened(failure) or UNSAID) if failure else ""
    facts = {"done_at": now, "failure": reason, "size_bytes": None if reason else size_bytes}
    db.session.execute(update(CloudBackup).where(*told, *OPEN).values(facts), execution_options=_QUIETLY)


def facts(health: Health, detail: str, synced_at: datetime | None, now: datetime) -> dict[str, Any]:
    """Return what a contact keeps of what a client's program tells of its Cloud.

    ``detail`` is kept with an error only. A program that does not know when it last synchronised leaves what it told
    before; a shop's clock that is ahead of ours synchronised nothing in the future.
    """
    told: dict[str, Any] = {
        "cloud_health": health,
        "cloud_detail": shortened(detail) if health is Health.ERROR else "",
        "cloud_reported_at": now,
    }
    return told if synced_at is None else told | {"cloud_synced_at": min(synced_at, now)}
