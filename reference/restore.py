"""From a Navi backup to Link's own database: all of it or nothing.

It is built in a file beside, which nobody else looks at, verified, brought to the disk, and only then given its name: killed
at any moment, there is what was there before, and a draft that the next run throws away. The lines pass by in batches.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from operator import itemgetter
from pathlib import Path

from reference.backup import Backup
from reference.backup_format import ENTITIES, Row
from reference.shop import SCHEMA, Restored, Shop

BATCH = 500
"""Lines that are sent to the database together."""

ALONE = """
    PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA foreign_keys = OFF; PRAGMA cache_size = -8000;
"""
"""Of a file that is thrown away when anything goes wrong: nothing to roll back, nothing to wait for; 8 MB of memory.

References are checked by the reader on the way and by the database at the end, all at once.
"""

COLUMNS: dict[str, tuple[str, ...]] = {
    "customers": ("id", "name", "document", "email", "phone", "address"),
    "products": ("id", "name", "barcode", "unit", "price_cents"),
    "stock": ("product_id", "quantity_milli"),
    "sales": ("id", "sold_at", "customer_id", "discount_cents", "total_cents"),
    "credits": ("id", "customer_id", "sale_id", "created_on", "total_cents"),
}
PARTS: dict[str, tuple[tuple[str, str, str, tuple[str, ...]], ...]] = {
    "sales": (
        ("items", "sale_items", "sale_id", ("product_id", "quantity_milli", "unit_price_cents", "total_cents")),
        ("payments", "payments", "sale_id", ("method", "amount_cents")),
    ),
    "credits": (("instalments", "instalments", "credit_id", ("due_on", "amount_cents", "paid_cents")),),
}
"""Lists inside lines: their name, the table that they go to, what refers to the line there, the other columns."""

Told = Callable[[str, int, int], None]
"""Hears of progress: which entity, how many of its lines are done, how many it has."""


def restore(backup: Backup, file: Path, *, now: datetime, tell: Told) -> Restored:
    """Put what a backup holds into a database of its own, which takes the place of ``file`` when it is whole.

    Raises:
        BadBackup: nothing changed; the reason, with file and line.
        OSError: nothing changed; the disk would not have it.
    """
    draft = draft_of(file)
    draft.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            restored = _Loader(connection, backup, tell).run(now)
        _to_disk(draft)
        draft.replace(file)
        _to_disk(file.parent)
    except sqlite3.DatabaseError as error:
        raise OSError(f"Não foi possível gravar os dados: {error}") from error
    finally:
        draft.unlink(missing_ok=True)
    return restored


def begin_empty(file: Path) -> None:
    """Make the database of a shop that begins with nothing."""
    draft = draft_of(file)
    draft.unlink(missing_ok=True)
    with closing(sqlite3.connect(draft)) as connection:
        connection.executescript(ALONE + SCHEMA.read_text(encoding="utf-8"))
    _to_disk(draft)
    draft.replace(file)
    _to_disk(file.parent)


def draft_of(file: Path) -> Path:
    """Return where a database is built before it has its name."""
    return file.with_name(f"{file.name}.draft")


@dataclass
class _Sums:
    """What the lines add up to, in cents."""

    sales: int = 0
    items: int = 0
    payments: int = 0
    receivable: int = 0


class _Loader:
    """One run, from the first line to the last doubt."""

    def __init__(self, connection: sqlite3.Connection, backup: Backup, tell: Told) -> None:
        self._connection, self._backup, self._tell = connection, backup, tell
        self._counts, self._sums = dict.fromkeys(COLUMNS, 0), _Sums()

    def run(self, now: datetime) -> Restored:
        """Load, verify, and write down where it came from."""
        self._connection.executescript(ALONE + SCHEMA.read_text(encoding="utf-8"))
        self._connection.execute("BEGIN")
        for entity in ENTITIES:
            self._load(entity)
        self._verify()
        restored = self._provenance(now)
        self._connection.execute("COMMIT")
        return restored

    def _load(self, entity: str) -> None:
        """Read an entity's lines to the last one, whether they migrate or not: a backup is sound or refused."""
        lines, done, total = self._backup.rows(entity), 0, self._backup.counts[entity]
        self._tell(entity, 0, total)
        while batch := [line.row for line in islice(lines, BATCH)]:
            taken = [row for row in batch if _migrates(entity, row)]
            if taken:
                self._insert(entity, taken)
            done += len(batch)
            self._tell(entity, done, total)

    def _insert(self, entity: str, rows: Sequence[Row]) -> None:
        columns = COLUMNS[entity]
        self._connection.executemany(insertion(entity, columns), ([row.get(name) for name in columns] for row in rows))
        for name, table, refers, rest in PARTS.get(entity, ()):
            values = itemgetter(*rest)
            parts = ((row["id"], number, *values(part)) for row in rows for number, part in enumerate(row[name], 1))
            self._connection.executemany(insertion(table, (refers, "number", *rest)), parts)
        self._counts[entity] += len(rows)
        self._add_up(entity, rows)

    def _add_up(self, entity: str, rows: Sequence[Row]) -> None:
        if entity == "sales":
            self._sums.sales += sum(row["total_cents"] for row in rows)
            self._sums.items += sum(item["total_cents"] for row in rows for item in row["items"])
            self._sums.payments += sum(payment["amount_cents"] for row in rows for payment in row["payments"])
        elif entity == "credits":
            self._sums.receivable += sum(map(_owed_cents, rows))

    def _verify(self) -> None:
        """Ask the finished database for everything that was counted on the way, and whether it is sound.

        Raises:
            OSError: what was written is not what is there.
        """
        sums, there = self._sums, Shop(self._connection)
        found = {
            "counts": (there.counts(), self._counts),
            "sales": (self._sum("sales", "total_cents"), sums.sales),
            "items": (self._sum("sale_items", "total_cents"), sums.items),
            "payments": (self._sum("payments", "amount_cents"), sums.payments),
            "receivable": (there.receivable_cents(), sums.receivable),
            "references": (self._connection.execute("PRAGMA foreign_key_check").fetchall(), []),
            "integrity": (self._connection.execute("PRAGMA integrity_check").fetchall(), [("ok",)]),
        }
        if wrong := [name for name, (is_there, expected) in found.items() if is_there != expected]:
            raise OSError(f"Os dados gravados não conferem: {', '.join(wrong)}.")

    def _sum(self, table: str, column: str) -> int:
        query = f"SELECT coalesce(sum({column}), 0) FROM {table}"  # noqa: S608 - ours
        return int(self._connection.execute(query).fetchone()[0])

    def _provenance(self, now: datetime) -> Restored:
        backup, cents = self._backup, self._sums.receivable
        restored = Restored(backup.sha256, backup.document, backup.manifest, self._counts, cents, now.isoformat())
        told = (json.dumps(backup.manifest, ensure_ascii=False), json.dumps(self._counts))
        self._connection.execute(
            "INSERT INTO restored VALUES (1, ?, ?, ?, ?, ?, ?)",
            (restored.sha256, restored.document, *told, cents, restored.restored_at),
        )
        return restored


def _migrates(entity: str, row: Row) -> bool:
    """Return whether Link takes a line over: no fiscal note, and no credit that was paid."""
    return entity in COLUMNS and (entity != "credits" or _owed_cents(row) > 0)


def _owed_cents(credit: Row) -> int:
    return sum(part["amount_cents"] - part["paid_cents"] for part in credit["instalments"])


def insertion(table: str, columns: Sequence[str]) -> str:
    """Return the statement that puts a row into a table."""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - ours


def _to_disk(path: Path) -> None:
    """Wait until a file, or what a folder lists, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
