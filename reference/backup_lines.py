"""A line by itself: JSON that is what its entity's JSON Schema says (docs/navi-backup/)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from reference.backup_format import MOST_LINE_BYTES, BadBackup, Row

SCHEMAS = Path(__file__).parent.parent / "docs" / "navi-backup"

_MOMENT = re.compile(r"[0-9-]{10}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROLS, _CONTROLS_AND_HALVES = r"[\\u0000-\\u001f\\u007f]", r"[\\u0000-\\u001f\\u007f\\ud800-\\udfff]"
"""What no text holds, as the schemas say it, and with the halves of characters that JSON can spell and UTF-8 cannot."""


def _no_json(word: str) -> NoReturn:
    raise ValueError(word)


_JSON = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_json)
_TYPES = {"object": "um objeto", "array": "uma lista", "string": "um texto", "integer": "um número inteiro"}
_FORMATS = {"date": "uma data, como 2025-07-10", "date-time": "data e hora com fuso, como 2025-07-10T12:00:00-03:00"}

_NO_LIBRARY = "Falta a biblioteca que lê backups: execute scripts/ensure-venv dev e tente de novo."
NO_JSON = "não é um objeto JSON"


def parse(name: str, content: bytes, file: str, line: int = 0) -> Row:
    """Return the object that bytes hold, sound by the schema of an entity (or of the manifest).

    Raises:
        BadBackup: line, or manifest.
    """
    reason = "line" if line else "manifest"
    if len(content) > MOST_LINE_BYTES:
        raise BadBackup(reason, f"passa de {MOST_LINE_BYTES // 1024} KB", file, line)
    try:
        row = decoded(content)
    except (ValueError, RecursionError) as error:
        raise BadBackup(reason, NO_JSON, file, line) from error
    if flaw := _checker(name)(row):
        raise BadBackup(reason, flaw[1], file, line, flaw[0])
    return dict(row)


def decoded(content: bytes) -> Any:
    """Return what JSON bytes say, strictly: UTF-8, no NaN, and 1.0 is no whole number.

    Raises:
        ValueError, RecursionError: they say nothing.
    """
    return _JSON.decode(content.decode())


@cache
def _checker(name: str) -> Callable[[Any], tuple[str, str] | None]:
    """Return what says where a value differs from a schema, and how; compiled once.

    Raises:
        BadBackup: no_library, where this environment is the portal's alone.
    """
    try:
        import fastjsonschema  # noqa: PLC0415 - a program that never reads a backup does without
    except ModuleNotFoundError:
        raise BadBackup("no_library", _NO_LIBRARY) from None

    text = (SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")
    schema = json.loads(text.replace(_CONTROLS, _CONTROLS_AND_HALVES))
    check = fastjsonschema.compile(schema, formats={"date": _is_date, "date-time": _is_moment}, use_default=False)

    def find(value: Any) -> tuple[str, str] | None:
        try:
            check(value)
        except fastjsonschema.JsonSchemaValueException as error:
            return _told(error)
        return None

    return find


def _told(error: Any) -> tuple[str, str]:
    """Return a pointer and a sentence for what the library found."""
    pointer = "".join(f"/{step}" for step in error.path[1:])
    rule, definition = error.rule, error.definition
    if rule == "required":
        missing = next(name for name in definition["required"] if name not in error.value)
        return f"{pointer}/{missing}", "falta"
    return pointer, f"deve ser {_must_be(rule, definition)}"


def _must_be(rule: str, definition: Any) -> str:
    match rule:
        case "type":
            return _TYPES[definition["type"]]
        case "minimum" | "maximum":
            return f"um número inteiro de {definition['minimum']} a {definition['maximum']}"
        case "format":
            return _FORMATS[definition["format"]]
        case "maxItems":
            return f"uma lista de até {definition['maxItems']}"
        case _:
            least, most = definition["minLength"], definition["maxLength"]
            return f"um texto de {least} a {most} caracteres, no formato {definition['pattern']}"


def _is_date(text: str) -> bool:
    try:
        return _DATE.fullmatch(text) is not None and date.fromisoformat(text) is not None
    except ValueError:
        return False


def _is_moment(text: str) -> bool:
    if not _MOMENT.fullmatch(text) or not _is_date(text[:10]):
        return False
    try:
        return date.min < datetime.fromisoformat(text).date() < date.max
    except ValueError:
        return False
