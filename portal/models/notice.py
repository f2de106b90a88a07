"""Notices, what was decided about them, and the subjects a partner does not want to hear of."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.notices import NoticeKind
from portal.extensions import db
from portal.models.types import Labelled, UtcDateTime

OPEN = text("NOT is_settled AND dismissed_at IS NULL")


class Notice(db.Model):  # type: ignore[name-defined,misc]
    """One thing that asked for a decision.

    ``subject_id`` is the client's id or, for codes, the code's. ``due_on`` is the due date that an expiry notice is
    about: when the client's due date moves, triggers settle the notice, and they settle a code's when it is used or
    revoked. ``postponed_to`` is the day on which a notice that was put off shows again.
    """

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("partner_id", "kind", "subject_id", "effective_on"),
        Index("ix_notices_open", "partner_id", "kind", "postponed_to", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_notices_client_id", "client_id", sqlite_where=text("NOT is_settled"), postgresql_where=text("NOT is_settled")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    kind: Mapped[NoticeKind] = mapped_column(Labelled(NoticeKind))
    subject_id: Mapped[int]
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"))
    effective_on: Mapped[date]
    due_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    is_settled: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    dismissed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    dismissed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    postponed_to: Mapped[date | None]


class NoticeMute(db.Model):  # type: ignore[name-defined,misc]
    """A client of which a partner does not want notices of a kind; the night makes none."""

    __tablename__ = "notice_mutes"

    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    kind: Mapped[NoticeKind] = mapped_column(Labelled(NoticeKind), primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"), index=True)
    muted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    muted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
