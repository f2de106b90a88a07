"""Link's own database (shop.sql): opened, looked into, given its users. What fills it is ``restore``."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from reference.home import Unreadable

SCHEMA = Path(__file__).with_name("shop.sql")
VERSION = 1

COUNTED = {
    "customers": "SELECT count(*) FROM customers",
    "products": "SELECT count(*) FROM products",
    "stock": "SELECT count(*) FROM stock",
    "sales": "SELECT count(*) FROM sales",
    "credits": "SELECT count(*) FROM credits",
}
"""What came over, by its name in a backup, and how it is counted here."""

RECEIVABLE = "SELECT coalesce(sum(amount_cents - paid_cents), 0) FROM instalments"


class Role(StrEnum):
    """What a user of Link may do."""

    ADMIN = "admin"
    MANAGER = "manager"
    CASHIER = "cashier"


@dataclass(frozen=True)
class Restored:
    """Where a shop's rows came from, and what was taken over."""

    sha256: str
    document: str
    manifest: Mapping[str, Any]
    counts: Mapping[str, int]
    receivable_cents: int
    restored_at: str


class Shop:
    """A database of Link that is there and whole."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Remember the connection, which is the caller's."""
        self._connection = connection

    @property
    def restored(self) -> Restored | None:
        """What was restored; None where the shop began with nothing."""
        row = self._connection.execute(
            "SELECT sha256, document, manifest, counts, receivable_cents, restored_at FROM restored"
        ).fetchone()
        if row is None:
            return None
        sha256, document, manifest, counts, cents, moment = row
        return Restored(sha256, document, json.loads(manifest), json.loads(counts), cents, moment)

    def counts(self) -> dict[str, int]:
        """Return how many rows there are of what a backup brings."""
        return {name: self._one(query) for name, query in COUNTED.items()}

    def receivable_cents(self) -> int:
        """Return what customers owe."""
        return self._one(RECEIVABLE)

    def users(self) -> list[tuple[str, Role]]:
        """Return who works here, in the order in which they were made."""
        rows = self._connection.execute("SELECT name, role FROM users ORDER BY id").fetchall()
        return [(name, Role(role)) for name, role in rows]

    def add_users(self, users: Iterable[tuple[str, Role]], now: datetime) -> None:
        """Make users, all of them or none."""
        insert = "INSERT INTO users (name, role, created_at) VALUES (?, ?, ?)"
        with self._connection:
            self._connection.executemany(insert, [(name, role, now.isoformat()) for name, role in users])

    def _one(self, query: str) -> int:
        return int(self._connection.execute(query).fetchone()[0])


@contextmanager
def opened(file: Path) -> Iterator[Shop]:
    """Open a shop that is there.

    Raises:
        Unreadable: it is no database of this program.
    """
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True)
    try:
        connection.executescript("PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version != VERSION:
            raise Unreadable(f"{file} é de outra versão do Link.")
        yield Shop(connection)
    except sqlite3.DatabaseError as error:
        raise Unreadable(f"Não foi possível ler {file}: {error}") from error
    finally:
        connection.close()
