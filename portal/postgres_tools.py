"""PostgreSQL's own programs for copies, run on our behalf. Passwords travel in the environment, not on the command line."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import URL

LONGEST_SECONDS = 3 * 60 * 60
MOST_SAID = 400


class BackupError(Exception):
    """No usable copy could be made, or restored; the message says why."""


def run(name: str, *arguments: str, url: URL) -> None:
    """Run a program against a database.

    Raises:
        BackupError: it is not installed, or says that it failed.
    """
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query).render_as_string()
    secret = {"PGPASSWORD": str(url.password)} if url.password else {}
    _run(name, "--no-password", f"--dbname={plain}", *arguments, environ=os.environ | secret)


def ensure_readable(dump: Path) -> None:
    """Check that a dump is one, and holds data.

    Raises:
        BackupError: it is none, or cannot be read.
    """
    if " TABLE DATA " not in _run("pg_restore", "--list", str(dump), environ=os.environ):
        raise BackupError(f"{dump.name}: the dump holds no data")


def _run(name: str, *arguments: str, environ: Mapping[str, str]) -> str:
    program = shutil.which(name)
    if program is None:
        raise BackupError(f"{name} was not found: install PostgreSQL's client programs, as new as the server or newer")
    command = [program, *arguments]
    ran = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False)
    if ran.returncode:
        raise BackupError(f"{name} failed: {' '.join(ran.stderr.split())[:MOST_SAID]}")
    return ran.stdout
