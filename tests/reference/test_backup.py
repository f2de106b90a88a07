"""Backups: what is sound is read to the last line, what is not is refused with its reason, by this reader and the portal's."""

from __future__ import annotations

import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.domain.navi_backup import Entity
from portal.domain.navi_checks import Checker
from reference import backup_lines
from reference.backup import BadBackup, open_backup
from reference.backup_format import ENTITIES
from reference.backup_writer import Made, write_backup
from tests import navi_corpus as corpus

MADE = Made(corpus.DOCUMENT, "Padaria Pão Quente", datetime(2025, 7, 1, 11, tzinfo=UTC))


def written() -> bytes:
    file = io.BytesIO()
    write_backup(file, MADE, corpus.ROWS.__getitem__)
    return file.getvalue()


@pytest.mark.parametrize("made", [corpus.sound, written])
def test_a_sound_backup_is_read_to_the_last_line(made: object, tmp_path: Path) -> None:
    path = tmp_path / "backup.zip"
    path.write_bytes(made())
    with open_backup(path) as backup:
        rows = {entity: [line.row for line in backup.rows(entity)] for entity in ENTITIES}
        assert (backup.document, rows) == (corpus.DOCUMENT, corpus.ROWS)
        assert backup.counts == {entity: len(rows[entity]) for entity in ENTITIES}
        assert len(backup.sha256) == 64


def test_where_the_library_is_missing_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fastjsonschema", None)
    backup_lines._checker.cache_clear()
    with pytest.raises(BadBackup, match="scripts/ensure-venv dev"):
        open_backup(io.BytesIO(written()))


def test_the_same_rows_make_the_same_bytes() -> None:
    assert written() == written()


@pytest.mark.parametrize("bad", corpus.BAD, ids=lambda bad: bad.name)
def test_a_bad_backup_is_refused_with_its_reason(bad: corpus.Bad) -> None:
    with pytest.raises(BadBackup) as refused, open_backup(io.BytesIO(bad.make())) as backup:
        list(backup.lines())
    why = refused.value
    assert (why.reason, why.line, why.pointer if bad.line else "") == (bad.reason, bad.line, bad.pointer), str(why)
    assert why.file == bad.file or not bad.file


@pytest.mark.parametrize("bad", [bad for bad in corpus.BAD if bad.line], ids=lambda bad: bad.name)
def test_the_portals_rules_refuse_the_same_line_at_the_same_place(bad: corpus.Bad) -> None:
    checker, found = Checker(), list[tuple[str, int, str]]()
    with open_backup(io.BytesIO(bad.make())) as backup:
        for entity in Entity:
            for number, content in enumerate(backup._archive.lines(entity.file), 1):
                found += [(entity.file, number, flaw.pointer) for flaw in checker.line(entity, content)]
    assert found[0] == (bad.file, bad.line, bad.pointer)


def test_a_zip_over_its_limit_is_not_looked_into() -> None:
    with pytest.raises(BadBackup) as refused:
        open_backup(io.BytesIO(bytes(100)), most_bytes=99)
    assert refused.value.reason == "too_large"


def test_entities_are_read_in_their_order() -> None:
    with open_backup(io.BytesIO(corpus.sound())) as backup, pytest.raises(ValueError, match="in its turn"):
        next(backup.rows("sales"))


def test_a_refusal_says_where_in_words() -> None:
    with pytest.raises(BadBackup, match=r"sales\.jsonl, linha 2, /total_cents: deve ser a soma dos itens"):
        list(open_backup(io.BytesIO(corpus.with_row("sales", 2, discount_cents=1))).lines())


def test_whole_numbers_and_texts_of_every_size_survive() -> None:
    row = json.loads(json.dumps(corpus.ROWS["products"][1])) | {"id": 2**53 - 1, "name": "é" * 120}
    with open_backup(
        io.BytesIO(corpus.with_file("products", corpus.content([*corpus.ROWS["products"], row])))
    ) as backup:
        assert [line.row for line in backup.lines() if line.entity == "products"][-1] == row
