"""The format of a Navi backup described for the authors of programs, from the tables that the portal itself reads it by.

``python -m portal.navi_migration.description`` writes docs/navi-backup/ and the tables of docs/navi-backup-format.md; a test
holds them together.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from portal.config import ROOT
from portal.domain.navi_backup import FORMAT, MANIFEST_SHAPE, SHAPES, Entity
from portal.domain.shapes import Field, Many, Shape, schema, within

FOLDER = ROOT / "docs" / "navi-backup"
PAGE = ROOT / "docs" / "navi-backup-format.md"
BEGIN, END = "<!-- tables: written by portal.navi_migration.description -->\n", "<!-- end of tables -->\n"

DESCRIBED: dict[str, Shape] = {"manifest": MANIFEST_SHAPE} | {entity.value: SHAPES[entity] for entity in Entity}


def document(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a line of an entity's file, or of the manifest."""
    shape = DESCRIBED[name]
    said = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:portal-do-parceiro:navi-backup:{FORMAT}:{name}",
        "title": shape.name,
    }
    return said | schema(shape)


def as_text(name: str) -> str:
    """Return a schema as its file holds it."""
    return json.dumps(document(name), indent=2, ensure_ascii=False) + "\n"


def tables() -> str:
    """Return the tables of members, the manifest's first, as the page holds them."""
    return "\n".join(_table(name, shape) for name, whole in DESCRIBED.items() for shape in _of(whole))


def _of(whole: Shape) -> Iterator[Shape]:
    yield whole
    yield from (shape for shape in within([whole]) if shape is not whole)


def _table(name: str, shape: Shape) -> str:
    is_whole = shape is DESCRIBED[name]
    file = "manifest.json" if name == "manifest" else f"A line of {name}.jsonl"
    title = f"### {file}" if is_whole else f"#### {shape.name}"
    rows = [f"| `{field.name}` | {_kind(field)} | {_description(field)} |" for field in shape.fields]
    return "\n".join([title, "", "| Member | Is | |", "|---|---|---|", *rows, ""])


def _description(field: Field) -> str:
    return field.description if field.is_required else f"{field.description} May be left out."


def _kind(field: Field) -> str:
    match field.kind:
        case Shape(name=name):
            return f"object {name}"
        case Many(shape=shape, most=most):
            return f"list of {shape.name}, up to {most}"
        case kind:
            return _plain(dict(kind.schema))


def _plain(said: dict[str, Any]) -> str:
    if said["type"] == "integer":
        return f"whole number, {said['minimum']} to {said['maximum']}"
    if "format" in said:
        return {"date": "date", "date-time": "moment"}[said["format"]]
    pattern = said["pattern"].removeprefix("^(?:").removesuffix(")$").replace("|", r"\|")
    return f"text, {said['minLength']} to {said['maxLength']} characters, `{pattern}`"


def page(text: str) -> str:
    """Return the page with its tables as they are now."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{tables()}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    for described in DESCRIBED:
        (FOLDER / f"{described}.schema.json").write_text(as_text(described), encoding="utf-8")
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
