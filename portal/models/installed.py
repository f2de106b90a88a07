"""What programs tell and are told: contacts, Navi programs that wait for a word, backups asked for, the keys that sign."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.cloud import Health
from portal.extensions import db
from portal.models.types import JsonMap, Labelled, UtcDateTime

_OPEN_BACKUP = text("done_at IS NULL AND cancelled_at IS NULL")


class Contact(db.Model):  # type: ignore[name-defined,misc]
    """What a client's programs last told, one row per client.

    A table of its own, because a row of clients that changes moves the partner's counter, and every list that a browser
    has kept would be asked for again with each check-in. ``peaks`` is the most seats of each item that were in use at
    once since the program was last heard of.
    """

    __tablename__ = "contacts"
    __table_args__ = (Index("ix_contacts_partner_id", "partner_id", "last_seen_at"),)

    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    peaks: Mapped[dict[str, Any] | None] = mapped_column(JsonMap)
    cloud_health: Mapped[Health | None] = mapped_column(Labelled(Health))
    cloud_detail: Mapped[str] = mapped_column(String(200), default="", server_default=text("''"))
    cloud_reported_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cloud_synced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Pairing(db.Model):  # type: ignore[name-defined,misc]
    """A Navi that asked to be activated and waits for its partner, who tells it by its number.

    Without a client where nobody has such a registration: who asks learns nothing. ``request_hash`` is the SHA-256 of the
    random key with which the program asks again.
    """

    __tablename__ = "pairings"
    __table_args__ = (Index("ix_pairings_client_id", "client_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[int | None] = mapped_column(ForeignKey("clients.id"))
    request_hash: Mapped[str] = mapped_column(String(64), unique=True)
    number: Mapped[str] = mapped_column(String(7))
    device: Mapped[str] = mapped_column(String(120))
    device_id: Mapped[str] = mapped_column(String(64))
    version: Mapped[str] = mapped_column(String(20))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    refused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    installation_id: Mapped[int | None] = mapped_column(ForeignKey("installations.id"))


class CloudBackup(db.Model):  # type: ignore[name-defined,misc]
    """A backup that a partner asked a client's Link for: handed out at the next check-in, done when the program says so.

    ``size_bytes`` is the program's word; ``failure`` is what it says went wrong ("" where nothing did).
    """

    __tablename__ = "cloud_backups"
    __table_args__ = (
        Index("ix_cloud_backups_client_id", "client_id", "id"),
        Index(
            "uq_cloud_backups_open", "client_id", unique=True, sqlite_where=_OPEN_BACKUP, postgresql_where=_OPEN_BACKUP
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    requested_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    handed_out_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure: Mapped[str] = mapped_column(String(200), default="", server_default=text("''"))
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)


class SigningKey(db.Model):  # type: ignore[name-defined,misc]
    """A key that signs licenses: the newest one does, and all of them are published as long as a license may carry one."""

    __tablename__ = "signing_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    kid: Mapped[str] = mapped_column(String(16), unique=True)
    public_key: Mapped[str] = mapped_column(String(43))
    sealed_private_key: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
