"""A filled database, kept in memory to be put back: what takes long to make is made once by each worker."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from portal import database
from portal.extensions import db

PutBack = Callable[[], None]

NO_ROW = 21
"""Bytes of PostgreSQL's binary copy of an empty table."""

_kept: dict[Hashable, PutBack] = {}


def made_once(what: Hashable, make: Callable[[], object]) -> None:
    """Fill the empty database: the first time by making, afterwards with the rows that were made then."""
    if put_back := _kept.get(what):
        put_back()
        return
    make()
    db.session.remove()
    _kept[what] = _keep_sqlite() if db.engine.dialect.name == "sqlite" else _keep_postgresql()


def _keep_sqlite() -> PutBack:
    store = database.sqlite_module().connect(":memory:")
    _with_driver(lambda driver: driver.backup(store))
    return lambda: _with_driver(store.backup)


def _keep_postgresql() -> PutBack:
    tables: dict[str, bytes] = {}
    numbers: list[tuple[str, int]] = []

    def keep(driver: Any) -> None:
        for table in db.metadata.sorted_tables:
            with driver.cursor().copy(f"COPY {table.name} TO STDOUT (FORMAT binary)") as rows:
                tables[table.name] = b"".join(rows)
        numbers.extend(
            driver.execute("SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL").fetchall()
        )
        driver.rollback()

    def put_back(driver: Any) -> None:
        driver.execute("SET LOCAL session_replication_role = replica")  # triggers have done their part
        for name, rows in tables.items():
            if len(rows) > NO_ROW:
                with driver.cursor().copy(f"COPY {name} FROM STDIN (FORMAT binary)") as copy:
                    copy.write(rows)
        driver.cursor().executemany("SELECT setval(%s, %s)", numbers)
        driver.commit()

    _with_driver(keep)
    return lambda: _with_driver(put_back)


def _with_driver(do: Callable[[Any], object]) -> None:
    """Do something with a connection of the driver's own."""
    connection = db.engine.raw_connection()
    try:
        do(connection.driver_connection)
    finally:
        connection.close()
