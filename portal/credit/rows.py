"""What the templates of credit show, prepared: no rule, no query."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from portal import formatting
from portal.credit.filters import CreditFilter, Way
from portal.credit.queries import Totals
from portal.domain.invoices import CreditKind, InvoiceState, state_of
from portal.tabs import Tab

USES = {
    InvoiceState.OPEN: "Reservado",
    InvoiceState.PAID: "Resgatado",
    InvoiceState.CANCELLED: "Reservado e devolvido",
}
"""What became of credit that an invoice uses."""

SHEET_HEAD = (
    "Movimento", "Data", "Origem", "Fatura", "ID do cliente", "Cliente", "Pagamento", "Entrada", "Saída", "Saldo",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A line of the ledger with what it comes from; ids are none where there is nothing to lead to."""

    id: int
    booked: str
    text: str
    invoice_id: int | None
    number: int | None
    client_id: int | None
    client_name: str | None
    has_page: bool
    due: str
    payment: str
    amount: str
    balance: str

    @classmethod
    def build(cls, entry: Any) -> EntryRow:
        """Prepare one entry with its origin."""
        sign = "+" if entry.amount_cents > 0 else "−"
        return cls(
            id=entry.id,
            booked=formatting.day(entry.booked_on),
            text=text_of(entry),
            invoice_id=entry.invoice_id,
            number=entry.number,
            client_id=entry.client_id,
            client_name=entry.name,
            has_page=entry.archived_at is None,
            due=formatting.day(entry.due_on) if entry.due_on else "",
            payment=entry.end_to_end_id or "",
            amount=f"{sign}\xa0{formatting.money(abs(entry.amount_cents))}",
            balance=formatting.money(entry.balance_cents),
        )


def text_of(entry: Any) -> str:
    """Return what an entry is: of credit that an invoice uses, what became of it."""
    if entry.kind is CreditKind.REDEMPTION and entry.invoice_id is not None:
        return USES[state_of(entry)]
    return str(entry.kind.label)


def tabs(criteria: CreditFilter, totals: Totals) -> list[Tab]:
    """Return the ways to show the ledger: all of it, what came, what went."""
    amounts = {None: "", Way.IN: formatting.money(totals.in_cents), Way.OUT: formatting.money(totals.out_cents)}
    labels = {None: "Tudo", Way.IN: "Entradas", Way.OUT: "Saídas"}
    return [Tab(labels[way], amounts[way], criteria.from_start(way=way), criteria.way is way) for way in labels]


def chips(criteria: CreditFilter) -> Iterator[tuple[str, str]]:
    """Yield the filters in use, each with the query string that removes it; the way has its tabs."""
    if criteria.month:
        yield formatting.long_month(criteria.month).capitalize(), criteria.from_start(month=None)


def sheet_cells(entry: Any) -> list[str]:
    """Return an entry as a line of the export."""
    amount = formatting.decimal(abs(entry.amount_cents))
    return [
        str(entry.id),
        formatting.day(entry.booked_on),
        text_of(entry),
        str(entry.number or ""),
        str(entry.client_id or ""),
        entry.name or "",
        entry.end_to_end_id or "",
        amount if entry.amount_cents > 0 else "",
        amount if entry.amount_cents < 0 else "",
        formatting.decimal(entry.balance_cents),
    ]
