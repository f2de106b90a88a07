"""A small shop as Navi keeps it: one SQLite database, written in transactions, read as one moment for a backup."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

from reference.backup_format import Row
from reference.command import Impossible

SCHEMA = Path(__file__).with_name("navi_shop.sql")
COLUMNS = {
    "customers": ("id", "name", "document", "email", "phone", "address"),
    "products": ("id", "name", "barcode", "unit", "price_cents"),
    "stock": ("product_id", "quantity_milli"),
    "sales": ("id", "sold_at", "customer_id", "discount_cents", "total_cents"),
    "credits": ("id", "customer_id", "sale_id", "created_on", "total_cents"),
    "fiscal_notes": ("id", "sale_id", "model", "series", "number", "access_key", "issued_at", "total_cents"),
}
PARTS = {
    "sales": (
        ("items", "sale_items", "sale_id", ("product_id", "quantity_milli", "unit_price_cents", "total_cents")),
        ("payments", "payments", "sale_id", ("method", "amount_cents")),
    ),
    "credits": (("instalments", "instalments", "credit_id", ("number", "due_on", "amount_cents", "paid_cents")),),
}
"""What stands inside an entity's rows: the member, its table, the column that leads back, what it says."""

_BATCH = 2000


@dataclass(frozen=True)
class Owner:
    """Whose shop it is."""

    document: str
    name: str


class Shop:
    """The shop's database; without a path it is a temporary one."""

    def __init__(self, path: Path | None = None) -> None:
        """Open the database, made at first."""
        if path:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.db = sqlite3.connect(path or "", isolation_level=None)
        self.db.execute("PRAGMA foreign_keys = ON")
        if not self.db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'settings'").fetchone():
            self.db.executescript(f"BEGIN;{SCHEMA.read_text(encoding='utf-8')}COMMIT;")

    def close(self) -> None:
        """Close the database."""
        self.db.close()

    @contextmanager
    def transaction(self, kind: str = "IMMEDIATE") -> Iterator[None]:
        """Do everything inside, or nothing; read everything inside as of one moment."""
        self.db.execute(f"BEGIN {kind}")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    # whose it is

    @property
    def owner(self) -> Owner:
        """Whose shop it is.

        Raises:
            Impossible: nobody has said yet.
        """
        document, name = self.setting("document"), self.setting("name")
        if not document:
            raise Impossible("Ative o Navi, ou informe o CNPJ da loja, antes de fazer o backup.")
        return Owner(document, name)

    def belong_to(self, owner: Owner) -> None:
        """Remember whose shop it is."""
        with self.transaction():
            self.set("document", owner.document)
            self.set("name", owner.name)

    def setting(self, name: str) -> str:
        """Return what was set, or nothing."""
        found = self.db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return str(found[0]) if found else ""

    def set(self, name: str, value: str) -> None:
        """Remember a setting."""
        self.db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    # rows

    def rows(self, entity: str) -> Iterator[Row]:
        """Yield an entity's rows as a backup holds them, by number; what is not known is left out."""
        columns, order = COLUMNS[entity], COLUMNS[entity][0]
        parts = {member: self._parts(table, key, names) for member, table, key, names in PARTS.get(entity, ())}
        query = f"SELECT {', '.join(columns)} FROM {entity} ORDER BY {order}"  # noqa: S608 - names from above
        for values in self.db.execute(query):
            row = {name: value for name, value in zip(columns, values, strict=True) if value is not None}
            yield row | {member: of(values[0]) for member, of in parts.items()}

    def _parts(self, table: str, key: str, names: Iterable[str]) -> Callable[[int], list[Row]]:
        """Return what gives the parts of a row; rows are asked for in the order of their numbers."""
        query = f"SELECT {key}, {', '.join(names)} FROM {table} ORDER BY {key}, number"  # noqa: S608 - names from above
        groups = groupby(self.db.execute(query), itemgetter(0))
        names, ahead = tuple(names), next(groups, None)

        def of(number: int) -> list[Row]:
            nonlocal ahead
            if ahead is None or ahead[0] != number:
                return []
            parts = [dict(zip(names, values[1:], strict=True)) for values in ahead[1]]
            ahead = next(groups, None)
            return parts

        return of

    def add(self, entity: str, rows: Iterable[Row]) -> None:
        """Keep rows as a backup holds them, inside a transaction."""
        rows = iter(rows)
        while batch := list(islice(rows, _BATCH)):
            self._insert(entity, COLUMNS[entity], ([row.get(name) for name in COLUMNS[entity]] for row in batch))
            for member, table, key, names in PARTS.get(entity, ()):
                self._insert(table, _part_columns(key, names), _part_values(batch, member, names))

    def _insert(self, table: str, columns: Iterable[str], values: Iterable[list[Any]]) -> None:
        names = tuple(columns)
        places = ", ".join("?" * len(names))
        command = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"  # noqa: S608 - names from above
        self.db.executemany(command, values)

    # figures

    def count(self, entity: str) -> int:
        """Return how many rows there are."""
        return int(self.db.execute(f"SELECT count(*) FROM {entity}").fetchone()[0])  # noqa: S608 - names from above

    def sold_cents(self) -> int:
        """Return the sum of all sales."""
        return int(self.db.execute("SELECT coalesce(sum(total_cents), 0) FROM sales").fetchone()[0])

    def receivable(self) -> tuple[int, int]:
        """Return how many credits are open, and the cents that are owed on them."""
        query = "SELECT count(DISTINCT credit_id), coalesce(sum(amount_cents - paid_cents), 0) FROM instalments WHERE paid_cents < amount_cents"
        count, cents = self.db.execute(query).fetchone()
        return int(count), int(cents)


def _part_columns(key: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns of a table of parts; some say their number themselves."""
    return (key, *names) if "number" in names else (key, "number", *names)


def _part_values(batch: list[Row], member: str, names: tuple[str, ...]) -> Iterator[list[Any]]:
    for row in batch:
        for number, part in enumerate(row[member], 1):
            values = [part[name] for name in names]
            yield [row["id"], *values] if "number" in names else [row["id"], number, *values]
