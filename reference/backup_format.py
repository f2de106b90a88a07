"""What a backup is made of, its limits, and how it is refused (docs/navi-backup-format.md)."""

from __future__ import annotations

from typing import Any, NamedTuple

FORMAT = 1
MANIFEST = "manifest.json"
ENTITIES = ("customers", "products", "stock", "sales", "credits", "fiscal_notes")
"""In the order in which their lines refer back to each other."""

MIGRATED = ENTITIES[:-1]
"""What Link takes over."""

MOST_BYTES = 50 * 1024 * 1024
"""Of the ZIP, where it goes through the portal."""

MOST_MANIFEST_BYTES = 64 * 1024
MOST_FILE_BYTES = 1024 * 1024 * 1024
MOST_LINE_BYTES = 256 * 1024
MOST_RATIO, FREE_BYTES = 100, 1024 * 1024
"""A file may be unpacked to so many times its packed length, and so many bytes more."""

Row = dict[str, Any]


class Line(NamedTuple):
    """A line of a backup."""

    entity: str
    number: int
    row: Row


class BadBackup(Exception):  # noqa: N818 - an answer, not a fault
    """Why a backup is refused: a reason to act on, and a sentence for the screen that tells the place, where there is one."""

    def __init__(self, reason: str, detail: str, file: str = "", line: int = 0, pointer: str = "") -> None:
        """Remember all of it; ``line`` counts from 1, the pointer is a JSON pointer into the line."""
        place = ", ".join(part for part in (file, f"linha {line}" if line else "", pointer) if part)
        super().__init__(f"{place}: {detail}" if place else detail)
        self.reason, self.detail = reason, detail
        self.file, self.line, self.pointer = file, line, pointer


def file_of(entity: str) -> str:
    """Return the name of an entity's file."""
    return f"{entity}.jsonl"


NAMES = (MANIFEST, *map(file_of, ENTITIES))
"""Every file of a backup: all of them, and no others."""
