"""Notices, what was decided about them, the subjects a partner does not want to hear of, and the counters kept over them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, ForeignKey, Index, UniqueConstraint, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.notices import NoticeKind
from portal.extensions import db
from portal.models.types import Labelled, UtcDateTime

_UNSETTLED = text("NOT is_settled")
_OPEN = text("NOT is_settled AND dismissed_at IS NULL")
_PUT_OFF = text("NOT is_settled AND postponed_to IS NOT NULL")

IS_UNSETTLED = literal_column("NOT notices.is_settled", Boolean)
"""The condition of the partial indexes, spelled exactly as they spell it: SQLAlchemy would write "= 0" for SQLite."""


class Notice(db.Model):  # type: ignore[name-defined,misc]
    """One thing that asked for a decision.

    ``subject_id`` is the client's id or, for codes, the code's. ``due_on`` is the due date that an expiry notice is
    about: when the client's due date moves, triggers settle the notice, and they settle a code's when it is used or
    revoked. ``postponed_to`` is the day on which a notice that was put off shows again. ``decision_id`` is the event of the
    last decision about it: what "Desfazer" finds the notices of a decision by, as long as nothing was decided since.
    """

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("partner_id", "kind", "subject_id", "effective_on"),
        Index(
            "ix_notices_open", "partner_id", "kind", "effective_on", "id", "postponed_to", "client_id",
            sqlite_where=_OPEN, postgresql_where=_OPEN,
        ),
        Index("ix_notices_client_id", "client_id", sqlite_where=_UNSETTLED, postgresql_where=_UNSETTLED),
        Index("ix_notices_due_on", "due_on"),
        Index("ix_notices_postponed_to", "postponed_to", sqlite_where=_PUT_OFF, postgresql_where=_PUT_OFF),
    )  # fmt: skip

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
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("audit_events.id"))


class NoticeMute(db.Model):  # type: ignore[name-defined,misc]
    """A client of which a partner does not want notices of a kind; the night makes none."""

    __tablename__ = "notice_mutes"

    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    kind: Mapped[NoticeKind] = mapped_column(Labelled(NoticeKind), primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"), index=True)
    muted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    muted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class NoticeTally(db.Model):  # type: ignore[name-defined,misc]
    """How many open notices share partner, kind, due date and the day they were put off to; kept by triggers.

    The banner of every page costs a few dozen of these rows, however many notices there are. No due date is kept as
    9999-12-31; never put off, as 0001-01-01, so that "shows today" is one comparison.
    """

    __tablename__ = "notice_tallies"

    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"), primary_key=True)
    kind: Mapped[NoticeKind] = mapped_column(Labelled(NoticeKind), primary_key=True)
    due_on: Mapped[date] = mapped_column(primary_key=True)
    postponed_to: Mapped[date] = mapped_column(primary_key=True)
    notices: Mapped[int] = mapped_column(default=0)
