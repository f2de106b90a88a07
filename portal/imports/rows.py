"""What the templates of an import show, prepared: no rule, no query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from portal import formatting
from portal.domain.imports import Column, ImportState, Verdict
from portal.domain.statuses import Status, derive_status
from portal.models import Client, ImportRow, ImportRun

COLOURS = {Verdict.READY: Status.ACTIVE, Verdict.PENDING: Status.PENDING, Verdict.BAD: Status.EXPIRED}
"""Verdicts look like statuses that are as good or bad."""

EXAMPLES = 3


@dataclass(frozen=True)
class Choice:
    """A column to map: what it is called, whether it must be there, and which column of the sheet is chosen."""

    column: Column
    is_required: bool
    place: int | None

    @property
    def name(self) -> str:
        """The field's name."""
        return f"column-{self.column.value}"


@dataclass(frozen=True)
class SheetColumn:
    """A column of the sheet: its letter and title, and what its first rows hold."""

    place: int
    title: str
    examples: str

    @classmethod
    def build_all(cls, titles: Sequence[str], rows: Sequence[ImportRow]) -> list[SheetColumn]:
        """Prepare all columns that have a title or hold something in the first rows."""
        width = max([len(titles), *(len(row.cells) for row in rows)])
        return [cls(place, _title(titles, place), _examples(rows, place)) for place in range(width)]


def _title(titles: Sequence[str], place: int) -> str:
    title = titles[place] if place < len(titles) else ""
    return f"{_letters(place)} · {title}" if title else f"{_letters(place)} (sem título)"


def _examples(rows: Sequence[ImportRow], place: int) -> str:
    cells = [row.cells[place] for row in rows if place < len(row.cells) and row.cells[place]]
    return " · ".join(cell[:40] for cell in cells[:EXAMPLES])


def _letters(place: int) -> str:
    """Return what a spreadsheet calls a column: A to Z, then AA."""
    first, second = divmod(place, 26)
    return (chr(64 + first) if first else "") + chr(65 + second)


@dataclass(frozen=True)
class TriedRow:
    """A row of the file: what it says, what it comes to and why, and the client that it has become."""

    number: int
    name: str
    document: str
    verdict: Verdict | None
    colour: str
    errors: Sequence[str]
    notes: Sequence[str]
    amount: str
    existing_id: int | None
    client_id: int | None
    status: Status | None

    @classmethod
    def build(cls, row: ImportRow, client: Client | None, places: Mapping[Column, int], today: date) -> TriedRow:
        """Prepare a row; an undone client has no status."""
        is_standing = client is not None and client.archived_at is None
        return cls(
            row.number,
            cell(row.cells, places, Column.NAME) or "(sem nome)",
            cell(row.cells, places, Column.DOCUMENT),
            row.verdict,
            COLOURS[row.verdict].value if row.verdict else "",
            row.errors or [],
            row.notes or [],
            formatting.money(row.amount_cents) if row.amount_cents else "",
            row.existing_id,
            row.client_id if is_standing else None,
            derive_status(client, today) if client is not None and is_standing else None,
        )


def cell(cells: Sequence[str], places: Mapping[Column, int], column: Column) -> str:
    """Return what a row says in a column, "" for nothing."""
    place = places.get(column)
    return cells[place] if place is not None and place < len(cells) else ""


@dataclass(frozen=True)
class RunRow:
    """A run in the list of imports."""

    key: str
    title: str
    when: str
    state: str
    id: int

    @classmethod
    def build(cls, run: ImportRun) -> RunRow:
        """Prepare a run."""
        clients = run.ready + run.pending if run.state is not ImportState.UPLOADED else run.lines
        counted = f"{formatting.number(clients)} {'cliente' if clients == 1 else 'clientes'}"
        return cls(
            run.key, f"{run.file_name}: {counted}", f"{formatting.moment(run.created_at)} · {run.user_name}",
            run.state.label, run.id,
        )  # fmt: skip


def in_words(found: ImportRun) -> str:
    """Return what is announced of an import: its result, or why there is none."""
    if found.state is ImportState.FINISHED:
        clients = found.ready + found.pending
        return f"{formatting.number(clients)} {'cliente importado' if clients == 1 else 'clientes importados'}."
    return found.failure
