"""Spreadsheets for tests and drills: sound ones, and those that mean harm."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from openpyxl import Workbook

FIRST_SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def csv_of(*rows: Sequence[str], delimiter: str = ";", encoding: str = "utf-8-sig") -> bytes:
    return "".join(delimiter.join(row) + "\r\n" for row in rows).encode(encoding)


def xlsx_of(*rows: Sequence[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    return saved(book)


def saved(book: Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def edited(content: bytes, edit: Callable[[str, bytes], bytes | None], **more: bytes) -> bytes:
    """Return a workbook with its parts changed, left out (None) or added."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if (part := edit(name, old.read(name))) is not None:
                new.writestr(name, part)
        for name, part in more.items():
            new.writestr(name, part)
    return file.getvalue()


def with_rows(rows: bytes, prolog: bytes = b"", encoding: str = "utf-8") -> bytes:
    """Return a workbook whose first sheet holds exactly these rows of XML."""
    head = b'<?xml version="1.0"?>' + prolog + b'<worksheet xmlns="' + NAMESPACE + b'"><sheetData>'
    part = (head + rows + b"</sheetData></worksheet>").decode().encode(encoding)
    return edited(xlsx_of(["Nome"], ["A"]), lambda name, old: part if name == FIRST_SHEET else old)


def laughs() -> tuple[bytes, bytes]:
    """Return the prolog and the row of a billion laughs."""
    entities = [b'<!ENTITY lol0 "lol">']
    entities += [b'<!ENTITY lol%d "%s">' % (n, b"&lol%d;" % (n - 1) * 10) for n in range(1, 10)]
    return b"<!DOCTYPE worksheet [" + b"".join(entities) + b"]>", b'<row r="1"><c t="str"><v>&lol9;</v></c></row>'


def _laughing(encoding: str = "utf-8") -> bytes:
    prolog, row = laughs()
    return with_rows(row, prolog, encoding)


BOMBS: dict[str, Callable[[], bytes]] = {
    "a million columns": lambda: with_rows(b'<row r="1">' + b"<c><v>1</v></c>" * 1_000_000 + b"</row>"),
    "two million rows": lambda: with_rows(b"<row/>" * 2_000_000),
    "a row number of a billion": lambda: with_rows(b'<row r="1000000000"><c r="A1"><v>1</v></c></row>'),
    "90 MB of blanks": lambda: with_rows(b" " * 90_000_000),
    "nested without end": lambda: with_rows(b"<row>" * 3_000_000),
    "a billion laughs": _laughing,
    "a billion laughs in UTF-16": lambda: _laughing("utf-16"),
    "two million commas": lambda: b"," * 2_000_000,
    "two million lines": lambda: b"\n" * 2_000_000,
    "an open quote": lambda: b'Nome;CNPJ\n"' + b"a;1\n" * 500_000,
}
"""Files that would cost minutes or gigabytes if they were simply read, each below 2 MB."""
