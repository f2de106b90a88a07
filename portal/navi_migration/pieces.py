"""The content of backups: sealed piece by piece, each for its place, and never whole in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from portal import database
from portal.domain.backup_pieces import PIECE_BYTES, count_of
from portal.domain.errors import NotFound
from portal.extensions import db
from portal.models import NaviBackup, NaviBackupPiece
from portal.sealing import sealer


def numbers_of(backup_id: int) -> list[int]:
    """Return the numbers of the pieces that are here."""
    query = select(NaviBackupPiece.number).where(NaviBackupPiece.backup_id == backup_id)
    return list(db.session.scalars(query.order_by(NaviBackupPiece.number)))


def keep(backup_id: int, number: int, content: bytes) -> bool:
    """Keep a piece; returns False where another content stands in its place, which stays. Does not commit."""
    standing = _piece(backup_id, number)
    if standing is None:
        sealed = sealer().seal_bytes(content, _place(backup_id, number))
        try:
            with db.session.begin_nested():
                db.session.add(NaviBackupPiece(backup_id=backup_id, number=number, sealed=sealed))
            return True
        except IntegrityError:  # the same piece, a moment earlier
            standing = _piece(backup_id, number)
    return standing is not None and standing == content


def drop(backup_id: int) -> None:
    """Delete a backup's content. Does not commit."""
    db.session.execute(delete(NaviBackupPiece).where(NaviBackupPiece.backup_id == backup_id))


def content_of(backup: NaviBackup, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """Return a stretch of a backup's content, a piece at a time, each read in a transaction of its own.

    Raises:
        NotFound: while it is read, where the content went meanwhile.
    """
    return _stretch(backup.id, start, backup.size_bytes if stop is None else stop)


def digest_of(backup: NaviBackup) -> str:
    """Return the SHA-256 of what is here of a backup. Ends the session's transaction, and holds none meanwhile."""
    digest = hashlib.sha256()
    parts = content_of(backup)
    db.session.rollback()
    with database.reading():
        for part in parts:
            digest.update(part)
    return digest.hexdigest()


def _stretch(backup_id: int, start: int, stop: int) -> Iterator[bytes]:
    for number in range(start // PIECE_BYTES + 1, count_of(stop) + 1):
        content = _piece(backup_id, number)
        db.session.rollback()  # who reads slowly must not hold a transaction, nor a connection
        if content is None:
            raise NotFound
        first = (number - 1) * PIECE_BYTES
        yield content[max(start - first, 0) : stop - first]


def _piece(backup_id: int, number: int) -> bytes | None:
    query = select(NaviBackupPiece.sealed)
    sealed = db.session.scalar(query.where(NaviBackupPiece.backup_id == backup_id, NaviBackupPiece.number == number))
    return None if sealed is None else sealer().unseal_bytes(sealed, _place(backup_id, number))


def _place(backup_id: int, number: int) -> str:
    return f"navi_backup_pieces:sealed:{backup_id}:{number}"
