"""What the tests of the jobs share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select

from jobs.job import Job
from portal import clock, database
from portal.domain.jobs import RunState
from portal.extensions import db
from portal.models import JobRun
from tests.conftest import NOW
from tests.postgres import with_postgresql_tools

TODAY = date(2025, 7, 10)
AT_SIX = time(6, 10)


class Diary:
    """Fake jobs that note when they were run."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, datetime]] = []
        self.failing: set[str] = set()

    def job(self, name: str, hour: time = AT_SIX) -> Job:
        def run(now: datetime) -> dict[str, int]:
            self.runs.append((name, now))
            if name in self.failing:
                raise ValueError(f"{name} is out of order\nand more")
            return {"things": 3}

        return Job(name, name.title(), hour, run, {"things": ("coisa", "coisas")})

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.runs]


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
def schedule(diary: Diary) -> tuple[Job, Job]:
    """Return the two-line schedule."""
    return diary.job("first"), diary.job("second")


@pytest.fixture
def run_row(app: Flask) -> Callable[..., None]:
    """Return what writes a run as an earlier process left it; by default one that is running since a second."""

    def make(name: str = "first", **facts: Any) -> None:
        values = {
            "name": name,
            "day": TODAY,
            "state": RunState.RUNNING,
            "claimed_by": "elsewhere:1:abcd",
            "heartbeat_at": NOW,
            "started_at": NOW,
            "attempts": 1,
            "error": "",
        } | facts
        with db.engine.begin() as connection:
            connection.execute(insert(JobRun).values(**values))

    return make


def records(name: str | None = None) -> list[dict[str, Any]]:
    """Return the rows of the table as they are."""
    query = select(JobRun.__table__).order_by(JobRun.day, JobRun.name)
    with database.reading(), db.engine.connect() as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    return [row for row in rows if name in {None, row["name"]}]


def record(name: str = "first") -> dict[str, Any]:
    """Return the one row of a job."""
    (row,) = records(name)
    return row


@contextmanager
def at(text: str) -> Iterator[datetime]:
    """Hold the clock at a moment of São Paulo in July 2025 ("10 06:10") or at any ISO moment."""
    day, _, hour = text.partition(" ")
    moment = clock.parse_moment(f"2025-07-{day}T{hour}:00-03:00" if hour else text)
    with clock.frozen(moment):
        yield moment


@pytest.fixture
def tools(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the daily copies, of this test's own, with PostgreSQL's programs at hand."""
    with_postgresql_tools(monkeypatch)
    monkeypatch.setattr(app, "instance_path", str(tmp_path))
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder
