"""Claims on runs: an INSERT that the unique key may refuse, or a conditional UPDATE whose row count decides.

Each is a transaction of its own, outside the session.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError, OperationalError

from portal import clock, database
from portal.domain import jobs
from portal.domain.jobs import RunState
from portal.extensions import db
from portal.models import JobRun
from portal.operations import queries
from portal.operations.queries import Run
from portal.operations.texts import Text

log = logging.getLogger(__name__)

MOST_ERROR = 500

Read = TypeVar("Read")


@dataclass(frozen=True)
class Claim:
    """The right to do a job's work for a civil date; ``token`` is unlike any other claim's."""

    name: str
    day: date
    token: str


def take(name: str, day: date) -> Claim | None:
    """Claim a job's run for a civil date, or return None: it is done, somebody else's, or waits for its retry."""
    now, claim = clock.now(), Claim(name, day, _token())
    seen = read(lambda: queries.run_of(name, day))
    if not jobs.may_begin(seen, now):
        return None
    facts = {"state": RunState.RUNNING, "claimed_by": claim.token, "started_at": now, "heartbeat_at": now}
    if seen is None:
        return claim if _insert({"name": name, "day": day, "attempts": 1} | facts) else None
    return claim if _take_over(seen, facts | {"attempts": seen.attempts + 1}) else None


def beat(claim: Claim) -> None:
    """Say that the work goes on; a database that is busy hears of it the next time."""
    with suppress(OperationalError):
        _settle(claim, heartbeat_at=clock.now())


def finish(claim: Claim, counts: Mapping[str, int]) -> bool:
    """Record that the work is done; False where the claim was lost to somebody who took the process for dead."""
    now = clock.now()
    return _settle(claim, state=RunState.DONE, finished_at=now, heartbeat_at=now, counts=dict(counts), error="")


def fail(claim: Claim, error: str) -> bool:
    """Record that the work failed, and why; False where the claim was lost."""
    now = clock.now()
    return _settle(claim, state=RunState.FAILED, finished_at=now, heartbeat_at=now, error=error[:MOST_ERROR])


def let_go(claim: Claim) -> None:
    """Give the claim up without an end, because the process stops: others take it over once this one is surely gone."""
    with suppress(OperationalError):
        _settle(claim, heartbeat_at=clock.now() - jobs.DEAD_AFTER + jobs.GONE_AFTER)


def bury(runs: Sequence[Run], today: date) -> None:
    """Record as failed what died and nobody takes over: runs of earlier days, and those that died too often."""
    now = clock.now()
    for run in runs:
        if jobs.is_given_up(run, now) or (run.day < today and jobs.is_dead(run, now)):
            end = {"state": RunState.FAILED, "finished_at": run.heartbeat_at, "error": Text.INTERRUPTED.label}
            _take_over(run, end)


def read(question: Callable[[], Read]) -> Read:
    """Return the answer of a query, asked in a transaction that takes no write lock and ends at once."""
    with database.reading():
        try:
            return question()
        finally:
            db.session.rollback()


def _token() -> str:
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"


def _insert(values: dict[str, Any]) -> bool:
    try:
        with db.engine.begin() as connection:
            connection.execute(insert(JobRun).values(**values))
    except IntegrityError:  # somebody was faster
        return False
    return True


def _take_over(seen: Run, values: dict[str, Any]) -> bool:
    """Change a run if it still is what was seen."""
    unchanged = (
        JobRun.id == seen.id,
        JobRun.state == seen.state,
        JobRun.claimed_by == seen.claimed_by,
        JobRun.heartbeat_at.is_not_distinct_from(seen.heartbeat_at),
    )
    with db.engine.begin() as connection:
        return connection.execute(update(JobRun).where(*unchanged).values(**values)).rowcount == 1


def _settle(claim: Claim, **values: Any) -> bool:
    """Change the run if the claim still holds."""
    held = JobRun.name == claim.name, JobRun.day == claim.day, JobRun.claimed_by == claim.token
    statement = update(JobRun).where(*held, JobRun.state == RunState.RUNNING).values(**values)
    with db.engine.begin() as connection:
        is_held = connection.execute(statement).rowcount == 1
    if not is_held:
        log.warning("job %s of %s: the claim was lost to another process", claim.name, claim.day)
    return is_held
