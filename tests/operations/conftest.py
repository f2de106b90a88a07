"""What the tests of the operator's page share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import pytest
from flask import Flask

from jobs.job import Job
from portal.domain.jobs import RunState
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import JobRun
from tests.conftest import NOW
from tests.factories import Factory
from tests.visitor import Visitor

TODAY = date(2025, 7, 10)


def nothing(_now: datetime) -> dict[str, int]:
    return {}


SWEEP = Job(
    "sweep", "Varredura", time(6, 10), nothing, {"rooms": ("sala", "salas"), "halls": ("corredor", "corredores")}
)


@pytest.fixture
def install(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what gives the application a schedule of one job, changed as told."""

    def put(**changes: Any) -> None:
        monkeypatch.setitem(app.extensions, "schedule", (replace(SWEEP, **changes),))

    put()
    return put


@pytest.fixture
def operator(install: object, make: Factory, visitor: Visitor) -> Visitor:
    """Return a visitor who is signed in as Operador."""
    return visitor.sign_in(make.user(None, Role.OPERATOR))


@pytest.fixture
def add_run(app: Flask) -> Callable[..., None]:
    """Return what records a run of today, done within two seconds."""

    def add(**facts: Any) -> None:
        values = {
            "name": "sweep",
            "day": TODAY,
            "state": RunState.DONE,
            "claimed_by": "vendor-1:4711:abcd",
            "started_at": NOW.replace(hour=6, minute=10),
            "finished_at": NOW.replace(hour=6, minute=10, second=2),
            "attempts": 1,
            "counts": {"rooms": 1, "halls": 12},
            "error": "",
        } | facts
        db.session.add(JobRun(**values))
        db.session.commit()

    return add
