"""The daily jobs as the page "Rotinas" shows them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from portal import clock, formatting
from portal.domain import jobs
from portal.domain.jobs import RunState, ScheduledJob, Words
from portal.operations.failures import Failure, failure_of
from portal.operations.queries import Run
from portal.operations.texts import Text

log = logging.getLogger(__name__)

AWAITED = timedelta(minutes=5)
"""A run that was asked for and that no scheduler began since: somewhere they are all off, and nobody need keep looking."""

COLOURS = {
    RunState.REQUESTED: "inactive",
    RunState.RUNNING: "suspended",
    RunState.DONE: "active",
    RunState.FAILED: "expired",
}
"""The classes of the clients' statuses, whose colours mean the same."""


@dataclass(frozen=True)
class RunRow:
    """One run: its civil date, what became of it, and what it cost.

    ``error`` says what happened and what to do, ``outlook`` what happens next, ``detail`` is the technical line.
    """

    day: str
    state: str
    colour: str
    result: str
    error: str
    outlook: str
    detail: str
    duration: str
    attempts: str
    process: str

    @classmethod
    def build(cls, run: Run, words: Words, now: datetime) -> Self:
        """Put a run into words."""
        state = RunState.FAILED if jobs.is_given_up(run, now) else run.state
        is_ended = state in {RunState.DONE, RunState.FAILED}
        failure = failure_of(run.error) if run.error else Failure.INTERRUPTED if state is RunState.FAILED else None
        return cls(
            day=formatting.day(run.day),
            state=state.label,
            colour=COLOURS[state],
            result=in_words(run.counts or {}, words) if state is RunState.DONE else "",
            error=failure.label if failure else "",
            outlook=_outlook(run, state, now) if failure else "",
            detail="" if failure in {None, Failure.INTERRUPTED} else run.error,
            duration=_duration(run) if is_ended else "",
            attempts="1 tentativa" if run.attempts == 1 else f"{run.attempts} tentativas",
            process=run.claimed_by.rpartition(":")[0],
        )


@dataclass(frozen=True)
class JobCard:
    """A job with its last runs. ``expected`` is what the run at ``expected_at`` would do, "" where the job cannot say."""

    name: str
    label: str
    hour: str
    next_run: str
    is_late: bool
    is_active: bool
    expected_at: str
    expected: str
    runs: list[RunRow]

    @classmethod
    def build(cls, job: ScheduledJob, runs: list[Run], now: datetime) -> Self:
        """Put a job into words; ``runs`` are its last ones, the newest first."""
        today = clock.local_date(now)
        run = next((one for one in runs if one.day == today), None)
        today_at, tomorrow_at = (clock.moment_of(day, job.hour) for day in (today, today + timedelta(days=1)))
        is_active = any(is_under_way(one, now) for one in runs)
        next_at = jobs.next_at(run, now, today_at, tomorrow_at)
        return cls(
            name=job.name,
            label=job.label,
            hour=f"{job.hour:%H:%M}",
            next_run=_when(next_at, now),
            is_late=jobs.is_late(run, today_at, now),
            is_active=is_active,
            expected_at=_when(next_at, now).capitalize(),
            expected=_expected(job, next_at) if next_at and not is_active else "",
            runs=[RunRow.build(one, job.words, now) for one in runs],
        )


def is_under_way(run: Run, now: datetime) -> bool:
    """Say whether the page may change by itself soon: the run was asked for just now, or its process is alive."""
    if run.state is RunState.REQUESTED:
        return run.heartbeat_at is not None and now - run.heartbeat_at < AWAITED
    return run.state is RunState.RUNNING and not jobs.is_dead(run, now)


def in_words(counts: Mapping[str, int], words: Words) -> str:
    """Return what a run counted, as in "12 sessões, 1 rascunho"; what has no words keeps its name."""
    said = [f"{count} {words.get(name, (name, name))[count != 1]}" for name, count in counts.items() if count]
    return ", ".join(said) or Text.NOTHING.label


def _expected(job: ScheduledJob, at: datetime) -> str:
    if job.preview is None:
        return ""
    try:
        return in_words(job.preview(at), job.words)
    except Exception:
        log.exception("preview of %s failed", job.name)
        return Text.NO_PREVIEW.label


def _outlook(run: Run, state: RunState, now: datetime) -> str:
    """Return what comes after a failure: another attempt, the operator's turn, or the next day's run."""
    if state is not RunState.FAILED:
        return Text.UNDER_WAY_AGAIN.label
    if run.day < clock.local_date(now):
        return Text.LEFT_TO_THE_NEXT.label
    again = jobs.retry_at(run)
    return Text.RETRY.label.format(when=_when(again, now)) if again else Text.GIVEN_UP.label


def _when(at: datetime | None, now: datetime) -> str:
    if at is None:
        return Text.NOW.label
    if at <= now:
        return Text.SOON.label
    days = (clock.local_date(at) - clock.local_date(now)).days
    return f"{('hoje', 'amanhã')[days]} às {formatting.hour(at)}"


def _duration(run: Run) -> str:
    if run.started_at is None or run.finished_at is None:
        return ""
    seconds = (run.finished_at - run.started_at).total_seconds()
    return f"{max(seconds, 0):.1f} s".replace(".", ",")
