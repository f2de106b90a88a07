"""The list as a CSV that pt-BR Excel opens: semicolons, UTF-8 with BOM, no live formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from portal.clients.filters import Sort
from portal.clients.rows import ClientRow

BOM = "\ufeff"
RISKY = ("=", "+", "-", "@", "\t", "\r")
LINES_A_CHUNK = 200


def inert(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(RISKY) else cell


def csv_lines(clients: Iterable[Any], today: date) -> Iterator[str]:
    """Yield the export in chunks: the list's seven columns, then its rows."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    buffer.write(BOM)
    writer.writerow([column.label for column in Sort])
    for number, client in enumerate(clients, 1):
        row = ClientRow.build(client, today)
        cells = [str(row.id), row.name, row.document, row.registered, row.product.label, row.due, row.status.label]
        writer.writerow([inert(cell) for cell in cells])
        if number % LINES_A_CHUNK == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
