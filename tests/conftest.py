"""What tests stand on: a migrated database (SQLite or PostgreSQL), an application, a visitor, factories."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.engine import Connection

from portal import clock, schema
from portal.config import Config
from portal.extensions import db
from portal.factory import create_app
from tests.factories import Factory
from tests.fixed import unfixed
from tests.visitor import Visitor

ONLY_ON = {"test_grants.py": "postgresql", "test_plans.py": "sqlite"}
"""Files about what one of the databases alone has."""

NOW = datetime.fromisoformat("2025-07-10T12:00:00-03:00")
"""The moment at which every test starts: R1's due date, noon in São Paulo."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Choose the database that the suite runs on."""
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.addoption("--behind-proxy", metavar="FILE", help="browser tests over two processes that die; told in FILE")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Pass over what is about the other database."""
    database = config.getoption("--database")
    return True if ONLY_ON.get(collection_path.name, database) != database else None


@pytest.fixture(scope="session")
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the URL of an empty database of this worker's own."""
    if request.config.getoption("--database") == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('database') / 'portal.db'}"
    else:
        from tests.postgres import running_postgres

        with running_postgres(is_vacuumed=False) as url:
            yield url


@pytest.fixture(scope="session")
def migrated_app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Yield the one application of this worker, its schema made by the migrations."""
    app = create_app(test_config(database_url, tmp_path_factory.mktemp("instance")))
    with app.app_context():
        schema.upgrade()
    yield app
    with app.app_context():
        db.engine.dispose()


def test_config(database_url: str, instance: Path, **changes: object) -> Config:
    """Return a configuration for tests."""
    keys = {"1": b"only-for-tests".ljust(32, b"-")}
    settings = {"secret_key": "only-for-tests-" + "x" * 32, "is_testing": True, "encryption_keys": keys} | changes
    return Config(database_url=database_url, instance=instance, **settings)  # type: ignore[arg-type]


test_config.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def frozen_clock() -> Iterator[None]:
    """Hold the clock at NOW; a test that is about time passes its own or freezes again."""
    with clock.frozen(NOW):
        yield


@pytest.fixture
def app(migrated_app: Flask) -> Iterator[Flask]:
    """Yield the application with an empty database."""
    with migrated_app.app_context():
        yield migrated_app
        db.session.remove()
        empty_database()


SMALL = 2_000_000
"""Bytes of tables up to which PostgreSQL deletes faster than it makes them new files."""


def empty_database() -> None:
    """Delete every row, children first."""
    tables = [table.name for table in reversed(db.metadata.sorted_tables)]
    with db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            _empty_postgresql(connection, tables)
        else:
            with unfixed(connection):
                for table in [*tables, "client_tallies", "notice_tallies"]:
                    connection.execute(text(f"DELETE FROM {table}"))


def _empty_postgresql(connection: Connection, tables: list[str]) -> None:
    """Wait for whoever still writes, then delete everything past triggers and keys, and number from 1 again."""
    names = ", ".join(tables)
    sizes = (
        "SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    if connection.exec_driver_sql(sizes).scalar_one() > SMALL:
        connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
        return
    statements = [
        f"LOCK TABLE {names} IN EXCLUSIVE MODE",
        *(f"DELETE FROM {name}" for name in tables),
        "SELECT setval(seqrelid, seqstart, false) FROM pg_sequence WHERE pg_sequence_last_value(seqrelid) IS NOT NULL",
    ]
    connection.exec_driver_sql("; ".join(statements))


@pytest.fixture
def make(app: Flask) -> Factory:
    """Return the maker of valid rows."""
    return Factory()


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """Return a browser without JavaScript that nobody has signed in with yet."""
    return Visitor(app)
