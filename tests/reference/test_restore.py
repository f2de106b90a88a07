"""A restore into Link's own database: everything that migrates and nothing else, or nothing at all."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reference import restore, shop
from reference.backup import BadBackup, open_backup
from reference.shop import Restored, Role
from tests import navi_corpus as corpus

NOW = datetime(2025, 7, 10, 15, tzinfo=UTC)


def restored(file: Path, content: bytes, told: list[Any] | None = None) -> Restored:
    """Restore a backup into a file."""
    progress = [] if told is None else told
    with open_backup(io.BytesIO(content)) as backup:
        return restore.restore(backup, file, now=NOW, tell=lambda *step: progress.append(step))


def table(file: Path, query: str) -> list[tuple[Any, ...]]:
    """Return rows of a database."""
    connection = sqlite3.connect(file)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def dump(file: Path) -> list[str]:
    """Return a database as SQL."""
    connection = sqlite3.connect(file)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """Yield where a database is to be, and look afterwards that no draft is left."""
    yield tmp_path / "shop.db"
    assert list(tmp_path.glob("*draft*")) == []


def test_what_migrates_is_there_to_the_cent_and_what_does_not_is_not(file: Path) -> None:
    found = restored(file, corpus.sound())
    assert found.counts == {"customers": 2, "products": 2, "stock": 2, "sales": 2, "credits": 1}
    assert found.receivable_cents == corpus.RECEIVABLE_CENTS
    sales = "SELECT id, sold_at, customer_id, discount_cents, total_cents FROM sales"
    assert table(file, sales) == [
        (7, "2025-06-10T09:30:00-03:00", 1, 49, 2000),
        (9, "2025-06-11T12:00:00.250000+00:00", None, 0, 450),
    ]
    assert table(file, "SELECT * FROM sale_items WHERE sale_id = 7") == [
        (7, 1, 1, 804, 1990, 1600),
        (7, 2, 2, 1000, 449, 449),
    ]
    assert table(file, "SELECT * FROM payments WHERE sale_id = 7") == [
        (7, 1, "cash", 500),
        (7, 2, "instalments", 1500),
    ]
    assert table(file, "SELECT * FROM instalments") == [(3, 1, "2025-07-10", 750, 750), (3, 2, "2025-08-10", 750, 100)]
    assert table(file, "SELECT address FROM customers") == [(None,), ("Rua das Flores, 10 – fundos",)]


def test_it_says_where_its_rows_came_from(file: Path) -> None:
    told = restored(file, corpus.sound())
    with shop.opened(file) as own:
        assert (own.restored, own.counts(), own.receivable_cents()) == (told, told.counts, corpus.RECEIVABLE_CENTS)
    assert (told.document, told.manifest["name"], len(told.sha256)) == (corpus.DOCUMENT, "Padaria Pão Quente", 64)


def test_twice_makes_the_same_and_takes_the_place_of_the_first(file: Path) -> None:
    restored(file, corpus.sound())
    first = dump(file)
    restored(file, corpus.sound())
    assert dump(file) == first


def test_progress_is_told_for_every_entity_up_to_its_last_line(file: Path) -> None:
    told = list[Any]()
    rows = [{"id": number, "name": "Eva"} for number in range(1, 2 * restore.BATCH + 2)]
    nobody = dict.fromkeys(corpus.ENTITIES, b"") | {"customers": corpus.content(rows)}
    restored(file, corpus.backup({f"{entity}.jsonl": data for entity, data in nobody.items()}), told)
    most = 2 * restore.BATCH + 1
    assert told[:4] == [("customers", done, most) for done in (0, restore.BATCH, 2 * restore.BATCH, most)]
    assert [step[0] for step in told[4:]] == list(corpus.ENTITIES[1:])


@pytest.mark.parametrize("bad", corpus.BAD, ids=lambda bad: bad.name)
def test_a_bad_backup_changes_nothing_and_says_why(file: Path, bad: corpus.Bad) -> None:
    file.write_bytes(b"what was there before")
    with pytest.raises(BadBackup) as refused:
        restored(file, bad.make())
    assert (refused.value.reason, refused.value.line) == (bad.reason, bad.line)
    assert file.read_bytes() == b"what was there before"


def test_a_disk_that_is_full_changes_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    restored(file, corpus.sound())
    before = file.read_bytes()
    monkeypatch.setattr(restore, "ALONE", f"{restore.ALONE} PRAGMA max_page_count = 30;")
    rows = [{"id": number, "name": "Eva " * 20} for number in range(1, 5_000)]
    with pytest.raises(OSError, match="full"):
        restored(file, corpus.with_file("customers", corpus.content(rows)))
    assert file.read_bytes() == before


def test_rows_that_got_lost_on_the_way_are_missed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(restore.PARTS, "sales", restore.PARTS["sales"][:1])
    with pytest.raises(OSError, match="não conferem: payments"):
        restored(file, corpus.sound())
    assert not file.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO sales VALUES (8, '2025-06-10', 99, 0, 0)",
        "UPDATE sale_items SET total_cents = 1 WHERE sale_id = 9",
        "UPDATE instalments SET paid_cents = amount_cents + 1",
        "UPDATE payments SET method = 'iou'",
        "UPDATE products SET price_cents = 'caro'",
        "DELETE FROM customers WHERE id = 1",
    ],
)
def test_the_database_itself_keeps_the_rules(file: Path, statement: str) -> None:
    restored(file, corpus.sound())
    with shop.opened(file) as own, pytest.raises(sqlite3.IntegrityError):
        own._connection.execute(statement)


def test_users_are_made_together_or_not_at_all(file: Path) -> None:
    restore.begin_empty(file)
    with shop.opened(file) as own:
        with pytest.raises(sqlite3.IntegrityError):
            own.add_users([("Ana", Role.ADMIN), ("ANA", Role.CASHIER)], NOW)
        assert own.users() == []
        own.add_users([("Ana", Role.ADMIN), ("Bia", Role.CASHIER)], NOW)
        assert (own.users(), own.restored) == ([("Ana", Role.ADMIN), ("Bia", Role.CASHIER)], None)


def test_another_version_of_the_database_is_left_alone(file: Path) -> None:
    restore.begin_empty(file)
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(shop.Unreadable, match="outra versão"), shop.opened(file):
        pass
    file.write_text(json.dumps("no database" * 1000))
    with pytest.raises(shop.Unreadable), shop.opened(file):
        pass
