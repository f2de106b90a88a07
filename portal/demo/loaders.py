"""Fast roads into the two databases: indexes, triggers and foreign keys put aside, rows loaded, all of it put back.

A loader works inside the transaction that it is given, so that a load that fails leaves nothing behind, the indexes
and triggers that it put aside included.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import text
from sqlalchemy.engine import Connection

CACHE_KIB = 256 * 1024


class Loader(Protocol):
    """What both roads have in common, in the order of use."""

    def before_transaction(self) -> None:
        """Set what can only be set outside a transaction; the connection is closed for good afterwards."""

    def lock(self) -> None:
        """Keep every other writer out until the transaction ends."""

    def put_aside(self) -> None:
        """Drop or disable what makes single rows slow."""

    def load(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Add rows."""

    def put_back(self) -> None:
        """Undo ``put_aside``."""

    def after_transaction(self) -> None:
        """Leave the files as months of use would have left them."""


class SqliteLoader:
    """One transaction of executemany through the driver's own cursor."""

    def __init__(self, connection: Connection, tables: Sequence[str]) -> None:
        """Remember where and what."""
        self._connection, self._tables = connection, tables
        self._put_aside: list[str] = []

    def before_transaction(self) -> None:
        """Stop checking foreign keys row by row, and keep the indexes of unique columns in memory."""
        self._cursor = self._connection.connection.cursor()
        self._cursor.execute("PRAGMA foreign_keys=OFF")
        self._cursor.execute(f"PRAGMA cache_size=-{CACHE_KIB}")

    def lock(self) -> None:
        """Do nothing: the transaction began with the lock (portal.database)."""

    def put_aside(self) -> None:
        """Drop triggers and indexes, remembering the statements that made them."""
        names = ", ".join(f"'{table}'" for table in self._tables)
        found = self._connection.exec_driver_sql(
            f"SELECT type, name, sql FROM sqlite_master WHERE tbl_name IN ({names}) "  # noqa: S608 - our own tables
            "AND type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY type, name"
        ).all()
        for kind, name, statement in found:
            self._connection.exec_driver_sql(f"DROP {kind} {name}")
            self._put_aside.append(statement)

    def load(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Insert."""
        marks = ", ".join("?" * len(columns))
        self._cursor.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)  # noqa: S608

    def put_back(self) -> None:
        """Make indexes and triggers again, and check once what was not checked row by row.

        Raises:
            ValueError: a row points to another that does not exist.
        """
        for statement in self._put_aside:
            self._connection.exec_driver_sql(statement)
        for table in self._tables:
            if self._connection.exec_driver_sql(f"PRAGMA foreign_key_check({table})").first():
                raise ValueError(f"{table}: a foreign key points nowhere")

    def after_transaction(self) -> None:
        """Move the log into the file."""
        self._cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


CONSTRAINTS = text("""
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid::regclass::text = ANY(:tables) AND contype IN ('f', 'u') ORDER BY contype DESC, conname
""")
INDEXES = text("""
    SELECT indexname, indexdef FROM pg_indexes
    WHERE schemaname = current_schema() AND tablename = ANY(:tables) AND NOT EXISTS (
        SELECT FROM pg_constraint WHERE contype IN ('p', 'u', 'x')
        AND conindid = (quote_ident(schemaname) || '.' || quote_ident(indexname))::regclass
    ) ORDER BY indexname
""")


NUMBERED = text(
    "SELECT table_name FROM information_schema.columns WHERE column_name = 'id' AND table_schema = current_schema()"
)


class PostgresLoader:
    """COPY, with indexes and foreign keys made afterwards in one go."""

    def __init__(self, connection: Connection, tables: Sequence[str]) -> None:
        """Remember where and what."""
        self._connection, self._tables = connection, tables
        self._put_aside: list[str] = []

    def before_transaction(self) -> None:
        """Do nothing: what is set here is set for the transaction, in ``lock``."""

    def lock(self) -> None:
        """Wait for other writers, and lift the limits that guard the portal's own, short statements."""
        for setting in ("statement_timeout = 0", "maintenance_work_mem = '256MB'", "synchronous_commit = off"):
            self._connection.exec_driver_sql(f"SET LOCAL {setting}")
        self._connection.exec_driver_sql("LOCK TABLE partners IN SHARE ROW EXCLUSIVE MODE")

    def put_aside(self) -> None:
        """Disable triggers; drop foreign keys, unique constraints and indexes, remembering how to make them."""
        run, tables = self._connection.exec_driver_sql, {"tables": list(self._tables)}
        for table in self._tables:
            run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for table, name, definition in self._connection.execute(CONSTRAINTS, tables).all():
            run(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
            self._put_aside.append(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        for name, definition in self._connection.execute(INDEXES, tables).all():
            run(f'DROP INDEX "{name}"')
            self._put_aside.append(definition)

    def load(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Copy."""
        cursor: Any = self._connection.connection.cursor()
        with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def put_back(self) -> None:
        """Make indexes, constraints and triggers again; the ids given by hand are taken off the sequences."""
        run = self._connection.exec_driver_sql
        for statement in self._put_aside:
            run(statement)
        numbered = set(self._connection.scalars(NUMBERED))
        for table in self._tables:
            run(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            if table in numbered:
                run(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table})) "  # noqa: S608
                    f"FROM {table} LIMIT 1"
                )

    def after_transaction(self) -> None:
        """Do by hand what autovacuum would begin to do in the middle of a measurement."""
        driver: Any = self._connection.connection.dbapi_connection
        driver.autocommit = True  # VACUUM runs outside of transactions only
        driver.execute("SET statement_timeout = 0")
        driver.execute(f"VACUUM (ANALYZE) client_tallies, {', '.join(self._tables)}")


def loader_for(connection: Connection, tables: Sequence[str]) -> Loader:
    """Return the loader of a connection's database."""
    return (SqliteLoader if connection.dialect.name == "sqlite" else PostgresLoader)(connection, tables)
