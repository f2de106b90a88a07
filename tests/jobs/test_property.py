"""The days on which clocks do odd things: whatever the hour, no civil date of São Paulo is skipped or doubled."""

from __future__ import annotations

import os
import time as system_time
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs import runner
from portal import clock
from tests.conftest import empty_database
from tests.jobs.conftest import Diary, records

ODD_DAYS = {
    "2018-02-17": "at midnight the clock went back to 23:00",
    "2018-11-03": "at midnight the clock went on to 01:00",
    "2019-02-16": "at midnight the clock went back to 23:00, for the last time",
    "2024-02-28": "a leap day follows",
    "2025-12-31": "the year ends",
}
HOURS = (time(0, 0), time(0, 30), time(6, 10), time(23, 30))
STEP = timedelta(minutes=30)


@pytest.fixture(params=["UTC", "Asia/Tokyo"])
def system_zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """Let the machine itself live in another time zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    system_time.tzset()
    yield request.param
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    system_time.tzset()


def run_at(now: datetime, *jobs: runner.Job) -> None:
    with clock.frozen(now):
        runner.run_due(now, jobs)


def civil_dates(diary: Diary, name: str) -> list[date]:
    return [clock.local_date(moment) for job, moment in diary.runs if job == name]


@pytest.mark.parametrize("day", ODD_DAYS)
def test_every_civil_date_around_an_odd_day_has_one_run(app: Flask, diary: Diary, day: str, system_zone: str) -> None:
    jobs = [diary.job(f"at {hour:%H:%M}", hour) for hour in HOURS]
    first = date.fromisoformat(day)
    now, end = clock.moment_of(first, time(0)), clock.moment_of(first + timedelta(days=3), time(0))
    while now < end:
        run_at(now, *jobs)
        now += STEP
    dates = [first + timedelta(days=number) for number in range(3)]
    assert {job.name: civil_dates(diary, job.name) for job in jobs} == {job.name: dates for job in jobs}
    assert len(records()) == 3 * len(jobs)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.integers(-40, 60).map(lambda hours: timedelta(hours=hours, minutes=7)), max_size=12))
def test_a_clock_that_is_set_back_and_forth_doubles_no_day_and_skips_none_that_it_showed(app, steps) -> None:
    empty_database()
    diary, now, shown = Diary(), datetime(2018, 2, 16, 15, tzinfo=UTC), set()
    job = diary.job("daily")
    for step in [timedelta(0), *steps]:
        now += step
        run_at(now, job)
        local = clock.local(now)
        shown |= {local.date()} if local.time() >= job.hour else set()
    assert sorted(civil_dates(diary, "daily")) == sorted(shown)
