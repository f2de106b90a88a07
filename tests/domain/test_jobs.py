"""When a daily job begins, is tried again, is given up, is late; and which copies of the database are kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace

import pytest

from portal.domain import jobs, retention
from portal.domain.jobs import MOST_ATTEMPTS, RunState

NOW = datetime(2025, 7, 10, 15, tzinfo=UTC)
TODAY_AT, TOMORROW_AT = NOW - timedelta(hours=6), NOW + timedelta(hours=18)


def run(state: RunState, **facts: object) -> SimpleNamespace:
    values = {"attempts": 1, "heartbeat_at": NOW, "finished_at": None, "error": ""} | facts
    return SimpleNamespace(state=state, **values)


ALIVE = run(RunState.RUNNING, heartbeat_at=NOW - timedelta(seconds=60))
DEAD = run(RunState.RUNNING, heartbeat_at=NOW - timedelta(seconds=61))
WORN = run(RunState.RUNNING, heartbeat_at=None, attempts=MOST_ATTEMPTS)
DONE = run(RunState.DONE, finished_at=NOW)
AGAIN = run(RunState.REQUESTED, finished_at=NOW)
FAILED = run(RunState.FAILED, finished_at=NOW - timedelta(minutes=5), error="x")
FRESH = run(RunState.FAILED, finished_at=NOW - timedelta(minutes=4), error="x")
SPENT = run(RunState.FAILED, finished_at=NOW - timedelta(hours=2), error="x", attempts=MOST_ATTEMPTS)


@pytest.mark.parametrize(
    ("known", "begins", "next_at"),
    [
        (None, True, NOW),
        (AGAIN, True, NOW),
        (ALIVE, False, None),
        (DEAD, True, NOW),
        (WORN, False, TOMORROW_AT),
        (DONE, False, TOMORROW_AT),
        (FAILED, True, NOW),
        (FRESH, False, NOW + timedelta(minutes=1)),
        (SPENT, False, TOMORROW_AT),
    ],
)
def test_what_became_of_a_run_says_whether_and_when_it_begins(known, begins: bool, next_at: datetime | None) -> None:
    assert jobs.may_begin(known, NOW) is begins
    assert jobs.next_at(known, NOW, TODAY_AT, TOMORROW_AT) == next_at


def test_before_its_hour_a_job_waits_for_it() -> None:
    assert jobs.next_at(None, NOW, NOW + timedelta(hours=1), TOMORROW_AT) == NOW + timedelta(hours=1)


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 5), (2, 15), (3, 60), (4, 60), (5, None)])
def test_a_failed_run_waits_longer_each_time_and_not_a_fifth_time(attempts: int, minutes: int | None) -> None:
    again = jobs.retry_at(run(RunState.FAILED, attempts=attempts, finished_at=NOW))
    assert again == (NOW + timedelta(minutes=minutes) if minutes else None)


def test_an_hour_has_come_from_its_first_second_on() -> None:
    came = [jobs.has_come(time(6, 10), datetime(2025, 7, 10, 6, *tail)) for tail in [(9, 59), (10, 0), (10, 1)]]  # noqa: DTZ001
    assert came == [False, True, True]


@pytest.mark.parametrize(
    ("known", "succeeded"), [(None, False), (DONE, True), (AGAIN, True), (FAILED, False), (ALIVE, False)]
)
def test_a_run_is_late_after_half_an_hour_without_success(known, succeeded: bool) -> None:
    assert jobs.has_succeeded(known) is succeeded
    assert jobs.is_late(known, NOW - timedelta(minutes=31), NOW) is not succeeded
    assert not jobs.is_late(known, NOW - timedelta(minutes=30), NOW)


def test_the_newest_seven_days_and_the_newest_four_sundays_are_kept() -> None:
    days = [date(2025, 7, 10) - timedelta(days=number) for number in range(60)]
    kept = retention.kept_backups(reversed(days))
    assert kept == {*days[:7], date(2025, 7, 6), date(2025, 6, 29), date(2025, 6, 22), date(2025, 6, 15)}


def test_days_without_a_copy_do_not_shorten_what_is_kept() -> None:
    months = [date(2025, month, 6) for month in range(1, 13)]
    assert retention.kept_backups(months) == {*months[-7:], date(2025, 4, 6)}  # which was a Sunday
    assert retention.kept_backups([]) == set()
