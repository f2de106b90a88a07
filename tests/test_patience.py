"""What waits for a lock and what does not; what is answered when the database cannot be asked."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import Context
from datetime import timedelta
from time import monotonic

import pytest
from flask import Flask
from sqlalchemy import event, select, text, update
from sqlalchemy.exc import OperationalError
from werkzeug.test import EnvironBuilder, run_wsgi_app

from portal import access, clock, database
from portal.extensions import db, login_manager
from portal.models import UserSession

SWIFT = database.BUSY_TIMEOUT_MS / 1000
"""Who waits for a lock waits at least so long: less is not to have waited, however slow the machine."""


@pytest.fixture
def staff(make, visitor):
    partner = make.partner()
    make.client(partner)
    return visitor.sign_in(make.user(partner))


@contextmanager
def locked_by_somebody_else():
    """Hold SQLite's write lock or, on PostgreSQL, the rows of the sessions."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT id FROM user_sessions FOR UPDATE"))
        else:
            connection.execute(text("SELECT 1"))
        yield


def last_seen():
    db.session.rollback()
    return db.session.scalars(select(UserSession.last_seen_at)).one()


@pytest.fixture
def long_unseen(app: Flask, staff):
    seen_at = clock.now() - access.SEEN_EVERY - timedelta(minutes=1)
    db.session.execute(update(UserSession).values(last_seen_at=seen_at))
    db.session.commit()
    return seen_at


def test_a_session_is_noted_as_seen(staff, long_unseen) -> None:
    assert staff.get("/clients").status_code == 200
    assert last_seen() == clock.now()


def test_noting_that_a_session_was_seen_waits_for_nobody(staff, long_unseen) -> None:
    began = monotonic()
    with locked_by_somebody_else():
        assert staff.get("/clients").status_code == 200
    assert monotonic() - began < SWIFT
    assert last_seen() == long_unseen


def test_a_connection_that_did_not_wait_waits_again_afterwards(app: Flask) -> None:
    with database.without_waiting(db.engine) as connection:
        connection.execute(text("SELECT 1"))
    with db.engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        wait = connection.exec_driver_sql("PRAGMA busy_timeout" if is_sqlite else "SHOW lock_timeout").scalar()
    assert wait == (database.BUSY_TIMEOUT_MS if is_sqlite else f"{database.BUSY_TIMEOUT_MS}ms")


def test_a_streamed_export_takes_no_write_lock(app: Flask, staff) -> None:
    seen = []

    def begins(_connection) -> None:
        seen.append(database.is_reading.get())

    environ = EnvironBuilder(
        "/clients/export", headers={"Cookie": f"portal={staff.browser.get_cookie('portal').value}"}
    )
    event.listen(db.engine, "begin", begins)
    try:
        lines, status, _headers = Context().run(run_wsgi_app, app, environ.get_environ(), buffered=True)
    finally:
        event.remove(db.engine, "begin", begins)
    assert (status, b"Cliente" in b"".join(lines)) == ("200 OK", True)
    assert len(seen) >= 2  # the request's own transaction and, when that is over, the stream's
    assert set(seen) == {True}


def failing(monkeypatch, message: str) -> list[str]:
    """Have the question who is asking fail; returns the tokens it was asked for."""
    asked = []

    def load(token: str) -> None:
        asked.append(token)
        raise OperationalError("SELECT", {}, Exception(message))

    monkeypatch.setattr(login_manager, "_user_callback", load)
    return asked


@pytest.mark.parametrize("is_htmx", [False, True])
@pytest.mark.parametrize(
    ("message", "status", "words"),
    [
        ("database is locked", 503, "O portal está ocupado e nada foi gravado"),
        ("database or disk is full", 507, "nada foi gravado, mas dá para consultar"),
    ],
)
def test_a_database_that_cannot_be_asked_is_asked_once(
    monkeypatch, staff, is_htmx, message, status, words
) -> None:  # fmt: skip
    asked = failing(monkeypatch, message)
    response = staff.post("/clients/1/suspension", htmx=is_htmx, version="1")
    assert (response.status_code, len(asked)) == (status, 1)
    assert words in response.get_data(as_text=True)
    assert response.headers["Retry-After"] == "5"
