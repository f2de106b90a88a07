"""The end of a backup's content: used, expired, replaced or deleted. The row stays and says which."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, select, update

from portal.domain.backup_pieces import LIVING
from portal.domain.migration import BackupState
from portal.extensions import db
from portal.models import NaviBackup
from portal.navi_migration import pieces

AT_ONCE = 5
"""Expired backups that a new one takes out of the way; the clean-up takes all."""


def end(backup_id: int, state: BackupState, now: datetime) -> bool:
    """Delete a living backup's content and say what became of it; returns False where it has ended. Does not commit."""
    statement = update(NaviBackup).where(NaviBackup.id == backup_id, NaviBackup.state.in_(LIVING))
    result = db.session.execute(
        statement.values(state=state, ended_at=now, sealed_token=None), execution_options={"synchronize_session": False}
    )
    if not cast(CursorResult[Any], result).rowcount:
        return False
    pieces.drop(backup_id)
    return True


def end_all(state: BackupState, now: datetime, *which: ColumnElement[bool]) -> None:
    """End every living backup that conditions pick. Does not commit."""
    for backup_id in db.session.scalars(select(NaviBackup.id).where(NaviBackup.state.in_(LIVING), *which)).all():
        end(backup_id, state, now)


def expired(now: datetime) -> list[int]:
    """Return the backups whose time is over and whose content is still there, the oldest first."""
    over = NaviBackup.state.in_(LIVING), NaviBackup.expires_at <= now
    return list(db.session.scalars(select(NaviBackup.id).where(*over).order_by(NaviBackup.expires_at)))


def expire(now: datetime, most: int | None = None) -> int:
    """End what has expired, each in a transaction of its own, and return how many. Commits."""
    done = 0
    for backup_id in expired(now)[:most]:
        done += end(backup_id, BackupState.EXPIRED, now)
        db.session.commit()
    return done
