"""The program that reads a sheet: a process of its own, held by limits, whose death harms nobody (``portal.fence``).

The file comes in on standard input; out goes JSON: {"rows": [[number, cells], ...]}, titles first, or {"fault": why}.
Only what is needed is imported, because each reading waits for it.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any

from portal.domain.imports import (
    KEPT_CELL,
    MOST_BYTES,
    MOST_CELL,
    MOST_COLUMNS,
    MOST_ROWS,
    MOST_SIGNS,
    FileFault,
    FileRefused,
    is_example,
)

MOST_PARTS, MOST_UNPACKED = 200, 64 * 1024 * 1024
"""A sheet of 2 MB unpacks to some twenty megabytes; this is several times as much."""

PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
OLE = b"\xd0\xcf\x11\xe0"
"""How old .xls files begin, and .xlsx files with a password."""

ACTIVE_PARTS = re.compile(
    r"vbaProject|externalLinks?/|activeX|embeddings/|ctrlProps|connections\.xml|macrosheets", re.IGNORECASE
)
ENTITIES = re.compile(rb"<!(DOCTYPE|ENTITY)")
QUOTED = re.compile(r"^'(?=[=+@-])")
"""How our own files keep a cell from being a formula (portal/sheets.py)."""

CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f]")

Cells = list[str]
Row = tuple[int, Cells]
"""A row's number in the sheet, from 1, and its cells without the empty ones at its end."""


def read(content: bytes) -> list[Row]:
    """Return the titles and the rows of a CSV or XLSX file.

    Raises:
        FileRefused: it is neither, or no list of clients of a size that we take.
    """
    if len(content) > MOST_BYTES:
        raise FileRefused(FileFault.TOO_LARGE)
    if content.startswith(OLE):
        raise FileRefused(FileFault.OLD_FORMAT)
    rows = _bounded(_xlsx(content) if content.startswith(b"PK") else _csv(_decoded(content)))
    if len(rows) < 2:  # noqa: PLR2004 - titles and one client
        raise FileRefused(FileFault.EMPTY)
    return rows


def _bounded(rows: Iterable[tuple[int, Iterable[str]]]) -> list[Row]:
    """Return the rows that say something, tidied, while they are no more than we take."""
    kept, signs = list[Row](), 0
    for number, raw in rows:
        cells = _tidy(raw)
        if not cells or is_example(cells):
            continue
        signs += sum(map(len, cells))
        if len(cells) > MOST_COLUMNS:
            raise FileRefused(FileFault.TOO_MANY_COLUMNS)
        if signs > MOST_SIGNS:
            raise FileRefused(FileFault.TOO_MUCH_TEXT)
        if len(kept) > MOST_ROWS:
            raise FileRefused(FileFault.TOO_MANY_ROWS)
        kept.append((number, cells))
    return kept


def _tidy(raw: Iterable[str]) -> Cells:
    cells = list[str]()
    for text in raw:
        if len(text) > MOST_CELL:
            raise FileRefused(FileFault.CELL_TOO_LONG)
        cells.append(QUOTED.sub("", " ".join(text.split()))[:KEPT_CELL])
    while cells and not cells[-1]:
        cells.pop()
    return cells


# CSV


def _decoded(content: bytes) -> str:
    """Return a file's text: what Excel calls Unicode, UTF-8, or else the code page of Brazilian Windows."""
    guesses = ("utf-16",) if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("utf-8-sig", "cp1252")
    for encoding in guesses:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not CONTROLS.search(text):
            return text
    raise FileRefused(FileFault.NOT_A_SHEET)


def _csv(text: str) -> Iterator[tuple[int, Cells]]:
    first = text[:MOST_CELL].split("\n", 1)[0]
    told = re.fullmatch(r"\"?sep=(.)\"?\r?", first, re.IGNORECASE)
    delimiter = told[1] if told else max(";,\t", key=first.count)
    csv.field_size_limit(MOST_CELL)
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1):
            if not (told and number == 1):
                yield number, cells
    except csv.Error as error:
        is_long = "field larger" in str(error)
        raise FileRefused(FileFault.CELL_TOO_LONG if is_long else FileFault.DAMAGED) from None


# XLSX


def _xlsx(content: bytes) -> Iterator[tuple[int, Iterable[str]]]:
    _ensure_harmless(content)
    from openpyxl import load_workbook  # noqa: PLC0415 - a third of a second, for XLSX only

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = next(sheet for sheet in book.worksheets if sheet.sheet_state == "visible")
        sheet.reset_dimensions()  # the size that a file claims is its author's to choose
        for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True), 1):
            if row.count(None) < len(row):  # the rows between are made up, perhaps a million of them
                yield number, map(_text, row)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - whatever a stranger's file makes of the library
        raise FileRefused(FileFault.DAMAGED) from None


def _ensure_harmless(content: bytes) -> None:
    """Refuse an archive that is no workbook, unpacks to more than a sheet, or brings more than cells along."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if "xl/workbook.xml" not in archive.namelist():
                raise FileRefused(FileFault.NOT_A_SHEET)
            # zipfile yields no more of a part than its entry says, so that the sum of the entries is the truth.
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise FileRefused(FileFault.BOMB)
            if any(ACTIVE_PARTS.search(part.filename) for part in parts):
                raise FileRefused(FileFault.ACTIVE)
            if any(part.compress_type not in PACKED or part.flag_bits & 1 for part in parts):
                raise FileRefused(FileFault.DAMAGED)
            if any(_has_entities(archive, part) for part in parts):
                raise FileRefused(FileFault.BOMB)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError):
        raise FileRefused(FileFault.DAMAGED) from None


def _has_entities(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Say whether a part declares entities, which no spreadsheet program writes: they may stand for gigabytes."""
    with archive.open(part) as stream:
        return ENTITIES.search(stream.read(4096)) is not None


def _text(value: Any) -> str:
    """Return a cell as people would type it."""
    match value:
        case None:
            return ""
        case bool():
            return "sim" if value else "não"
        case float() if value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004 - what a float holds exactly
            return str(int(value))
        case float():
            return f"{value:.10g}".replace(".", ",")
        case datetime() if value.time() != time():
            return f"{value:%d/%m/%Y %H:%M:%S}"
        case date():
            return f"{value:%d/%m/%Y}"
    return str(value)


def main() -> None:
    """Read standard input and tell what was found."""
    try:
        said: dict[str, Any] = {"rows": read(sys.stdin.buffer.read(MOST_BYTES + 1))}
    except FileRefused as refusal:
        said = {"fault": refusal.fault.value}
    except MemoryError:
        said = {"fault": FileFault.TOO_HEAVY.value}
    json.dump(said, sys.stdout, ensure_ascii=True)


if __name__ == "__main__":
    main()
