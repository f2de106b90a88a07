"""A fresh, migrated database, seen from this process: seeded here, served by processes of their own."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import insert
from sqlalchemy.engine import Connection

from drills.browser import Session
from portal import clock, database, schema
from portal.config import from_environ
from portal.domain.search import search_key
from portal.extensions import db
from portal.factory import create_app
from portal.models import Client, Partner, User
from tests.factories import Factory
from tests.postgres import running_postgres
from tests.visitor import Visitor

INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR", "TZ")
STILL_ACTIVE = timedelta(days=200)


@dataclass(frozen=True)
class Person:
    """Somebody signed in: the user, and the session that a browser of theirs holds."""

    user_id: int
    email: str
    session: Session


class Stage:
    """One database with its application, people and clients."""

    def __init__(self, name: str, url: str, *, folder: Path, logs: Path) -> None:
        """Migrate the database at ``url``; ``folder`` is the instance folder of the servers, ``logs`` is for theirs."""
        self.name, self.folder, self.logs = name, folder, logs
        self.environ = {key: os.environ[key] for key in INHERITED if key in os.environ} | {
            "DATABASE_URL": url,
            "PORTAL_INSTANCE": str(folder),
            "PORTAL_SECRET_KEY": secrets.token_hex(32),
            "PORTAL_ENCRYPTION_KEYS": f"1:{secrets.token_hex(32)}",
            "PORTAL_SCHEDULER": "0",  # but for the drill that is about it
        }
        self.make = Factory()
        with self.app.app_context():
            schema.upgrade()

    @cached_property
    def app(self) -> Flask:
        """The application as it runs in this process."""
        return create_app(from_environ(self.environ))

    @cached_property
    def partner_id(self) -> int:
        """The partner that everything belongs to."""
        with self.app.app_context():
            return int(self.make.partner().id)

    @property
    def file(self) -> Path:
        """Where SQLite keeps the database."""
        return self.folder / "portal.db"

    def person(self) -> Person:
        """Make an administrator who is signed in."""
        with self.app.app_context():
            user = self.make.user(db.session.get(Partner, self.partner_id))
            user_id, email = int(user.id), str(user.email)
        return Person(user_id, email, self.session(user_id))

    def session(self, user_id: int) -> Session:
        """Sign a user in by a row of the table; returns what their browser sends."""
        with self.app.app_context():
            user = db.session.get(User, user_id)
            assert user
            visitor = Visitor(self.app).sign_in(user)
            token = visitor.csrf_token()
        cookie = visitor.browser.get_cookie("portal")
        assert cookie
        return Session(f"portal={cookie.value}", token)

    def clients(self, count: int) -> list[int]:
        """Make active clients and return their ids."""
        with self.app.app_context():
            partner, due_on = db.session.get(Partner, self.partner_id), clock.today() + STILL_ACTIVE
            assert partner
            return [int(self.make.client(partner, due_on=due_on).id) for _ in range(count)]

    def crowd(self, count: int) -> None:
        """Make many active clients with long names in one go: for exports that take their time."""
        today, partner_id = clock.today(), self.partner_id
        rows = [self._one_of_many(number, partner_id) for number in range(count)]
        common = {"registered_on": today, "due_on": today + STILL_ACTIVE, "product": "link"}
        with self.app.app_context():
            # Told to return something, SQLAlchemy sends many rows a statement; PostgreSQL's triggers count by statement.
            db.session.execute(insert(Client).returning(Client.id), [row | common for row in rows])
            db.session.commit()

    def _one_of_many(self, number: int, partner_id: int) -> dict[str, Any]:
        name, document = f"{'ÁÉÍÓÚ ÂÊÔÃÕÇ ' * 11}{number}"[:150], self.make.document()
        place = {"uf": "SP", "city": "São Paulo", "city_code": "3550308"}
        key = search_key(name, document)
        return {"partner_id": partner_id, "name": name, "document": document, "search_key": key} | place

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that takes no write lock."""
        token = database.is_reading.set(True)
        try:
            with self.app.app_context(), db.engine.connect() as connection:
                yield connection
        finally:
            database.is_reading.reset(token)

    def close(self) -> None:
        """Let go of the database."""
        with self.app.app_context():
            db.engine.dispose()


@contextmanager
def on_sqlite(folder: Path | None = None) -> Iterator[Stage]:
    """Yield a stage on a SQLite file, in a given folder or one of its own."""
    with tempfile.TemporaryDirectory(prefix="portal-drill-") as own:
        place = folder or Path(own)
        stage = Stage("SQLite", f"sqlite:///{place / 'portal.db'}", folder=place, logs=Path(own))
        try:
            yield stage
        finally:
            stage.close()


@contextmanager
def on_postgresql() -> Iterator[Stage]:
    """Yield a stage on a PostgreSQL server of its own."""
    with tempfile.TemporaryDirectory(prefix="portal-drill-") as own, running_postgres() as url:
        stage = Stage("PostgreSQL", url, folder=Path(own), logs=Path(own))
        try:
            yield stage
        finally:
            stage.close()


STAGES: tuple[Callable[[], AbstractContextManager[Stage]], ...] = (on_sqlite, on_postgresql)
