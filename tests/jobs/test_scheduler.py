"""The clockwork itself: it ticks at once, goes on, and its end leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Event

import pytest
from flask import Flask

from jobs import runner, scheduler
from jobs.job import Job
from portal.domain.jobs import RunState
from portal.extensions import db
from tests.conftest import NOW
from tests.jobs.conftest import AT_SIX, record


@pytest.fixture
def ticking(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """Return the application, with nothing of the ticks left after the test."""
    monkeypatch.setitem(app.extensions, "ticks", {})
    db.session.rollback()
    yield app
    db.engine.dispose()


def test_it_ticks_at_the_start_and_runs_what_is_due(ticking: Flask) -> None:
    ran = Event()

    def work(_now: datetime) -> dict[str, int]:
        ran.set()
        return {"things": 1}

    with scheduler.running(ticking, [Job("first", "First", AT_SIX, work)], timedelta(hours=1)):
        assert ran.wait(60)
    assert record()["state"] == RunState.DONE
    assert ticking.extensions["ticks"] == {"last": NOW}


def test_it_goes_on_ticking_after_a_tick_that_broke_down(ticking: Flask, monkeypatch) -> None:
    ticks, enough = [], Event()

    def run_due(*_: object, **__: object) -> None:
        ticks.append(1)
        if len(ticks) == 3:
            enough.set()
        raise RuntimeError

    monkeypatch.setattr(runner, "run_due", run_due)
    with scheduler.running(ticking, [], timedelta(milliseconds=1)):
        assert enough.wait(60)


def test_at_its_end_the_job_under_way_is_finished(ticking: Flask) -> None:
    begun = Event()
    ending = Event()

    def work(_now: datetime) -> dict[str, int]:
        begun.set()
        assert ending.wait(60)
        return {"things": 1}

    with scheduler.running(ticking, [Job("first", "First", AT_SIX, work)], timedelta(hours=1)):
        assert begun.wait(60)
        ending.set()
    assert record()["state"] == RunState.DONE
