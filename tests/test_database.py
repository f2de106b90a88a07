"""How the database is opened, and what its columns hold and refuse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from portal import database
from portal.domain.catalogue import Product
from portal.extensions import db
from portal.models import Client, Partner

SQLITE = database.sqlite_module()


@contextmanager
def sqlite_engine(tmp_path) -> Iterator[Engine]:
    """Open a small SQLite database the portal's way, whatever the suite runs on."""
    url = f"sqlite:///{tmp_path / 'small.db'}"
    engine = create_engine(url, **database.engine_options(url, 4))
    database.listen(engine)
    try:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE parents (id INTEGER PRIMARY KEY)"))
            connection.execute(text("CREATE TABLE children (parent_id INTEGER REFERENCES parents (id))"))
        yield engine
    finally:
        engine.dispose()


@pytest.fixture
def engine(tmp_path) -> Iterator[Engine]:
    """Yield a small SQLite database."""
    with sqlite_engine(tmp_path) as opened:
        yield opened


@pytest.fixture
def reading() -> Iterator[None]:
    """Behave as while a GET is answered."""
    token = database.is_reading.set(True)
    yield
    database.is_reading.reset(token)


def can_write(engine: Engine) -> bool:
    """Say whether somebody else, who does not wait, may write now."""
    with closing(SQLITE.connect(engine.url.database, timeout=0)) as other:
        try:
            other.execute("INSERT INTO parents DEFAULT VALUES")
        except SQLITE.OperationalError as error:
            if "locked" not in str(error):
                raise
            return False
        other.rollback()
        return True


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("foreign_keys", 1), ("synchronous", 2), ("busy_timeout", 4_500)],
)
def test_every_sqlite_connection_is_strict_safe_and_patient(engine, pragma, value) -> None:
    with engine.connect() as first, engine.connect() as second:
        for connection in (first, second):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value
            connection.rollback()  # the second would wait for the first's write lock


def test_a_child_without_its_parent_is_refused(engine) -> None:
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), engine.begin() as connection:
        connection.execute(text("INSERT INTO children (parent_id) VALUES (7)"))


@pytest.mark.parametrize(
    ("version", "journal"),
    [((3, 40, 1), "delete"), ((3, 51, 2), "delete"), ((3, 51, 3), "wal"), ((3, 53, 0), "wal"), ((4, 0, 0), "wal")],
)
def test_wal_only_on_a_library_whose_wal_is_sound(tmp_path, monkeypatch, caplog, version, journal) -> None:
    said = ".".join(map(str, version))
    real = database.sqlite_module()
    pretender = SimpleNamespace(sqlite_version_info=version, sqlite_version=said)
    monkeypatch.setattr(database, "sqlite_module", lambda: pretender)
    engine = create_engine(f"sqlite:///{tmp_path / 'small.db'}", module=real)
    with caplog.at_level("INFO", logger="portal.database"):
        database.listen(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == journal
    engine.dispose()
    assert f"sqlite {said}, journal {journal}" in caplog.text


def test_a_changing_transaction_takes_the_write_lock_at_once(engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        assert not can_write(engine)
        connection.rollback()
        assert can_write(engine)


def test_a_reading_transaction_leaves_the_write_lock_to_others(engine, reading) -> None:
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM parents")).scalar() == 0
        assert can_write(engine)


def test_readers_see_their_snapshot_while_somebody_writes(engine, reading) -> None:
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM parents")).scalar() == 0
        with closing(SQLITE.connect(engine.url.database, timeout=0)) as other:
            other.execute("INSERT INTO parents DEFAULT VALUES")
            is_wal = other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            if is_wal:
                other.commit()
        assert connection.execute(text("SELECT count(*) FROM parents")).scalar() == 0


def test_a_writer_that_meets_a_lock_waits_as_long_as_it_is_told_and_then_says_so(engine) -> None:
    with engine.connect() as holder, engine.connect() as other:
        other.exec_driver_sql("PRAGMA busy_timeout=0")
        other.rollback()
        holder.execute(text("INSERT INTO parents DEFAULT VALUES"))
        with pytest.raises(OperationalError, match="locked"):
            other.execute(text("SELECT 1"))


@pytest.mark.parametrize(("method", "is_reading"), [("GET", True), ("HEAD", True), ("OPTIONS", True), ("POST", False)])
def test_only_requests_that_change_nothing_are_reading(app, method, is_reading) -> None:
    with app.test_request_context("/no-such-page", method=method):
        app.preprocess_request()
        assert database.is_reading.get() is is_reading
    assert database.is_reading.get() is False


def test_the_database_of_the_application_is_opened_this_way(app: Flask) -> None:
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 4_500
        else:
            settings = {name: connection.exec_driver_sql(f"SHOW {name}").scalar() for name in
                        ("lock_timeout", "statement_timeout", "TimeZone")}  # fmt: skip
            assert settings == {"lock_timeout": "4500ms", "statement_timeout": "30s", "TimeZone": "UTC"}


def test_postgresql_connections_are_checked_before_use_and_give_up_in_time() -> None:
    options = database.engine_options("postgresql+psycopg://u:p@host/portal", 8)
    assert options["pool_size"] == 8
    assert options["pool_pre_ping"] is True
    for setting in ("lock_timeout=4500", "statement_timeout=30000", "timezone=UTC"):
        assert f"-c {setting}" in options["connect_args"]["options"]


# columns


@pytest.mark.parametrize(
    "written",
    ["2025-07-10T23:30:00-03:00", "2025-07-11T02:30:00+00:00", "2025-07-11T11:30:00.123456+09:00"],
)
def test_a_moment_comes_back_aware_in_utc_and_the_same(make, written) -> None:
    moment = datetime.fromisoformat(written)
    partner = make.partner(created_at=moment)
    db.session.expire_all()
    assert partner.created_at == moment
    assert partner.created_at.tzinfo is UTC


def test_moments_are_compared_as_moments_whatever_their_offset(make) -> None:
    make.partner(created_at=datetime(2025, 7, 11, 2, 30, tzinfo=UTC))
    same = datetime.fromisoformat("2025-07-10T23:30:00-03:00")
    assert db.session.scalars(select(Partner.id).where(Partner.created_at == same)).all()
    assert not db.session.scalars(select(Partner.id).where(Partner.created_at > same)).all()


def test_a_naive_moment_is_refused(make) -> None:
    with pytest.raises(StatementError, match="must be aware"):
        make.partner(created_at=datetime(2025, 7, 10))  # noqa: DTZ001 - the point
    db.session.rollback()


def test_a_labelled_column_takes_members_and_stored_values_and_nothing_else(make) -> None:
    client = make.client(make.partner(), product="navi")
    db.session.expire_all()
    assert client.product is Product.NAVI
    with pytest.raises(StatementError, match="is not a valid Product"):
        make.client(make.partner(), product="Navi Vendas")
    db.session.rollback()


MARKED = datetime(2025, 7, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "is_refused"),
    [
        ({"due_on": None, "pending_at": None}, True),
        ({"due_on": None, "pending_at": None, "hidden_at": MARKED, "suspended_at": MARKED}, True),
        ({"due_on": None, "pending_at": MARKED}, False),
        ({"due_on": date(2025, 8, 10), "pending_at": MARKED}, False),
        ({"due_on": date(2025, 8, 10), "pending_at": None}, False),
    ],
)
def test_only_a_pending_client_may_lack_a_due_date(make, change: dict[str, Any], is_refused) -> None:
    make.client(make.partner())
    if is_refused:
        with pytest.raises(IntegrityError, match="due_unless_pending"):
            db.session.execute(update(Client).values(**change))
        db.session.rollback()
    else:
        db.session.execute(update(Client).values(**change))
        db.session.commit()
        assert db.session.scalars(select(Client.due_on)).one() == change["due_on"]


@pytest.mark.parametrize("due_day", [0, 29])
def test_a_partners_due_day_lies_within_1_and_28(make, due_day) -> None:
    with pytest.raises(IntegrityError, match="due_day"):
        make.partner(due_day=due_day)
    db.session.rollback()


def test_one_document_is_registered_once_per_product_and_partner(make) -> None:
    partner = make.partner()
    client = make.client(partner)
    make.client(partner, document=client.document, product=Product.NAVI)
    make.client(make.partner(), document=client.document)
    with pytest.raises(IntegrityError):
        make.client(partner, document=client.document)
    db.session.rollback()
