"""A copy of the database, taken while the portal runs, and checked before it is called one."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from portal import database
from portal.extensions import db


class BackupError(Exception):
    """No usable copy could be made; the message says why."""


def copy_to(target: Path) -> int:
    """Write a consistent copy of the SQLite database and return its size in bytes.

    Writers are not stopped: SQLite's online backup reads a snapshot. The copy appears under its name only once it has
    passed the integrity check.

    Raises:
        BackupError: PostgreSQL (pg_dump does it), a target that exists or has no folder, or a copy that fails its check.
    """
    if db.engine.dialect.name != "sqlite":
        raise BackupError("PostgreSQL is backed up with its own tool: pg_dump --format=custom")
    if target.exists():
        raise BackupError(f"{target} exists already; nothing was overwritten")
    if not target.parent.is_dir():
        raise BackupError(f"{target.parent}: no such folder")
    module, scratch = database.sqlite_module(), target.with_suffix(f"{target.suffix}.partial")
    source, copy = module.connect(db.engine.url.database), module.connect(scratch)
    try:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without -wal and -shm beside it
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
    finally:
        copy.close()
        source.close()
    if verdict != "ok":
        scratch.unlink()
        raise BackupError(f"the copy failed its integrity check: {verdict}")
    scratch.replace(target)
    return target.stat().st_size


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
