"""Reading the record of the daily jobs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, or_, select

from portal.domain.jobs import RunState
from portal.extensions import db
from portal.models import JobRun

RECENT = 10


@dataclass(frozen=True)
class Run:
    """A job's run for a civil date; see ``JobRun``."""

    id: int
    name: str
    day: date
    state: RunState
    claimed_by: str
    heartbeat_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    attempts: int
    counts: dict[str, int] | None
    error: str


@dataclass(frozen=True)
class Success:
    """A job's last success: the newest civil date that is done, and when a run last ended well."""

    day: date
    finished_at: datetime


def run_of(name: str, day: date) -> Run | None:
    """Return a job's run for a civil date, if there is one."""
    return next(iter(_runs(JobRun.name == name, JobRun.day == day)), None)


def recent_runs(name: str) -> list[Run]:
    """Return a job's last runs, the newest date first."""
    return _runs(JobRun.name == name, limit=RECENT)


def standing_runs(today: date) -> list[Run]:
    """Return what the runner has to look at: today's runs, and those of any date that are asked for or not ended."""
    return _runs(or_(JobRun.day == today, JobRun.state.in_((RunState.REQUESTED, RunState.RUNNING))))


def last_successes() -> dict[str, Success]:
    """Return each job's last success; one SELECT."""
    done = select(JobRun.name, func.max(JobRun.day), func.max(JobRun.finished_at)).where(
        JobRun.finished_at.is_not(None), JobRun.error == ""
    )
    rows = db.session.execute(done.group_by(JobRun.name))
    return {name: Success(day, finished_at) for name, day, finished_at in rows if finished_at}


def _runs(*clauses: ColumnElement[bool], limit: int | None = None) -> list[Run]:
    columns = [getattr(JobRun, name) for name in Run.__dataclass_fields__]
    query = select(*columns).where(*clauses).order_by(JobRun.day.desc()).limit(limit)
    return [Run(*row) for row in db.session.execute(query)]
