"""Rows as a CSV that pt-BR Excel opens: semicolons, UTF-8 with BOM, no live formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

BOM = "\ufeff"
RISKY = ("=", "+", "-", "@", "\t", "\r")
LINES_A_CHUNK = 200


def inert(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(RISKY) else cell


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a sheet in chunks: its head, then its rows, read as they are sent."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    buffer.write(BOM)
    writer.writerow(head)
    for number, cells in enumerate(rows, 1):
        writer.writerow([inert(cell) for cell in cells])
        if number % LINES_A_CHUNK == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
