"""When a daily job is due, given up or late; what a run's record says (DOMAIN §10).

A run belongs to a civil date of São Paulo and is done at most once for it, unless somebody asks for it again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from typing import Protocol

from portal.domain.labels import LabelEnum

DEAD_AFTER = timedelta(seconds=60)
"""A run whose process has not been heard of for so long has ended with it."""

GONE_AFTER = timedelta(seconds=5)
"""How long a process that stops may still be about after it let its claim go."""

BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60))
"""How long to wait after the first, the second and every later failure."""

MOST_ATTEMPTS = 5
LATE_AFTER = timedelta(minutes=30)


class RunState(LabelEnum):
    """What a run is doing."""

    REQUESTED = "requested", "Pedida"
    RUNNING = "running", "Em execução"
    DONE = "done", "Concluída"
    FAILED = "failed", "Falhou"


Words = Mapping[str, tuple[str, str]]
"""What a job's counts are called on screen: one of it, several of it."""


class ScheduledJob(Protocol):
    """What the portal knows of a job; running it is the business of ``jobs``.

    ``preview`` says what a run at a moment would count, without doing it.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def label(self) -> str: ...  # noqa: D102
    @property
    def hour(self) -> time: ...  # noqa: D102
    @property
    def words(self) -> Words: ...  # noqa: D102
    @property
    def preview(self) -> Callable[[datetime], dict[str, int]] | None: ...  # noqa: D102


class Attempted(Protocol):
    """What the rules of taking over and trying again need to know: of a daily run and of a user's work alike."""

    @property
    def state(self) -> RunState: ...  # noqa: D102
    @property
    def attempts(self) -> int: ...  # noqa: D102
    @property
    def heartbeat_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def finished_at(self) -> datetime | None: ...  # noqa: D102


class Run(Attempted, Protocol):
    """A daily run; a failed one has an error, and the last end stays noted while it is tried again."""

    @property
    def error(self) -> str: ...  # noqa: D102


def has_come(hour: time, local_now: datetime) -> bool:
    """Say whether an hour of the day has come on São Paulo's clock, whatever that clock jumped over or repeats."""
    return local_now.time() >= hour


def is_dead(run: Attempted, now: datetime, after: timedelta = DEAD_AFTER) -> bool:
    """Say whether a run ended with its process; a heartbeat from the future is one too, left by a clock set back since."""
    return run.state is RunState.RUNNING and (run.heartbeat_at is None or abs(now - run.heartbeat_at) > after)


def is_given_up(run: Run, now: datetime) -> bool:
    """Say whether a run died so often that nobody takes it over any more."""
    return is_dead(run, now) and run.attempts >= MOST_ATTEMPTS


def retry_at(run: Run) -> datetime | None:
    """Return when a failed run is tried again; None where it is not, or has not failed."""
    if run.state is not RunState.FAILED or run.finished_at is None or run.attempts >= MOST_ATTEMPTS:
        return None
    return run.finished_at + BACK_OFF[min(max(run.attempts, 1), len(BACK_OFF)) - 1]


def may_begin(run: Run | None, now: datetime) -> bool:
    """Say whether a job whose hour has come may be begun now: never yet, asked for, its process dead, or time for a retry."""
    if run is None or run.state is RunState.REQUESTED:
        return True
    if is_dead(run, now):
        return run.attempts < MOST_ATTEMPTS
    again = retry_at(run)
    return again is not None and again <= now


def has_succeeded(run: Run | None) -> bool:
    """Say whether the run's last end was a success; one that is asked for again has succeeded until it fails."""
    return run is not None and run.finished_at is not None and not run.error


def is_late(run: Run | None, hour_at: datetime, now: datetime) -> bool:
    """Say whether the day's run should have succeeded by now; ``hour_at`` is the day's hour as a moment."""
    return now - hour_at > LATE_AFTER and not has_succeeded(run)


def next_at(run: Run | None, now: datetime, today_at: datetime, tomorrow_at: datetime) -> datetime | None:
    """Return when the job begins next, ``now`` for "at the next tick"; None while it runs.

    ``run`` is today's; the other two are today's and tomorrow's hour as moments.
    """
    if run is None:
        return max(today_at, now)
    if run.state is RunState.DONE or is_given_up(run, now):
        return tomorrow_at
    if run.state is RunState.FAILED:
        again = retry_at(run)
        return max(again, now) if again else tomorrow_at
    return None if run.state is RunState.RUNNING and not is_dead(run, now) else now
