"""The description of the backup format is what the tables say, and JSON Schema validators agree with it about every line."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from portal.domain.navi_backup import SHAPES, Entity
from portal.domain.shapes import Unreadable, read
from portal.navi_migration import description
from tests import navi_corpus as corpus


@pytest.mark.parametrize("name", description.DESCRIBED)
def test_the_schemas_are_what_the_tables_say(name: str) -> None:
    Draft202012Validator.check_schema(description.document(name))
    written = (description.FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")
    assert written == description.as_text(name), "python -m portal.navi_migration.description"


def test_the_pages_tables_are_what_the_tables_say() -> None:
    written = description.PAGE.read_text(encoding="utf-8")
    assert written == description.page(written), "python -m portal.navi_migration.description"


@pytest.mark.parametrize("entity", Entity)
def test_a_schema_and_the_reader_agree_when_any_member_is_any_odd_value(entity: Entity) -> None:
    check = Draft202012Validator(description.document(entity.value))
    odd = [None, True, -1, 0, 2**60, "", " ", "x\n", "é" * 300, "2025-07-10", "55", [], {}, [{}], "11222333000181"]
    for row in corpus.ROWS[entity.value]:
        for changed in [row, *({**row, name: value} for name in row for value in odd)]:
            try:
                is_read = bool(read(SHAPES[entity], json.dumps(changed).encode()))
            except Unreadable:
                is_read = False
            without_moments = not {"sold_at", "issued_at", "created_on"} & {n for n in row if row[n] != changed.get(n)}
            if without_moments:  # formats are notes to a validator that is not told to check them
                assert check.is_valid(changed) == is_read, changed
