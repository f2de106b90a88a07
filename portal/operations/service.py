"""Asking for a run of a daily job, and forgetting old ones. Who runs it is the runner, never a request."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, update
from sqlalchemy.exc import IntegrityError

from portal import audit, clock
from portal.audit import Actor
from portal.domain import retention
from portal.domain.jobs import RunState
from portal.extensions import db
from portal.models import JobRun


def request_run(name: str, day: date, *, now: datetime, actor: Actor | None) -> bool:
    """Ask for a job's run for a civil date, whatever became of an earlier one. Commits.

    The next tick of any process begins it, with the attempts counted anew. Returns False, and changes nothing, where a
    run is asked for already or under way.
    """
    ended = JobRun.state.in_((RunState.DONE, RunState.FAILED))
    again = update(JobRun).where(JobRun.name == name, JobRun.day == day, ended)
    result = db.session.execute(again.values(state=RunState.REQUESTED, attempts=0, heartbeat_at=now))
    is_asked = cast(CursorResult[Any], result).rowcount == 1 or _insert(name, day, now)
    if is_asked:
        audit.record("request_run", actor=actor, now=now, after={"job": name, "day": day.isoformat()})
    db.session.commit()
    return is_asked


def _insert(name: str, day: date, now: datetime) -> bool:
    try:
        with db.session.begin_nested():
            db.session.add(JobRun(name=name, day=day, state=RunState.REQUESTED, heartbeat_at=now))
    except IntegrityError:
        return False
    return True


def forget_runs(now: datetime) -> int:
    """Delete the runs of days long past and return how many. Commits."""
    oldest = clock.local_date(now - retention.JOB_RUNS)
    result = db.session.execute(delete(JobRun).where(JobRun.day < oldest, JobRun.state != RunState.RUNNING))
    db.session.commit()
    return cast(CursorResult[Any], result).rowcount
