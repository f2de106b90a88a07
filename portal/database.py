"""How the database is opened: which SQLite library, which journal, who may write, how long a lock is waited for."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import Any, TypeVar

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import OperationalError

log = logging.getLogger(__name__)

Part = TypeVar("Part")

BUSY_TIMEOUT_MS = 4_500
"""Who waits in vain is told so within 6 s. SQLite adds up its naps as ordered, and on a busy machine each is longer."""

DISK_FULL = "53100"
"""PostgreSQL's code for a full disk."""

STATEMENT_TIMEOUT_MS = 30_000
"""PostgreSQL gives a statement up after so long: a request's, or a chunk of work that requests may have to wait for."""

JOB_STATEMENT_TIMEOUT_MS = 3_600_000
"""The same for a daily job, whose set-based statement over a million rows takes its time."""

FIRST_SOUND_WAL = (3, 51, 3)
"""SQLite 3.7.0 to 3.51.2 can corrupt a database when a WAL reset races a checkpoint."""

is_reading: ContextVar[bool] = ContextVar("is_reading", default=False)
"""True while a GET is answered: its transactions are deferred. Everything else takes the write lock at once, because a
deferred transaction that reads and then writes fails under load whatever the busy timeout."""


is_unhurried: ContextVar[bool] = ContextVar("is_unhurried", default=False)
"""True in a daily job's thread."""


def streamed(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield the parts of a streamed answer: they are read when its request, and what it has set, is over."""
    is_reading.set(True)
    try:
        yield from parts
    finally:
        is_reading.set(False)


def sqlite_module() -> ModuleType:
    """Return the SQLite binding to use: the bundled recent library where its wheel exists, else Python's own."""
    try:
        from pysqlite3 import dbapi2  # noqa: PLC0415 - optional
    except ImportError:
        import sqlite3 as dbapi2  # noqa: PLC0415
    return dbapi2  # type: ignore[no-any-return]


def engine_options(database_url: str, pool_size: int) -> dict[str, Any]:
    """Return the engine's options for a database URL; ``pool_size`` is the number of server threads."""
    url = make_url(database_url)
    options: dict[str, Any] = {"pool_size": pool_size, "max_overflow": 4, "pool_timeout": 10}
    options["hide_parameters"] = True  # what a failed statement carried (names, documents, codes) stays out of the logs
    if url.get_backend_name() == "sqlite":
        options["module"] = sqlite_module()
        options["connect_args"] = {"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000}
    else:
        options["pool_pre_ping"] = True
        options["connect_args"] = {
            "options": f"-c lock_timeout={BUSY_TIMEOUT_MS} -c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC"
        }
    return options


def listen(engine: Engine) -> None:
    """Attach to an engine what its connections need."""
    if engine.dialect.name != "sqlite":
        event.listen(engine, "begin", _give_time)
        return
    is_wal_sound = sqlite_module().sqlite_version_info >= FIRST_SOUND_WAL
    log.info("sqlite %s, journal %s", sqlite_module().sqlite_version, "wal" if is_wal_sound else "delete")

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we spell BEGIN ourselves, below
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA journal_mode={'WAL' if is_wal_sound else 'DELETE'}")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA cache_size=-16000")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if is_reading.get() else "BEGIN IMMEDIATE")


def _give_time(connection: Connection) -> None:
    """Give the transactions of a daily job their own limit, which ends with each of them."""
    if is_unhurried.get():
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {JOB_STATEMENT_TIMEOUT_MS}")


@contextmanager
def reading() -> Iterator[None]:
    """Have the transactions of a block take no write lock: it only reads."""
    token = is_reading.set(True)
    try:
        yield
    finally:
        is_reading.reset(token)


@contextmanager
def unhurried() -> Iterator[None]:
    """Let the statements of a block take as long as a daily job may."""
    token = is_unhurried.set(True)
    try:
        yield
    finally:
        is_unhurried.reset(token)


@contextmanager
def without_waiting(engine: Engine) -> Iterator[Connection]:
    """Yield a connection for a write that is not worth waiting for, in a transaction of its own.

    Raises:
        OperationalError: somebody else holds the lock at this moment.
    """
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if is_sqlite:
            _wait_at_most(connection, 0)
        else:
            connection.exec_driver_sql("SET LOCAL lock_timeout = 1")  # ms; 0 would mean "for ever"
        try:
            yield connection
            connection.commit()
        finally:
            connection.rollback()
            if is_sqlite:
                _wait_at_most(connection, BUSY_TIMEOUT_MS)


def _wait_at_most(connection: Connection, milliseconds: int) -> None:
    """Set SQLite's busy timeout past SQLAlchemy, which would begin a transaction first."""
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA busy_timeout={milliseconds}").close()


def is_disk_full(error: OperationalError) -> bool:
    """Say whether the database has no room left to write."""
    code = getattr(error.orig, "sqlstate", None)
    return code == DISK_FULL or "disk is full" in str(error.orig)
