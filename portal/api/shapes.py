"""What programs may send, as data: read strictly by one reader, and described to their authors from the same tables."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal import clock
from portal.domain.catalogue import Item
from portal.domain.cloud import Health
from portal.domain.ids import LARGEST_ID
from portal.domain.installations import Program, has_leases

MOST_BYTES = 16 * 1024
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Flaw:
    """What is wrong at a place of a body; the place is a JSON pointer."""

    pointer: str
    detail: str


class Unreadable(Exception):  # noqa: N818 - an answer, not a fault
    """A body that is not what its endpoint takes, with everything that is wrong with it."""

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


def text(pattern: str, most: int, least: int = 1) -> Kind:
    """Return the kind of a text that matches a pattern whole."""
    compiled = re.compile(pattern)

    def read(value: Any) -> str:
        is_sound = isinstance(value, str) and least <= len(value) <= most and compiled.fullmatch(value)
        if not is_sound or _CONTROLS.search(value):
            raise ValueError(f"must be a text of {least} to {most} characters that matches {pattern}")
        return str(value)

    return Kind({"type": "string", "minLength": least, "maxLength": most, "pattern": f"^(?:{pattern})$"}, read)


def one_of(values: Mapping[str, Any]) -> Kind:
    """Return the kind of a word from a list; read, it is what the word stands for."""
    names = ", ".join(values)

    def read(value: Any) -> Any:
        if not isinstance(value, str) or value not in values:
            raise ValueError(f"must be one of {names}")
        return values[value]

    return Kind({"type": "string", "enum": list(values)}, read)


def whole(least: int, most: int) -> Kind:
    """Return the kind of a whole number within its limits."""

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return value

    return Kind({"type": "integer", "minimum": least, "maximum": most}, read)


def _moment(value: Any) -> datetime:
    if isinstance(value, str):
        with suppress(ValueError):
            return clock.parse_moment(value)
    raise ValueError("must be a moment with its offset, such as 2025-07-10T12:00:00-03:00")


MOMENT = Kind({"type": "string", "format": "date-time"}, _moment)
LINE = text(r"[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*", 120)
NOTE = text(r"[^\x00-\x1f\x7f]*", 200, 0)

DEVICE = Shape(
    "Device",
    (
        Field("id", text(r"[A-Za-z0-9._:-]+", 64, 8), "The program's own name for the machine; it never changes."),
        Field("name", LINE, "What people call the machine; shown to the partner."),
    ),
)
VERSION = Field("version", text(r"[0-9A-Za-z.+-]+", 20), "The version of the program.")

ACTIVATION = Shape(
    "Activation",
    (
        Field("program", one_of({one.value: one for one in Program}), "What asks to be activated."),
        Field("document", text(r"[0-9A-Za-z./ -]+", 24), "The shop's CNPJ (or CPF), with or without its mask."),
        Field(
            "code",
            text(r"[0-9A-Za-z -]+", 32),
            "The registration code, in groups or not. Navi has none.",
            is_required=False,
        ),
        Field("device", DEVICE, "The machine."),
        VERSION,
        Field(
            "request",
            text(r"[A-Za-z0-9_-]+", 64, 32),
            "A random text of this activation, kept until it is answered: sent again, it is the same activation.",
        ),
    ),
)
COUNTED = {item.value: item for item in Item if has_leases(item)}
PEAK = Shape(
    "Peak",
    (
        Field("item", one_of(COUNTED), "The item."),
        Field("most", whole(0, 999), "The most units that were in use at once since the last check-in."),
    ),
)
CLOUD = Shape(
    "Cloud",
    (
        Field("health", one_of({one.value: one for one in Health}), "Whether the Cloud works."),
        Field("detail", NOTE, "What is wrong, for the partner to read.", is_required=False),
        Field("synced_at", MOMENT, "When the data was last synchronised.", is_required=False),
    ),
)
BACKUP = Shape(
    "Backup",
    (
        Field("id", whole(1, LARGEST_ID), "Which of the backups that the portal asked for."),
        Field("failure", NOTE, "What went wrong; left out where the backup is done.", is_required=False),
        Field("size_bytes", whole(0, 2**53), "How large it is.", is_required=False),
    ),
)
CHECK_IN = Shape(
    "CheckIn",
    (
        Field("device", DEVICE, "The machine."),
        VERSION,
        Field("peaks", Many(PEAK, 8), "The use of the shop's seats.", is_required=False),
        Field("cloud", CLOUD, "The state of the Cloud, where the license has one.", is_required=False),
        Field("backups", Many(BACKUP, 20), "What became of backups that were asked for.", is_required=False),
    ),
)
SEAT = Shape(
    "Seat",
    (
        Field("item", one_of(COUNTED), "What the seat is for; base is a computer beside the main one."),
        Field("device", DEVICE, "The machine that sits on it."),
    ),
)
SHAPES = (ACTIVATION, CHECK_IN, SEAT, DEVICE, PEAK, CLOUD, BACKUP)
"""Every object that is sent."""


def read(shape: Shape, body: bytes) -> dict[str, Any]:
    """Return what a body says, its values read; members that were left out are not there.

    Raises:
        Unreadable: with every flaw at once.
    """
    value: Any = None
    with suppress(ValueError, RecursionError):
        value = json.loads(body)
    flaws = list[Flaw]()
    found = _object(shape, value, "", flaws)
    if flaws:
        raise Unreadable(flaws)
    return found


def _object(shape: Shape, value: Any, pointer: str, flaws: list[Flaw]) -> dict[str, Any]:
    if not isinstance(value, dict):
        flaws.append(Flaw(pointer, "must be a JSON object"))
        return {}
    found = dict[str, Any]()
    for field in shape.fields:
        here = f"{pointer}/{field.name}"
        if field.name in value:
            found[field.name] = _value(field.kind, value[field.name], here, flaws)
        elif field.is_required:
            flaws.append(Flaw(here, "must be there"))
    return found


def _value(kind: Kind | Shape | Many, value: Any, pointer: str, flaws: list[Flaw]) -> Any:
    match kind:
        case Shape():
            return _object(kind, value, pointer, flaws)
        case Many():
            return _list(kind, value, pointer, flaws)
    try:
        return kind.read(value)
    except ValueError as error:
        flaws.append(Flaw(pointer, str(error)))
        return None


def _list(kind: Many, value: Any, pointer: str, flaws: list[Flaw]) -> list[Any]:
    if not isinstance(value, list) or len(value) > kind.most:
        flaws.append(Flaw(pointer, f"must be a list of at most {kind.most}"))
        return []
    return [_object(kind.shape, one, f"{pointer}/{number}", flaws) for number, one in enumerate(value)]
