"""Reading backups: those whose content is there, a client's own, the one that a link leads to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from portal.access import token_hash
from portal.domain.backup_pieces import LIVING
from portal.domain.errors import NotFound
from portal.domain.migration import BackupSource, BackupState
from portal.extensions import db
from portal.models import Client, NaviBackup

SHOWN = 20


def living(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of a backup whose content may still be asked for."""
    return NaviBackup.state.in_(LIVING), NaviBackup.expires_at > now


def sent_again(client_id: int, sha256: str, size_bytes: int, now: datetime) -> NaviBackup | None:
    """Return the living backup of a client's Navi with the same content, of which some or all is here already."""
    same = NaviBackup.sha256 == sha256, NaviBackup.size_bytes == size_bytes
    mine = NaviBackup.client_id == client_id, NaviBackup.source == BackupSource.NAVI
    query = select(NaviBackup).where(*mine, *same, *living(now)).order_by(NaviBackup.id.desc()).limit(1)
    return db.session.scalar(query)


def of_client(client_id: int, key: str, *, is_locked: bool = False) -> NaviBackup:
    """Return a client's backup by its key.

    Raises:
        NotFound: there is none; another client's is none.
    """
    query = select(NaviBackup).where(NaviBackup.key == key, NaviBackup.client_id == client_id)
    if is_locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    backup: NaviBackup | None = db.session.scalar(query) if key.isascii() and key.isprintable() else None
    if backup is None:
        raise NotFound
    return backup


def by_token(token: str) -> tuple[NaviBackup, Client] | None:
    """Return the backup that a link leads to, whatever became of it, and the Navi client that it is of."""
    query = select(NaviBackup, Client).join(Client, Client.id == NaviBackup.client_id)
    found = db.session.execute(query.where(NaviBackup.token_hash == token_hash(token))).one_or_none()
    return None if found is None else (found[0], found[1])


def behind_link(token: str, now: datetime) -> tuple[NaviBackup, Client]:
    """Return the backup that a living link leads to.

    Raises:
        NotFound: unknown, expired, used, replaced or deleted: nobody learns which.
    """
    found = by_token(token)
    if found is None or found[0].state is not BackupState.RECEIVED or found[0].expires_at <= now:
        raise NotFound
    return found


def living_of(partner_id: int, now: datetime) -> tuple[int, int]:
    """Return how many living backups a partner has, and how many bytes they take."""
    query = select(func.count(), func.coalesce(func.sum(NaviBackup.size_bytes), 0))
    row = db.session.execute(query.where(NaviBackup.partner_id == partner_id, *living(now))).one()
    return int(row[0]), int(row[1])


def of_client_all(client_id: int) -> Sequence[NaviBackup]:
    """Return a client's backups, the newest first."""
    query = select(NaviBackup).where(NaviBackup.client_id == client_id)
    return db.session.scalars(query.order_by(NaviBackup.id.desc()).limit(SHOWN)).all()
