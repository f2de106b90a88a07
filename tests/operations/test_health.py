"""/healthz: for machines, without a session, with nothing to hide."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from portal import clock
from portal.domain.jobs import RunState
from portal.operations import queries
from tests.conftest import NOW
from tests.visitor import Visitor


@pytest.fixture
def ask(install, visitor: Visitor):
    """Return what asks /healthz."""
    return lambda: visitor.get("/healthz")


def test_it_answers_without_a_session_and_sets_no_cookie(ask, add_run) -> None:
    add_run()
    answer = ask()
    assert answer.status_code == 200
    assert answer.json["status"] == "ok"
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_it_tells_the_databases_time_and_the_ages_of_tick_and_jobs(ask, app: Flask, add_run, monkeypatch) -> None:
    add_run()
    monkeypatch.setitem(app.extensions, "ticks", {"last": NOW - timedelta(seconds=12)})
    facts = ask().json
    assert facts["database"]["ok"] is True
    assert 0 <= facts["database"]["milliseconds"] < 5_000
    assert facts["scheduler"] == {"is_running": True, "last_tick_seconds": 12}
    assert facts["jobs"] == {"sweep": 5 * 3600 + 50 * 60 - 2}


def test_a_process_without_a_scheduler_says_so(ask, app: Flask, monkeypatch) -> None:
    monkeypatch.setitem(app.extensions, "ticks", {})
    assert ask().json["scheduler"] == {"is_running": False, "last_tick_seconds": None}


def test_a_late_job_is_named_but_is_no_reason_to_take_the_process_out(ask, add_run) -> None:
    add_run(state=RunState.FAILED, error="x")
    answer = ask()
    assert answer.status_code == 200
    assert (answer.json["status"], answer.json["late"]) == ("late", ["sweep"])
    with clock.frozen(NOW.replace(hour=5)):
        assert ask().json["late"] == []


def test_a_database_that_does_not_answer_is_503_without_a_word_of_why(ask, monkeypatch) -> None:
    def broken() -> None:
        raise OperationalError("SELECT secret", None, Exception("host db.internal is down"))

    monkeypatch.setattr(queries, "last_successes", broken)
    answer = ask()
    assert answer.status_code == 503
    assert answer.json == {"status": "unavailable", "database": {"ok": False}}


def test_it_asks_the_database_once(ask, app: Flask, monkeypatch) -> None:
    asked = []
    real = queries.last_successes
    monkeypatch.setattr(queries, "last_successes", lambda: asked.append(1) or real())
    ask()
    assert asked == [1]
