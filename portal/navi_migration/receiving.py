"""A backup that Navi sends: announced, brought in pieces, completed, and handed on by a link until it is used or expires."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, select, update

from portal import audit
from portal.access import token_hash
from portal.domain import backup_pieces
from portal.domain.catalogue import Product
from portal.domain.errors import NotFound, ProgramRefused
from portal.domain.installations import Reason
from portal.domain.migration import LINK_LIFE, BackupSource, BackupState
from portal.domain.navi_backup import MOST_BYTES
from portal.extensions import db
from portal.installations import queries as installations
from portal.models import Client, NaviBackup, Partner
from portal.navi_migration import backup_queries as queries
from portal.navi_migration import ending, pieces, programs
from portal.sealing import sealer

RECEIVED, USED = "navi_backup_received", "navi_backup_used"


@dataclass(frozen=True)
class Begun:
    """A backup that may be sent, and the numbers of the pieces that are here already."""

    backup: NaviBackup
    have: list[int]


@dataclass(frozen=True)
class Link:
    """What leads to a backup, and until when."""

    token: str
    expires_at: datetime


def begin(key: str, sha256: str, size_bytes: int, *, now: datetime) -> Begun:
    """Announce a backup, or find the one with the same content that is here in part. Commits.

    Another one of the same Navi that was under way is given up.

    Raises:
        ProgramRefused: the key; the backup is too large; the partner's are too many.
    """
    installation, client = programs.of(key, Product.NAVI)
    ending.expire(now, ending.AT_ONCE)
    if size_bytes > MOST_BYTES:
        raise ProgramRefused(Reason.TOO_LARGE)
    installations.locked_client(client.id)
    backup = queries.sent_again(client.id, sha256, size_bytes, now)
    if backup is None:
        mine = NaviBackup.client_id == client.id, NaviBackup.source == BackupSource.NAVI
        ending.end_all(BackupState.REPLACED, now, *mine, NaviBackup.state == BackupState.RECEIVING)
        if not make_room(client.partner_id, size_bytes, now):
            raise ProgramRefused(Reason.TOO_MANY_BACKUPS)
        backup = NaviBackup(
            key=secrets.token_urlsafe(18), partner_id=client.partner_id, client_id=client.id,
            source=BackupSource.NAVI, state=BackupState.RECEIVING, installation_id=installation.id,
            sha256=sha256, size_bytes=size_bytes, created_at=now, expires_at=now + LINK_LIFE,
        )  # fmt: skip
        db.session.add(backup)
    db.session.commit()
    return Begun(backup, pieces.numbers_of(backup.id))


def make_room(partner_id: int, size_bytes: int, now: datetime) -> bool:
    """Say whether a partner may bring one more backup; of those at once one after the other asks. Does not commit."""
    db.session.execute(select(Partner.id).where(Partner.id == partner_id).with_for_update(key_share=True))
    return backup_pieces.has_room(*queries.living_of(partner_id, now), size_bytes)


def keep_piece(key: str, backup_key: str, number: int, content: bytes, *, now: datetime) -> None:
    """Keep a piece of a backup; the same one again is kept already. Commits.

    Raises:
        NotFound: there is no such backup, or no such piece of it.
        ProgramRefused: the key; the piece has another length, or another content than what came first.
    """
    backup = _mine(key, backup_key, now)
    length = backup_pieces.length_of(number, backup.size_bytes)
    if not length:
        raise NotFound
    if length != len(content) or not pieces.keep(backup.id, number, content):
        raise ProgramRefused(Reason.DAMAGED)
    db.session.commit()


def complete(key: str, backup_key: str, *, now: datetime) -> Link:
    """Compare a backup with its checksum and make the link to it; asked again, it is the same link. Commits.

    It replaces the link that the client had before. One that came damaged is emptied, and may be sent anew.

    Raises:
        NotFound: there is no such backup.
        ProgramRefused: the key; pieces are missing; the checksum is another.
    """
    backup = _mine(key, backup_key, now)
    if backup.state is BackupState.RECEIVED:
        return _link(backup)
    backup_id, client_id = backup.id, backup.client_id
    if len(pieces.numbers_of(backup_id)) < backup_pieces.count_of(backup.size_bytes):
        raise ProgramRefused(Reason.INCOMPLETE)
    if pieces.digest_of(backup) != backup.sha256:
        db.session.rollback()
        pieces.drop(backup_id)
        db.session.commit()
        raise ProgramRefused(Reason.DAMAGED)
    db.session.rollback()
    installations.locked_client(client_id)
    if _receive(backup_id, now):
        _replace_others(backup_id, client_id, now)
        db.session.commit()
    return _link(_mine(key, backup_key, now))


def _receive(backup_id: int, now: datetime) -> bool:
    """Make a backup's link; returns False where somebody else just did."""
    token = secrets.token_urlsafe(32)
    waiting = NaviBackup.id == backup_id, NaviBackup.state == BackupState.RECEIVING
    values = {
        "state": BackupState.RECEIVED, "received_at": now, "expires_at": now + LINK_LIFE,
        "token_hash": token_hash(token), "sealed_token": sealer().seal(token.encode(), _place(backup_id)),
    }  # fmt: skip
    result = db.session.execute(
        update(NaviBackup).where(*waiting).values(values), execution_options={"synchronize_session": False}
    )
    return cast(CursorResult[Any], result).rowcount == 1


def _replace_others(backup_id: int, client_id: int, now: datetime) -> None:
    mine = NaviBackup.client_id == client_id, NaviBackup.source == BackupSource.NAVI
    ending.end_all(BackupState.REPLACED, now, *mine, NaviBackup.id != backup_id)
    partner_id = db.session.scalar(select(Client.partner_id).where(Client.id == client_id))
    after = {"backup_id": backup_id}
    audit.record(RECEIVED, actor=None, now=now, partner_id=partner_id, client_id=client_id, after=after)


def _mine(key: str, backup_key: str, now: datetime) -> NaviBackup:
    """Return a program's living backup under a lock: its content goes, or grows, one by one."""
    _installation, client = programs.of(key, Product.NAVI)
    backup = queries.of_client(client.id, backup_key, is_locked=True)
    is_mine = backup.source is BackupSource.NAVI and backup.state in backup_pieces.LIVING
    if not is_mine or backup.expires_at <= now:
        raise NotFound
    return backup


def _link(backup: NaviBackup) -> Link:
    token = sealer().unseal(backup.sealed_token or "", _place(backup.id)).decode()
    return Link(token, backup.expires_at)


def _place(backup_id: int) -> str:
    return f"navi_backups:sealed_token:{backup_id}"


def use(token: str, sha256: str, *, now: datetime) -> None:
    """Delete a backup that was restored by who opened its link; told again, nothing more happens. Commits.

    Raises:
        NotFound: no such link, or its backup ended otherwise.
        ProgramRefused: something else was restored.
    """
    found = queries.by_token(token)
    if found is None:
        raise NotFound
    backup, client = found
    if backup.state is not BackupState.USED:
        queries.behind_link(token, now)
    if backup.sha256 != sha256:
        raise ProgramRefused(Reason.DAMAGED)
    if ending.end(backup.id, BackupState.USED, now):
        record_use(backup, client.partner_id, now)
    db.session.commit()


def record_use(backup: NaviBackup, partner_id: int, now: datetime) -> None:
    """Record that a backup was restored. Does not commit."""
    after = {"backup_id": backup.id}
    audit.record(USED, actor=None, now=now, partner_id=partner_id, client_id=backup.client_id, after=after)
