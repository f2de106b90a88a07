"""What may stand in a JSON document of another program, as data: read strictly by one reader, described by the same tables."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal.domain.labels import LabelEnum

_CONTROLS = r"[\u0000-\u001f\u007f]"
_NO_TEXT = re.compile(rf"{_CONTROLS}|[\ud800-\udfff]")
"""Control characters, and halves of characters, which no database takes."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(rf"{_DATE.pattern}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(\.[0-9]+)?(Z|[+-][0-9]{{2}}:[0-9]{{2}})")
"""RFC 3339: of all that ISO 8601 allows what every program reads."""


class Must(LabelEnum):
    """What is said of a value that is not what it must be."""

    BE_THERE = "be_there", "falta"
    BE_OBJECT = "be_object", "deve ser um objeto JSON"
    BE_LIST = "be_list", "deve ser uma lista de até {most}"
    BE_TEXT = "be_text", "deve ser um texto de {least} a {most} caracteres, no formato {pattern}"
    BE_ONE_OF = "be_one_of", "deve ser um destes: {names}"
    BE_WHOLE = "be_whole", "deve ser um número inteiro de {least} a {most}"
    BE_MOMENT = "be_moment", "deve ser data e hora com fuso, como 2025-07-10T12:00:00-03:00"
    BE_DATE = "be_date", "deve ser uma data, como 2025-07-10"
    BE_TRUTH = "be_truth", "deve ser true ou false"


@dataclass(frozen=True)
class Flaw:
    """What is wrong at a place of a document; the place is a JSON pointer (RFC 6901), the detail pt-BR."""

    pointer: str
    detail: str


class Unreadable(Exception):  # noqa: N818 - an answer, not a fault
    """A document that is not what it should be, with everything that is wrong with it."""

    def __init__(self, flaws: list[Flaw]) -> None:
        """Remember the flaws."""
        super().__init__(flaws)
        self.flaws = flaws


@dataclass(frozen=True)
class Kind:
    """A kind of value: its JSON schema, and the reader that returns the value or raises ValueError with what it must be."""

    schema: Mapping[str, Any]
    read: Callable[[Any], Any]


@dataclass(frozen=True)
class Field:
    """A member of an object."""

    name: str
    kind: Kind | Shape | Many
    description: str
    is_required: bool = True


@dataclass(frozen=True)
class Shape:
    """An object; members that it does not know are passed over, so that newer programs may speak to an older portal."""

    name: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Many:
    """A list of objects of one shape."""

    shape: Shape
    most: int


# kinds


def text(pattern: str, most: int, least: int = 1) -> Kind:
    """Return the kind of a text without control characters that matches a pattern whole."""
    compiled = re.compile(pattern)
    said = Must.BE_TEXT.label.format(least=least, most=most, pattern=pattern)

    def read(value: Any) -> str:
        is_sound = isinstance(value, str) and least <= len(value) <= most and compiled.fullmatch(value)
        if not is_sound or _NO_TEXT.search(value):
            raise ValueError(said)
        return str(value)

    told = {"minLength": least, "maxLength": most, "pattern": f"^(?:{pattern})$", "not": {"pattern": _CONTROLS}}
    return Kind({"type": "string"} | told, read)


def one_of(values: Mapping[str, Any]) -> Kind:
    """Return the kind of a word from a list; read, it is what the word stands for."""
    said = Must.BE_ONE_OF.label.format(names=", ".join(values))

    def read(value: Any) -> Any:
        if not isinstance(value, str) or value not in values:
            raise ValueError(said)
        return values[value]

    return Kind({"type": "string", "enum": list(values)}, read)


def whole(least: int, most: int) -> Kind:
    """Return the kind of a whole number within its limits."""
    said = Must.BE_WHOLE.label.format(least=least, most=most)

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(said)
        return value

    return Kind({"type": "integer", "minimum": least, "maximum": most}, read)


def _moment(value: Any) -> datetime:
    with suppress(ValueError):
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            moment = datetime.fromisoformat(value)
            if date.min < moment.date() < date.max:
                return moment
    raise ValueError(Must.BE_MOMENT.label)


def _date(value: Any) -> date:
    with suppress(ValueError):
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value)
    raise ValueError(Must.BE_DATE.label)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(Must.BE_TRUTH.label)
    return value


MOMENT = Kind({"type": "string", "format": "date-time"}, _moment)
DATE = Kind({"type": "string", "format": "date"}, _date)
TRUTH = Kind({"type": "boolean"}, _truth)


# reading


def read(shape: Shape, document: bytes) -> dict[str, Any]:
    """Return what a JSON document says, its values read; members that were left out are not there.

    Raises:
        Unreadable: with every flaw at once.
    """
    value: Any = None
    with suppress(ValueError, RecursionError):
        value = json.loads(document.decode(), parse_constant=_no_json)
    flaws = list[Flaw]()
    found = _object(shape, value, "", flaws)
    if flaws:
        raise Unreadable(flaws)
    return found


def _no_json(word: str) -> None:
    """Refuse NaN and Infinity, which Python reads and JSON has not."""
    raise ValueError(word)


def _object(shape: Shape, value: Any, pointer: str, flaws: list[Flaw]) -> dict[str, Any]:
    if not isinstance(value, dict):
        flaws.append(Flaw(pointer, Must.BE_OBJECT.label))
        return {}
    found = dict[str, Any]()
    for field in shape.fields:
        if field.name in value:
            found[field.name] = _value(field.kind, value[field.name], f"{pointer}/{field.name}", flaws)
        elif field.is_required:
            flaws.append(Flaw(f"{pointer}/{field.name}", Must.BE_THERE.label))
    return found


def _value(kind: Kind | Shape | Many, value: Any, pointer: str, flaws: list[Flaw]) -> Any:
    if isinstance(kind, Shape):
        return _object(kind, value, pointer, flaws)
    if isinstance(kind, Many):
        return _list(kind, value, pointer, flaws)
    try:
        return kind.read(value)
    except ValueError as error:
        flaws.append(Flaw(pointer, str(error)))
        return None


def _list(kind: Many, value: Any, pointer: str, flaws: list[Flaw]) -> list[Any]:
    if not isinstance(value, list) or len(value) > kind.most:
        flaws.append(Flaw(pointer, Must.BE_LIST.label.format(most=kind.most)))
        return []
    return [_object(kind.shape, one, f"{pointer}/{number}", flaws) for number, one in enumerate(value)]


# describing


def schema(shape: Shape, refer: Callable[[Shape], Mapping[str, Any]] | None = None) -> dict[str, Any]:
    """Return the JSON schema of an object; ``refer`` says how others are referred to, by default they stand inside."""
    refer = refer or schema
    return {
        "type": "object",
        "properties": {field.name: _schema(field, refer) for field in shape.fields},
        "required": [field.name for field in shape.fields if field.is_required],
    }


def _schema(field: Field, refer: Callable[[Shape], Mapping[str, Any]]) -> dict[str, Any]:
    match field.kind:
        case Kind(schema=its_own):
            found = dict(its_own)
        case Many(shape=shape, most=most):
            found = {"type": "array", "maxItems": most, "items": dict(refer(shape))}
        case shape:
            found = dict(refer(shape))
    return found | {"description": field.description}


def within(shapes: Iterable[Shape]) -> list[Shape]:
    """Return shapes and all that stand inside them, each once."""
    found = list[Shape]()
    for shape in shapes:
        inner = [one.kind.shape if isinstance(one.kind, Many) else one.kind for one in shape.fields]
        for one in [shape, *within(kind for kind in inner if isinstance(kind, Shape))]:
            if one not in found:
                found.append(one)
    return found
