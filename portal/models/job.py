"""The record of the daily jobs: one row per job and civil date, which is also the claim on the work."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.jobs import RunState
from portal.extensions import db
from portal.models.types import JsonMap, Labelled, UtcDateTime


class JobRun(db.Model):  # type: ignore[name-defined,misc]
    """A job's run for a civil date of São Paulo.

    ``claimed_by`` is the claim's own name (host, process and a nonce): who does not hold it cannot write the end.
    ``heartbeat_at`` is when the run was last heard of; a requested one, when it was asked for.
    ``finished_at``, ``counts`` and ``error`` tell the last end and stay while the run is tried again.
    """

    __tablename__ = "job_runs"
    __table_args__ = (UniqueConstraint("name", "day"), Index("ix_job_runs_state", "state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    day: Mapped[date]
    state: Mapped[RunState] = mapped_column(Labelled(RunState))
    claimed_by: Mapped[str] = mapped_column(String(100), default="")
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, int] | None] = mapped_column(JsonMap)
    error: Mapped[str] = mapped_column(String(500), default="")
