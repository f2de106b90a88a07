"""A copy of the database, taken while the portal runs, and checked before it is called one."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import URL

from portal import database, postgres_tools
from portal.domain import retention
from portal.extensions import db
from portal.postgres_tools import BackupError

NAME = re.compile(r"portal-(\d{4}-\d\d-\d\d)\.(db|dump)")
OWNER_ONLY = 0o700


def copy_to(target: Path) -> int:
    """Write a consistent copy of the database and return its size in bytes.

    Writers are not stopped: SQLite's online backup and pg_dump read a snapshot. The copy appears under its name only once
    it has passed its check.

    Raises:
        BackupError: a target that exists or has no folder, a program that is missing, or a copy that fails its check.
    """
    if target.exists():
        raise BackupError(f"{target} exists already; nothing was overwritten")
    if not target.parent.is_dir():
        raise BackupError(f"{target.parent}: no such folder")
    make = _copy_file if db.engine.dialect.name == "sqlite" else _dump
    with _scratch(target) as scratch:
        make(db.engine.url, scratch)
        scratch.replace(target)
    return target.stat().st_size


def keep_daily(day: date) -> dict[str, int]:
    """Have the copy of a civil date in the instance folder, and no more old ones than are to be kept; return counts.

    Raises:
        BackupError: the copy could not be made; the old ones stay.
    """
    folder = Path(current_app.instance_path) / "backups"
    folder.mkdir(mode=OWNER_ONLY, exist_ok=True)
    target = folder / f"portal-{day.isoformat()}.{'db' if db.engine.dialect.name == 'sqlite' else 'dump'}"
    is_new = not target.exists()
    if is_new:
        for left in folder.glob(".*.partial*"):  # of a process that was killed at it
            left.unlink(missing_ok=True)
        copy_to(target)
    return {"copies": int(is_new), "kilobytes": target.stat().st_size // 1024, "removed": _remove_old(folder)}


def ensure_sound(copy: Path) -> None:
    """Check that a SQLite file is whole.

    Raises:
        BackupError: it is not.
    """
    module = database.sqlite_module()
    try:
        with closing(module.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
            orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
    except module.DatabaseError as error:
        raise BackupError(f"{copy}: {error}") from None
    if verdict != "ok" or orphans:
        raise BackupError(f"{copy} failed its integrity check: {verdict}, {len(orphans)} orphans")


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a SQLite database that may be in use into one file, without -wal and -shm beside it."""
    module = database.sqlite_module()
    address = f"{source.absolute().as_uri()}?mode=rw"  # what a WAL needs to be read, and makes nothing where nothing is
    with closing(module.connect(address, uri=True)) as reading, closing(module.connect(target)) as writing:
        reading.backup(writing)
        writing.execute("PRAGMA journal_mode=DELETE")


def _copy_file(url: URL, scratch: Path) -> None:
    copy_sqlite(Path(url.database or ""), scratch)
    ensure_sound(scratch)


def _dump(url: URL, scratch: Path) -> None:
    postgres_tools.run("pg_dump", "--format=custom", f"--file={scratch}", url=url)
    postgres_tools.ensure_readable(scratch)


@contextmanager
def _scratch(target: Path) -> Iterator[Path]:
    """Yield a name beside the target for what is not yet called a copy; nothing stays under it."""
    scratch = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        scratch.touch(mode=0o600)
        yield scratch
    finally:
        for left in target.parent.glob(f"{scratch.name}*"):  # SQLite's journal too
            left.unlink()


def _remove_old(folder: Path) -> int:
    copies = {path: date.fromisoformat(named[1]) for path in folder.iterdir() if (named := NAME.fullmatch(path.name))}
    kept = retention.kept_backups(copies.values())
    too_old = [path for path, day in copies.items() if day not in kept]
    for path in too_old:
        path.unlink(missing_ok=True)
    return len(too_old)


@click.command("backup")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def command(target: Path) -> None:
    """Copy the database to TARGET while the portal runs, and check the copy."""
    try:
        size = copy_to(target)
    except (BackupError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{target}: {size} bytes, integrity ok")


COMMANDS = (command,)
