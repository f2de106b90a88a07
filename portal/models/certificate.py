"""Digital certificates of Navi clients (DOMAIN §9)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.certificates import Ended
from portal.extensions import db
from portal.models.types import Labelled, UtcDateTime

_CURRENT = text("ended_at IS NULL")


class Certificate(db.Model):  # type: ignore[name-defined,misc]
    """An A1 certificate with its password and, where given, the CSC, all sealed; what may be shown stands beside them.

    One of a client is current; what ended keeps the facts and loses what was sealed.
    """

    __tablename__ = "certificates"
    __table_args__ = (
        Index("ix_certificates_client_id", "client_id", "id"),
        Index("uq_certificates_current", "client_id", unique=True, sqlite_where=_CURRENT, postgresql_where=_CURRENT),
        Index("ix_certificates_not_after", "partner_id", "not_after", sqlite_where=_CURRENT, postgresql_where=_CURRENT),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"))
    sealed_content: Mapped[str | None] = mapped_column(Text)
    sealed_password: Mapped[str | None] = mapped_column(Text)
    csc_id: Mapped[str] = mapped_column(String(6), default="", server_default=text("''"))
    sealed_csc: Mapped[str | None] = mapped_column(Text)
    holder: Mapped[str] = mapped_column(String(200))
    document: Mapped[str] = mapped_column(String(14))
    issuer: Mapped[str] = mapped_column(String(200))
    serial: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64))
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    not_after: Mapped[datetime] = mapped_column(UtcDateTime)
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_as: Mapped[Ended | None] = mapped_column(Labelled(Ended))
