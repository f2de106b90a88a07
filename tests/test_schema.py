"""The migrations make what the models say, and can be taken back."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade
from sqlalchemy import CheckConstraint, create_engine, inspect, text
from sqlalchemy.engine import make_url

from portal import schema
from portal.domain.search import KEY_LENGTH
from portal.extensions import db
from portal.factory import create_app
from portal.models import Client
from tests.conftest import test_config

EXPRESSION_INDEXES = {"ix_clients_due", "ix_clients_pending", "ix_clients_hidden", "ix_clients_suspended"}
"""SQLite's reflection passes them over; the database itself is asked for them below."""


@pytest.fixture
def scratch(database_url: str, tmp_path) -> Iterator[Flask]:
    """Yield an application with an empty database of its own, on the suite's kind of server."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        app = create_app(test_config(f"sqlite:///{tmp_path / 'scratch.db'}", tmp_path))
    else:
        server = create_engine(url, isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.execute(text("DROP DATABASE IF EXISTS scratch"))
            connection.execute(text("CREATE DATABASE scratch"))
        server.dispose()
        app = create_app(test_config(url.set(database="scratch").render_as_string(hide_password=False), tmp_path))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def things() -> set[str]:
    """Return the names of all tables, indexes, triggers and functions of the portal."""
    if db.engine.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    else:
        query = """
            SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'
            UNION SELECT tgname FROM pg_trigger WHERE NOT tgisinternal
            UNION SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                WHERE n.nspname = 'public'
        """
    with db.engine.connect() as connection:
        return set(connection.execute(text(query)).scalars())


def differences() -> list[object]:
    """Return what alembic would still have to change."""
    with db.engine.connect() as connection, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*expression-based index")
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        found = compare_metadata(context, db.metadata)
    return [entry for entry in found if getattr(entry[1], "name", None) not in EXPRESSION_INDEXES]


def test_the_migrations_make_exactly_what_the_models_say(app: Flask) -> None:
    assert differences() == []


def test_a_difference_between_models_and_migrations_would_be_found(app: Flask) -> None:
    db.engine.dispose()  # SQLite's connections keep the schema that they saw; those of earlier tests with threads too
    with db.engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_clients_name"))
    try:
        assert [entry[0] for entry in differences()] == ["add_index"]
    finally:
        with db.engine.begin() as connection:
            connection.execute(text("CREATE INDEX ix_clients_name ON clients (partner_id, search_key, id)"))


def test_the_indexes_over_expressions_exist_too(app: Flask) -> None:
    assert things() >= EXPRESSION_INDEXES


def test_check_constraints_exist_under_the_names_that_the_models_give_them(app: Flask) -> None:
    # alembic compares none of these
    for table in db.metadata.sorted_tables:
        named = {str(rule.name) for rule in table.constraints if isinstance(rule, CheckConstraint)}
        assert {rule["name"] for rule in inspect(db.engine).get_check_constraints(table.name)} == named, table.name


def test_the_schema_can_be_taken_back_and_made_again(scratch: Flask) -> None:
    assert not schema.is_current()
    schema.upgrade()
    assert schema.is_current()
    made = things()
    assert {"clients", "client_tallies", "ix_clients_due"} <= made
    downgrade(directory=str(schema.MIGRATIONS), revision="base")
    assert not schema.is_current()
    assert {name for name in things() if not name.startswith("alembic_version")} == set()
    schema.upgrade()
    assert things() == made


def test_upgrading_an_up_to_date_schema_changes_nothing(app: Flask) -> None:
    before = things()
    schema.upgrade()
    assert schema.is_current()
    assert things() == before


def test_a_migration_that_breaks_off_leaves_nothing_behind(scratch: Flask, monkeypatch) -> None:
    class BrokenOffError(Exception):
        pass

    def break_off(*_args: object) -> None:
        raise BrokenOffError

    monkeypatch.setattr("alembic.operations.Operations.execute", break_off)  # tables are made by then, triggers not
    with pytest.raises(BrokenOffError):
        schema.upgrade()
    assert "clients" not in things()
    monkeypatch.undo()
    schema.upgrade()
    assert schema.is_current()


def test_the_search_key_of_any_name_fits_its_column() -> None:
    assert Client.__table__.c.search_key.type.length == KEY_LENGTH
