"""The lines of an invoice as its pages show them, with their arithmetic: of one that is made, of one to be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal import formatting
from portal.domain.catalogue import Item
from portal.domain.charges import ChargeKind, Line
from portal.domain.invoices import LineOutcome

OUTCOME_COLOURS = {LineOutcome.MOVED: "active", LineOutcome.CREDITED: "suspended"}
"""The classes of the clients' statuses, whose colours mean the same."""


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item of a line with the amount that was frozen, and whether the whole cycle is charged."""

    item: Item
    quantity: int
    unit_cents: int
    days: int
    divisor: int
    amount_cents: int
    is_whole_cycle: bool

    @classmethod
    def build(cls, row: Any) -> ItemRow:
        """Prepare one item."""
        arithmetic = row.item, row.quantity, row.unit_cents, row.days, row.divisor
        return cls(*arithmetic, row.amount_cents, Line(*arithmetic).is_whole_cycle)


def by_line(rows: Iterable[Any]) -> dict[int, list[ItemRow]]:
    """Return the items of each line, in the catalogue's order."""
    found: defaultdict[int, list[ItemRow]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: list(Item).index(row.item)):
        found[row.line_id].append(ItemRow.build(row))
    return found


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line: whose it is, what for, with its arithmetic, and what payment made of it."""

    client_id: int
    name: str
    document: str
    has_page: bool
    subject: str
    items: Sequence[Any]
    amount: str
    outcome: LineOutcome | None
    colour: str
    charge_id: int | None

    @classmethod
    def build(cls, line: Any, items: Mapping[int, list[ItemRow]]) -> LineRow:
        """Prepare a line that is on an invoice."""
        return cls(
            line.client_id,
            line.client_name,
            formatting.document(line.client_document),
            line.archived_at is None,
            charged(line.kind, line.charged_on) if line.charge_id else renewed(line.due_on, line.next_due_on),
            items.get(line.id, ()),
            formatting.money(line.amount_cents),
            line.outcome,
            OUTCOME_COLOURS[line.outcome] if line.outcome else "",
            line.charge_id,
        )


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A line to be: whose it is, what for, with its arithmetic."""

    client_id: int
    name: str
    document: str
    subject: str
    items: Sequence[Any]
    amount: str

    @classmethod
    def build(cls, draft: Any, items: Mapping[int, list[ItemRow]]) -> DraftRow:
        """Prepare a line of an invoice that is not made yet; ``items`` are those of the charges."""
        client, charge = draft.client, draft.charge
        return cls(
            client.id,
            client.name,
            formatting.document(client.document),
            charged(charge.kind, charge.charged_on) if charge else renewed(client.due_on, draft.next_due_on),
            items.get(charge.id, ()) if charge else draft.lines,
            formatting.money(draft.amount_cents),
        )


def renewed(due_on: date | None, next_due_on: date | None) -> str:
    """Return what a renewal moves."""
    return f"Renovação: vencimento de {formatting.day(due_on)} para {formatting.day(next_due_on)}"


def charged(kind: ChargeKind, charged_on: date) -> str:
    """Return what an open charge is."""
    return f"{kind.label} de {formatting.day(charged_on)}"
