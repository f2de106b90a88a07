"""Migrations from Navi to Link: which client followed which, the backups on their way, a partner's word given in Link."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.migration import BackupSource, BackupState
from portal.extensions import db
from portal.models.types import JsonMap, Labelled, UtcDateTime


class NaviMigration(db.Model):  # type: ignore[name-defined,misc]
    """A Link client that was registered on the document of a Navi client: predecessor and successor.

    ``navi_due_on`` was the Navi's due date then. ``restored_*`` are Link's word of what it took over: the SHA-256 of the
    backup, lines by entity, the cents that customers still owe. ``users_*`` say that the shop's users were made, how many,
    and whose credentials opened that dialogue.
    """

    __tablename__ = "navi_migrations"
    __table_args__ = (
        Index("ix_navi_migrations_partner_id", "partner_id", "id"),
        Index("ix_navi_migrations_navi_id", "navi_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    navi_id: Mapped[int] = mapped_column(ForeignKey("clients.id"))
    link_id: Mapped[int] = mapped_column(ForeignKey("clients.id"), unique=True)
    ordered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    navi_due_on: Mapped[date | None]
    restored_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    restored_sha256: Mapped[str | None] = mapped_column(String(64))
    restored_counts: Mapped[dict[str, Any] | None] = mapped_column(JsonMap)
    restored_receivable_cents: Mapped[int | None] = mapped_column(BigInteger)
    users_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    users_count: Mapped[int | None]
    users_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class NaviBackup(db.Model):  # type: ignore[name-defined,misc]
    """A Navi client's backup on its way to Link; the row outlives its content, which is kept in pieces, sealed.

    ``key`` is random and stands in addresses of signed-in pages; ``token_hash`` is the SHA-256 of the link's own secret (none
    where a partner sent the file in to have it checked). ``sha256`` and ``size_bytes`` are of the ZIP, announced before the
    first piece. ``report`` is what the pre-flight found (``navi_migration.report``), None until then.
    """

    __tablename__ = "navi_backups"
    __table_args__ = (
        Index("ix_navi_backups_client_id", "client_id", "id"),
        Index("ix_navi_backups_expires_at", "state", "expires_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"))
    source: Mapped[BackupSource] = mapped_column(Labelled(BackupSource))
    state: Mapped[BackupState] = mapped_column(Labelled(BackupState))
    installation_id: Mapped[int | None] = mapped_column(ForeignKey("installations.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    file_name: Mapped[str] = mapped_column(String(120), default="", server_default=text("''"))
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int]
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    sealed_token: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    report: Mapped[dict[str, Any] | None] = mapped_column(JsonMap)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class NaviBackupPiece(db.Model):  # type: ignore[name-defined,misc]
    """A stretch of a backup's ZIP, sealed for its place; all but the last one are equally long."""

    __tablename__ = "navi_backup_pieces"

    backup_id: Mapped[int] = mapped_column(ForeignKey("navi_backups.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class PartnerGrant(db.Model):  # type: ignore[name-defined,misc]
    """A partner user's word, given in Link's dialogue: for one installation, one purpose, once, for some minutes."""

    __tablename__ = "partner_grants"
    __table_args__ = (Index("ix_partner_grants_installation_id", "installation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installations.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
