"""Partners: the resellers whose clients the portal keeps."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.cycle import DEFAULT_DUE_DAY
from portal.extensions import db
from portal.models.types import UtcDateTime


class Partner(db.Model):  # type: ignore[name-defined,misc]
    """A reseller. ``revision`` grows with every change of its clients; triggers see to that, the list's ETag reads it.

    E-mail and phone are how the vendor reaches the company about it as a whole; ``totp_demanded_at`` is set while its
    Administrador wants every user to sign in in two steps.
    """

    __tablename__ = "partners"
    __table_args__ = (CheckConstraint("due_day BETWEEN 1 AND 28", name="due_day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    document: Mapped[str] = mapped_column(String(14), unique=True)
    due_day: Mapped[int] = mapped_column(default=DEFAULT_DUE_DAY)
    suspended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    email: Mapped[str] = mapped_column(String(254), default="", server_default=text("''"))
    phone: Mapped[str] = mapped_column(String(11), default="", server_default=text("''"))
    totp_demanded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
