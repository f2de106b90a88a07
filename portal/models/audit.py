"""The record of every change: who, when, what, before, after, reason (DOMAIN §11).

Triggers see to it that an event is written once and stays: neither UPDATE nor DELETE passes them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.models.types import JsonMap, UtcDateTime


class AuditEvent(db.Model):  # type: ignore[name-defined,misc]
    """One change. Its id is the protocol number that a user is told.

    ``base_version`` is the client's version that the change was made from: with ``client_id`` it is unique, so that a
    form sent again finds what it did. ``fingerprint`` is the SHA-256 of what the form asked for.
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_client_id", "client_id", "id"),
        Index("ix_audit_events_partner_id", "partner_id", "at", "id", "action"),
        Index("ix_audit_events_actor_id", "actor_id", "at", "id", "action"),
        Index("ix_audit_events_action", "action", "at", "id"),
        Index("ix_audit_events_at", "at", "id"),
        Index("uq_audit_events_client_id_base_version", "client_id", "base_version", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partners.id"))
    client_id: Mapped[int | None] = mapped_column(ForeignKey("clients.id"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    actor_name: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    before: Mapped[dict[str, Any] | None] = mapped_column(JsonMap)
    after: Mapped[dict[str, Any] | None] = mapped_column(JsonMap)
    reason: Mapped[str] = mapped_column(String(200), default="")
    base_version: Mapped[int | None]
    fingerprint: Mapped[str | None] = mapped_column(String(64))
