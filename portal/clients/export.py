"""The list as a CSV: its seven columns, its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from portal import sheets
from portal.clients.filters import Sort
from portal.clients.rows import ClientRow


def csv_lines(clients: Iterable[Any], today: date) -> Iterator[str]:
    """Yield the export in chunks."""
    return sheets.csv_lines([column.label for column in Sort], (_cells(client, today) for client in clients))


def _cells(client: Any, today: date) -> list[str]:
    row = ClientRow.build(client, today)
    return [str(row.id), row.name, row.document, row.registered, row.product.label, row.due, row.status.label]
