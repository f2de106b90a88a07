"""The text inside a payment's QR code, as EMV's standard for codes that a merchant shows has it.

Fields of two digits of tag, two of length, and value; some values are fields again; the last field checks all the others.
"""

from __future__ import annotations

import re
from binascii import crc_hqx
from collections.abc import Mapping

FORMAT, CHECK = "00", "63"
"""The tags of the first field and of the last."""

LONGEST_VALUE = 99
LONGEST_TEXT = 512

_HEAD = re.compile(r"([0-9]{2})([0-9]{2})")


class Malformed(ValueError):  # noqa: N818 - it says what the text is
    """A text is not what it should be: which part of it, and why. It does not repeat the text, which is anybody's."""

    def __init__(self, part: str, reason: str) -> None:
        """Remember the part and the reason."""
        super().__init__(f"{part}: {reason}")
        self.part, self.reason = part, reason


def write(fields: Mapping[str, str]) -> str:
    """Return fields, by their tags, as one text.

    Raises:
        Malformed: a value that has no place in a field.
    """
    for tag, value in fields.items():
        if not 1 <= len(value) <= LONGEST_VALUE or not _is_plain(value):
            raise Malformed(tag, f"must have 1 to {LONGEST_VALUE} printable ASCII characters")
    return "".join(f"{tag}{len(value):02}{value}" for tag, value in fields.items())


def read(text: str) -> dict[str, str]:
    """Return the fields of a text by their tags, in their order.

    Raises:
        Malformed: not a row of fields, or a tag that comes twice.
    """
    if not _is_plain(text):
        raise Malformed("text", "must be printable ASCII")
    fields: dict[str, str] = {}
    start = 0
    while start < len(text):
        tag, value = _field_at(text, start)
        if tag in fields:
            raise Malformed(tag, "comes twice")
        fields[tag] = value
        start += 4 + len(value)
    return fields


def _field_at(text: str, start: int) -> tuple[str, str]:
    head = _HEAD.match(text, start)
    if head is None:
        raise Malformed("text", f"must have a tag and a length at position {start}")
    tag, length = head[1], int(head[2])
    value = text[head.end() : head.end() + length]
    if not value or len(value) < length:
        raise Malformed(tag, "must be as long as its length says, and not empty")
    return tag, value


def seal(fields: Mapping[str, str]) -> str:
    """Return the whole text of a code: its fields, then their check."""
    body = f"{write(fields)}{CHECK}04"
    return body + checksum(body)


def unseal(text: str) -> dict[str, str]:
    """Return the fields of a whole code, without the check.

    Raises:
        Malformed: not a code, or one that lost or changed a character on its way.
    """
    if len(text) > LONGEST_TEXT:
        raise Malformed("text", f"must have at most {LONGEST_TEXT} characters")
    fields = read(text)
    if next(iter(fields.items()), None) != (FORMAT, "01"):
        raise Malformed(FORMAT, "must come first and say 01")
    tag, check = fields.popitem()
    if tag != CHECK or check != checksum(text[: -len(check)]):
        raise Malformed(CHECK, "must come last and agree with what stands before it")
    return fields


def checksum(text: str) -> str:
    """Return the CRC-16 (polynomial 1021, from FFFF) of an ASCII text as four digits."""
    return f"{crc_hqx(text.encode('ascii'), 0xFFFF):04X}"


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()
