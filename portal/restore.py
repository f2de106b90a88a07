"""Putting a copy into a fresh database: nothing is overwritten, and what came out is checked and counted."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask.cli import with_appcontext
from sqlalchemy import URL, Connection, Engine, create_engine, func, inspect, make_url, select, table
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.pool import NullPool

from portal import backup, database, postgres_tools, schema
from portal.postgres_tools import BackupError

SQLITE, POSTGRESQL = b"SQLite format 3\x00", b"PGDMP"


def restore(source: Path, into: str) -> dict[str, int]:
    """Make a database of a copy and return how many rows each of its tables holds.

    ``into`` is a file for a copy of SQLite, a URL for one of PostgreSQL; a schema that is behind is brought up to date
    later, by ``db upgrade``.

    Raises:
        BackupError: the target exists or holds tables, the copy is damaged, of another kind or of a newer portal.
    """
    kind = _kind(source)
    url = _target(into)
    if url.get_backend_name() != kind:
        raise BackupError(f"{source} is a copy of {kind}, {into!r} is none: nothing was restored")
    return _into_file(source, Path(url.database or "")) if kind == "sqlite" else _into_server(source, url)


def _kind(source: Path) -> str:
    with source.open("rb") as file:
        head = file.read(len(SQLITE))
    if head == SQLITE:
        return "sqlite"
    if head.startswith(POSTGRESQL):
        return "postgresql"
    raise BackupError(f"{source} is no copy made by the portal")


def _target(into: str) -> URL:
    if "://" not in into:
        return URL.create("sqlite", database=into)
    try:
        url = make_url(into)
    except (ArgumentError, ValueError):
        raise BackupError("--into: not a database URL, such as postgresql://user@host/name") from None
    return url.set(drivername="postgresql+psycopg") if url.drivername in {"postgresql", "postgres"} else url


def _into_file(source: Path, target: Path) -> dict[str, int]:
    if target.exists() or target.with_name(f"{target.name}-wal").exists():
        raise BackupError(f"{target} (or its -wal) exists already; nothing was overwritten")
    if not target.parent.is_dir():
        raise BackupError(f"{target.parent}: no such folder")
    backup.ensure_sound(source)
    scratch = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        backup.copy_sqlite(source, scratch)
        backup.ensure_sound(scratch)
        with _opened(URL.create("sqlite", database=str(scratch))) as connection:
            counts = _counted(connection)
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)
    return counts


def _into_server(source: Path, url: URL) -> dict[str, int]:
    postgres_tools.ensure_readable(source)
    with _opened(url) as connection:
        if inspect(connection).get_table_names():
            raise BackupError(f"{url.database} holds tables already; nothing was overwritten")
    arguments = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", str(source))
    postgres_tools.run("pg_restore", *arguments, url=url)
    with _opened(url) as connection:
        return _counted(connection)


@contextmanager
def _opened(url: URL) -> Iterator[Connection]:
    """Yield a connection to a database that is not the portal's own."""
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    except OperationalError as error:
        raise BackupError(f"the target does not open: {' '.join(str(error.orig).split())}") from None
    finally:
        engine.dispose()


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        return create_engine(url, module=database.sqlite_module(), poolclass=NullPool)
    return create_engine(url, poolclass=NullPool)


def _counted(connection: Connection) -> dict[str, int]:
    """Return the number of rows of each table, of a schema that this portal knows."""
    versions = MigrationContext.configure(connection).get_current_heads()
    known = {script.revision for script in ScriptDirectory(str(schema.MIGRATIONS)).walk_revisions()}
    if not versions or set(versions) - known:
        raise BackupError(f"the copy has schema {', '.join(versions) or 'none'}, which this portal does not know")
    names = inspect(connection).get_table_names()
    return {name: connection.scalar(select(func.count()).select_from(table(name))) or 0 for name in names}


@click.command("restore")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--into", required=True, metavar="DATABASE", help="A file that does not exist, or the URL of an empty database."
)
@with_appcontext
def command(source: Path, into: str) -> None:
    """Make a fresh database of the copy SOURCE, check it, and print the rows of each table."""
    try:
        counts = restore(source, into)
    except (BackupError, OSError) as error:
        raise click.ClickException(str(error)) from error
    for name, count in sorted(counts.items()):
        click.echo(f"{name:<24} {count:>10}")
    click.echo(f"{source}: restored, integrity ok; point DATABASE_URL at it")


COMMANDS = (command,)
