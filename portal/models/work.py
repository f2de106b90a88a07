"""Long work that users started: one row each, which is also the claim on it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.jobs import RunState
from portal.domain.works import WorkKind
from portal.extensions import db
from portal.models.types import Labelled, UtcDateTime


class Work(db.Model):  # type: ignore[name-defined,misc]
    """A work of one kind on one subject, such as a bulk order; asked for again, it is the same row.

    ``key`` is random and may stand in addresses. ``claimed_by`` is the claim's own name (host, process and a nonce): who
    does not hold it writes nothing. ``heartbeat_at`` is when the work was last heard of; a requested one, when it was
    asked for or left to others. ``attempts`` counts the claims since the last chunk that was done. ``done`` of ``total``
    are finished. ``error`` is a sentence for the user (pt-BR).
    """

    __tablename__ = "works"
    __table_args__ = (UniqueConstraint("kind", "subject_id"), Index("ix_works_state", "state", "heartbeat_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user_name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[WorkKind] = mapped_column(Labelled(WorkKind))
    subject_id: Mapped[int]
    state: Mapped[RunState] = mapped_column(Labelled(RunState))
    claimed_by: Mapped[str] = mapped_column(String(100), default="")
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int]
    error: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
