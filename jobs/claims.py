"""Claims on rows of work: an INSERT that the unique key may refuse, or a conditional UPDATE whose row count decides.

A row is a daily job's run or a user's work. Each claim is a transaction of its own, outside the session.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError, OperationalError

from portal import clock, database
from portal.domain import jobs
from portal.domain.jobs import RunState
from portal.extensions import db
from portal.models import JobRun, Work
from portal.operations import queries
from portal.operations.queries import Run
from portal.operations.texts import Text

log = logging.getLogger(__name__)

MOST_ERROR = 500

Read = TypeVar("Read")


Table = type[JobRun] | type[Work]


class Seen(Protocol):
    """A row as somebody saw it."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def state(self) -> RunState: ...  # noqa: D102
    @property
    def claimed_by(self) -> str: ...  # noqa: D102
    @property
    def heartbeat_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def attempts(self) -> int: ...  # noqa: D102


@dataclass(frozen=True)
class Claim:
    """The right to do the work of a row; ``token`` is unlike any other claim's, ``name`` is for the log."""

    table: Table
    row_id: int
    token: str
    name: str


def take(name: str, day: date) -> Claim | None:
    """Claim a job's run for a civil date, or return None: it is done, somebody else's, or waits for its retry."""
    now = clock.now()
    seen = read(lambda: queries.run_of(name, day))
    if not jobs.may_begin(seen, now):
        return None
    log_name = f"job {name} of {day}"
    if seen is not None:
        return take_seen(JobRun, seen, log_name, now)
    token = _token()
    row_id = _insert({"name": name, "day": day, "attempts": 1} | _begun(token, now))
    return Claim(JobRun, row_id, token, log_name) if row_id else None


def take_seen(table: Table, seen: Seen, name: str, now: datetime) -> Claim | None:
    """Claim a row that is free for all that is known, or return None: somebody was faster."""
    token = _token()
    is_ours = _take_over(table, seen, _begun(token, now) | {"attempts": seen.attempts + 1})
    return Claim(table, seen.id, token, name) if is_ours else None


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


def release(claim: Claim) -> None:
    """Leave the rest to others, or to a later turn: nothing of it is under way here any more."""
    with suppress(OperationalError):
        _settle(claim, state=RunState.REQUESTED, claimed_by="", heartbeat_at=clock.now())


def bury(runs: Sequence[Run], today: date) -> None:
    """Record as failed what died and nobody takes over: runs of earlier days, and those that died too often."""
    now = clock.now()
    for run in runs:
        if jobs.is_given_up(run, now) or (run.day < today and jobs.is_dead(run, now)):
            bury_seen(JobRun, run, Text.INTERRUPTED.label)


def bury_seen(table: Table, seen: Seen, error: str) -> None:
    """Record a row as failed whose process died; its end is when it was last heard of."""
    _take_over(table, seen, {"state": RunState.FAILED, "finished_at": seen.heartbeat_at, "error": error})


def read(question: Callable[[], Read]) -> Read:
    """Return the answer of a query, asked in a transaction that takes no write lock and ends at once."""
    with database.reading():
        try:
            return question()
        finally:
            db.session.rollback()


@contextmanager
def spared(what: str) -> Iterator[None]:
    """Log that the database was busy, and go on: the next tick comes."""
    try:
        yield
    except OperationalError as error:
        log.error("%s: database unavailable: %s", what, error.orig)


def _token() -> str:
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"


def _begun(token: str, now: datetime) -> dict[str, Any]:
    return {"state": RunState.RUNNING, "claimed_by": token, "started_at": now, "heartbeat_at": now}


def _insert(values: dict[str, Any]) -> int | None:
    """Insert a run and return its id; None where somebody was faster."""
    try:
        with db.engine.begin() as connection:
            return connection.execute(insert(JobRun).values(**values).returning(JobRun.id)).scalar_one()
    except IntegrityError:
        return None


def _take_over(table: Table, seen: Seen, values: dict[str, Any]) -> bool:
    """Change a row if it still is what was seen."""
    unchanged = (
        table.id == seen.id,
        table.state == seen.state,
        table.claimed_by == seen.claimed_by,
        table.heartbeat_at.is_not_distinct_from(seen.heartbeat_at),
    )
    with db.engine.begin() as connection:
        return connection.execute(update(table).where(*unchanged).values(**values)).rowcount == 1


def _settle(claim: Claim, **values: Any) -> bool:
    """Change the row if the claim still holds."""
    table = claim.table
    held = table.id == claim.row_id, table.claimed_by == claim.token, table.state == RunState.RUNNING
    with db.engine.begin() as connection:
        is_held = connection.execute(update(table).where(*held).values(**values)).rowcount == 1
    if not is_held:
        log.warning("%s: the claim was lost to another process", claim.name)
    return is_held
