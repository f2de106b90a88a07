"""Runs what is due, each job once per civil date: the one path of the hour, the catch-up after a start, and the retry."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from threading import Event, Thread
from typing import cast

from flask import Flask, current_app
from sqlalchemy.exc import OperationalError

from jobs import claims
from jobs.claims import Claim
from jobs.job import Counts, Job
from jobs.schedule import SCHEDULE
from portal import clock, database
from portal.domain import jobs
from portal.domain.jobs import RunState
from portal.operations import queries
from portal.operations.queries import Run

log = logging.getLogger(__name__)

TURN_SECONDS = 1.0
TURNS_PER_BEAT = 10
TURNS_OF_PATIENCE = 10
"""How many turns a job that is under way when the process stops is given to end."""

RECORDINGS = 3
NEVER = Event()


@dataclass(frozen=True)
class Outcome:
    """How a run ended: what was counted or, where it failed, why."""

    counts: Counts = field(default_factory=dict[str, int])
    error: str = ""


def run_due(now: datetime, schedule: Sequence[Job] = SCHEDULE, *, stopping: Event = NEVER) -> dict[str, Outcome]:
    """Run each job whose hour has come today and that is not done, and what was asked for; return what was run here.

    Needs an application context whose session is not in use. A job that fails stops no other, nor does a database that is
    busy. Once ``stopping`` is set no job is begun any more, and the one under way is given a few seconds.
    """
    ended: dict[str, Outcome] = {}
    today, runs = clock.local_date(now), list[Run]()
    with claims.spared("what is due"):
        runs = claims.read(lambda: queries.standing_runs(today))
        claims.bury(runs, today)
    for job in schedule:
        for day in _open_days(job, runs, now):
            if stopping.is_set():
                return ended
            with claims.spared(job.name):
                if outcome := run(job, day, now, stopping=stopping):
                    ended[job.name] = outcome
    return ended


def run(job: Job, day: date, as_of: datetime, *, stopping: Event = NEVER) -> Outcome | None:
    """Run a job for a civil date with everything due up to a moment, if the claim on it can be had.

    The work is done in a thread of its own, which dies with the process; this one says meanwhile that it goes on. Returns
    None where there was no claim to be had, or it was lost, or given up because the process stops.
    """
    claim = claims.take(job.name, day)
    if claim is None:
        return None
    log.info("job %s of %s: begun", job.name, day)
    work = _Work(cast(Flask, current_app._get_current_object()), job, as_of)  # type: ignore[attr-defined]  # noqa: SLF001
    work.start()
    if not _watch(work, claim, stopping):
        log.warning("job %s of %s: let go, the process stops", job.name, day)
        claims.let_go(claim)
        return None
    log.info("job %s of %s: ended, %s", job.name, day, work.outcome.error or dict(work.outcome.counts))
    return work.outcome if _record(claim, work.outcome) else None


class _Work(Thread):
    """A job at work."""

    def __init__(self, app: Flask, job: Job, as_of: datetime) -> None:
        super().__init__(name=f"job {job.name}", daemon=True)
        self._app, self._job, self._as_of = app, job, as_of
        self.outcome = Outcome(error="ended without a result")

    def run(self) -> None:
        """Do the work in a context, and so a session, of its own."""
        try:
            with self._app.app_context(), database.unhurried():
                self.outcome = Outcome(self._job.run(self._as_of))
        except Exception as error:
            log.exception("job %s failed", self._job.name)
            first_line, _, _ = str(error).partition("\n")
            self.outcome = Outcome(error=f"{type(error).__name__}: {first_line}")


def _open_days(job: Job, runs: Sequence[Run], now: datetime) -> list[date]:
    """Return the civil dates that a job is to be run for: those asked for, and today once its hour has come."""
    today = clock.local_date(now)
    of_job = {run.day: run for run in runs if run.name == job.name}
    days = sorted(day for day, run in of_job.items() if run.state is RunState.REQUESTED)
    is_due = jobs.has_come(job.hour, clock.local(now)) and jobs.may_begin(of_job.get(today), now)
    return days if today in days or not is_due else [*days, today]


def _watch(work: Thread, claim: Claim, stopping: Event) -> bool:
    """Wait for the work's end with a heartbeat; False where it did not end in the time that a stop leaves it."""
    turn, patience = 0, TURNS_OF_PATIENCE
    while patience:
        work.join(TURN_SECONDS)
        if not work.is_alive():
            return True
        turn, patience = turn + 1, patience - stopping.is_set()
        if turn % TURNS_PER_BEAT == 0:
            claims.beat(claim)
    return False


def _record(claim: Claim, outcome: Outcome) -> bool:
    """Write the end down; False where the claim was lost. What cannot be written is done again, once the claim is dead."""
    for _ in range(RECORDINGS):
        with suppress(OperationalError):
            return claims.fail(claim, outcome.error) if outcome.error else claims.finish(claim, outcome.counts)
    log.error("%s: its end could not be recorded", claim.name)
    return False
