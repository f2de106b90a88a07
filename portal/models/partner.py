"""Partners: the resellers whose clients the portal keeps, and the vendor's visits to their data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.cycle import DEFAULT_DUE_DAY
from portal.domain.search import search_key
from portal.extensions import db
from portal.models.types import UtcDateTime, bytewise


def _search_key(context: Any) -> str:
    """Return what a new partner is looked for by."""
    facts = context.get_current_parameters()
    return search_key(facts["name"], facts["document"])


class Partner(db.Model):  # type: ignore[name-defined,misc]
    """A reseller. ``revision`` grows with every change of its clients; triggers see to that, the list's ETag reads it.

    E-mail and phone are how the vendor reaches the company about it as a whole; ``totp_demanded_at`` is set while its
    Administrador wants every user to sign in in two steps.

    ``version`` grows with what the vendor changes of the partner itself and is what a form must carry. ``search_key`` is
    ``portal.domain.search.search_key`` of name and document.
    """

    __tablename__ = "partners"
    __table_args__ = (
        CheckConstraint("due_day BETWEEN 1 AND 28", name="due_day"),
        Index("ix_partners_name", "search_key", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    search_key: Mapped[str] = mapped_column(bytewise(480), default=_search_key, server_default=text("''"))
    document: Mapped[str] = mapped_column(String(14), unique=True)
    due_day: Mapped[int] = mapped_column(default=DEFAULT_DUE_DAY)
    suspended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    email: Mapped[str] = mapped_column(String(254), default="", server_default=text("''"))
    phone: Mapped[str] = mapped_column(String(11), default="", server_default=text("''"))
    totp_demanded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class StaffVisit(db.Model):  # type: ignore[name-defined,misc]
    """That somebody of the vendor's looks at a partner's clients until a moment, and why; the partner is shown it."""

    __tablename__ = "staff_visits"
    __table_args__ = (
        Index("ix_staff_visits_partner_id", "partner_id", "id"),
        Index("ix_staff_visits_user_id", "user_id", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user_name: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(String(200))
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
