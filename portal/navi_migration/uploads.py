"""A backup that a partner sends in to have it looked through, and the button that deletes one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.exc import IntegrityError

from portal import audit
from portal.audit import Actor
from portal.domain.backup_pieces import PIECE_BYTES
from portal.domain.errors import Invalid, RepeatMismatch
from portal.domain.migration import LINK_LIFE, BackupSource, BackupState
from portal.domain.navi_backup import MOST_BYTES
from portal.domain.preflight import UploadFault
from portal.extensions import db
from portal.installations import queries as installations
from portal.models import NaviBackup
from portal.navi_migration import backup_queries as queries
from portal.navi_migration import ending, pieces, preflight, receiving

DELETED = "navi_backup_deleted"


@dataclass(frozen=True)
class Upload:
    """A file that a form sent: its name, its content, and the form's random key."""

    key: str
    file_name: str
    content: BinaryIO


@dataclass(frozen=True)
class _Measured:
    sha256: str
    size_bytes: int


def upload(client_id: int, partner_id: int, sent: Upload, *, now: datetime, actor: Actor) -> NaviBackup:
    """Keep a file, sealed, and have it looked through; the same form again finds the same backup. Commits.

    It replaces what was sent in for the client before. Each piece is a transaction of its own.

    Raises:
        Invalid: the file is empty or too large, or the partner has no room for it.
        RepeatMismatch: the form was sent before with another file, or it is somebody else's.
    """
    db.session.rollback()  # measuring takes a while, for which the gate's transaction would hold SQLite's write lock
    measured = _measure(sent.content)
    backup = _begun(client_id, partner_id, sent, measured, now=now, actor=actor)
    backup_id, is_new = backup.id, backup.state is BackupState.RECEIVING
    db.session.rollback()
    if is_new:
        _keep_all(backup_id, sent.content)
    backup = db.session.get_one(NaviBackup, backup_id)
    if is_new and _receive(backup_id, now):
        _record(receiving.RECEIVED, backup, now, actor)
    if backup.state is BackupState.RECEIVED:
        preflight.ask(backup, now=now, actor=actor)
    db.session.commit()
    return backup


def _keep_all(backup_id: int, content: BinaryIO) -> None:
    """Keep a backup's pieces while nobody deletes or replaces it; its row is locked for each, so that none is left over."""
    waiting = NaviBackup.id == backup_id, NaviBackup.state == BackupState.RECEIVING
    for number, part in enumerate(_parts(content), 1):
        if db.session.scalar(select(NaviBackup.id).where(*waiting).with_for_update()) is None:
            break
        pieces.keep(backup_id, number, part)
        db.session.commit()
    db.session.rollback()


def _measure(content: BinaryIO) -> _Measured:
    digest, size = hashlib.sha256(), 0
    for part in _parts(content):
        digest.update(part)
        size += len(part)
    if fault := UploadFault.TOO_LARGE if size > MOST_BYTES else None if size else UploadFault.EMPTY:
        raise Invalid({"backup": [fault.label]})
    return _Measured(digest.hexdigest(), size)


def _parts(content: BinaryIO) -> Iterator[bytes]:
    content.seek(0)
    while part := content.read(PIECE_BYTES):
        yield part


def _begun(
    client_id: int, partner_id: int, sent: Upload, measured: _Measured, *, now: datetime, actor: Actor
) -> NaviBackup:
    """Return the row of a form's backup, made now or when the form was sent before. Commits."""
    made = {"key": sent.key, "client_id": client_id, "user_id": actor.user_id, **vars(measured)}
    if before := _sent_before(made):
        return before
    ending.expire(now, ending.AT_ONCE)
    installations.locked_client(client_id)
    mine = NaviBackup.client_id == client_id, NaviBackup.source == BackupSource.PARTNER
    ending.end_all(BackupState.REPLACED, now, *mine)
    if not receiving.make_room(partner_id, measured.size_bytes, now):
        raise Invalid({"backup": [UploadFault.NO_ROOM.label]})
    backup = NaviBackup(
        **made, partner_id=partner_id, source=BackupSource.PARTNER, state=BackupState.RECEIVING,
        file_name=sent.file_name, created_at=now, expires_at=now + LINK_LIFE,
    )  # fmt: skip
    db.session.add(backup)
    try:
        db.session.commit()
    except IntegrityError:  # the same form, a moment earlier
        db.session.rollback()
        before = _sent_before(made)
        if before is None:
            raise
        return before
    return backup


def _sent_before(made: dict[str, Any]) -> NaviBackup | None:
    before: NaviBackup | None = db.session.scalar(select(NaviBackup).where(NaviBackup.key == made["key"]))
    if before is not None and any(getattr(before, name) != value for name, value in made.items()):
        raise RepeatMismatch
    return before


def _receive(backup_id: int, now: datetime) -> bool:
    """Say that a backup is whole; returns False where it ended meanwhile, or the same form just said so."""
    waiting = NaviBackup.id == backup_id, NaviBackup.state == BackupState.RECEIVING
    result = db.session.execute(update(NaviBackup).where(*waiting).values(state=BackupState.RECEIVED, received_at=now))
    return cast(CursorResult[Any], result).rowcount == 1


def delete(client_id: int, key: str, *, now: datetime, actor: Actor) -> NaviBackup:
    """Delete a backup's content; asked again, it is gone already. Commits.

    Raises:
        NotFound: the client has no such backup.
    """
    backup = queries.of_client(client_id, key)
    if ending.end(backup.id, BackupState.DELETED, now):
        _record(DELETED, backup, now, actor)
    db.session.commit()
    return backup


def check(client_id: int, key: str, *, now: datetime, actor: Actor) -> NaviBackup:
    """Have a backup that is here looked through. Commits.

    Raises:
        NotFound: the client has no such backup, or its content went.
    """
    backup = queries.of_client(client_id, key)
    preflight.ask(backup, now=now, actor=actor)
    return backup


def _record(action: str, backup: NaviBackup, now: datetime, actor: Actor) -> None:
    audit.record(
        action,
        actor=actor,
        now=now,
        partner_id=backup.partner_id,
        client_id=backup.client_id,
        after={"backup_id": backup.id},
    )
