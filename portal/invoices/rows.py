"""What the templates of invoices show, prepared: no rule, no query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal import formatting
from portal.domain.catalogue import Item
from portal.domain.charges import ChargeKind, Line
from portal.domain.invoices import InvoiceKind, InvoiceState, LineOutcome, state_of
from portal.invoices.filters import InvoiceFilter
from portal.invoices.queries import Total
from portal.models import Payment

COLOURS = {InvoiceState.OPEN: "suspended", InvoiceState.PAID: "active", InvoiceState.CANCELLED: "inactive"}
"""The classes of the clients' statuses, whose colours mean the same."""

OUTCOME_COLOURS = {LineOutcome.MOVED: "active", LineOutcome.CREDITED: "suspended"}
TAB_LABELS = {InvoiceState.OPEN: "Em aberto", InvoiceState.PAID: "Pagas", InvoiceState.CANCELLED: "Canceladas"}

SHEET_HEAD = (
    "Fatura", "Emitida em", "Origem", "Clientes", "Valor", "Crédito usado", "Total", "Recebido", "Situação", "Paga em",
    "Cancelada em",
)  # fmt: skip


def subject(kind: InvoiceKind, month_on: date | None) -> str:
    """Return what an invoice asks for: Renovação de julho de 2025, or Adicionais."""
    return f"{kind.label} de {formatting.long_month(month_on)}" if month_on else kind.label


def clients_in_words(count: int) -> str:
    """Return 1 cliente, 300 clientes."""
    return f"{formatting.number(count)} {'cliente' if count == 1 else 'clientes'}"


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """An invoice in a list."""

    id: int
    number: int
    issued: str
    subject: str
    clients: str
    credit: str
    total: str
    rest: str
    state: InvoiceState
    colour: str

    @classmethod
    def build(cls, invoice: Any) -> InvoiceRow:
        """Prepare one invoice with the number of its clients."""
        state = state_of(invoice)
        return cls(
            invoice.id,
            invoice.number,
            formatting.day(invoice.issued_on),
            subject(invoice.kind, invoice.month_on),
            clients_in_words(invoice.clients),
            formatting.money(invoice.credit_cents) if invoice.credit_cents else "",
            formatting.money(invoice.total_cents),
            formatting.money(max(invoice.total_cents - invoice.received_cents, 0)),
            state,
            COLOURS[state],
        )


@dataclass(frozen=True, slots=True)
class OpenRow:
    """An open invoice as a client's page mentions it."""

    id: int
    number: int
    subject: str
    rest: str

    @classmethod
    def build(cls, invoice: Any) -> OpenRow:
        """Prepare one open invoice."""
        rest = formatting.money(invoice.total_cents - invoice.received_cents)
        return cls(invoice.id, invoice.number, subject(invoice.kind, invoice.month_on), rest)


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


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """Money that arrived: when, how much, by whose word, what it did."""

    end_to_end_id: str
    paid: str
    received: str
    amount: str
    source: str
    effect: str
    credit: str
    returned: str

    @classmethod
    def build(cls, payment: Payment) -> PaymentRow:
        """Prepare a payment."""
        return cls(
            payment.end_to_end_id,
            formatting.moment(payment.paid_at),
            formatting.moment(payment.received_at),
            formatting.money(payment.amount_cents),
            payment.source.label,
            payment.effect.label,
            formatting.money(payment.credit_cents) if payment.credit_cents else "",
            formatting.moment(payment.returned_at) if payment.returned_at else "",
        )


@dataclass(frozen=True)
class Tab:
    """A state to show alone, or all of them, with what it amounts to."""

    label: str
    amount: str
    query: str
    is_here: bool


def tabs(criteria: InvoiceFilter, totals: Mapping[InvoiceState, Total]) -> list[Tab]:
    """Return the ways to show the invoices by state, each with its sum."""
    every = Tab("Todas", formatting.number(count_of(None, totals)), criteria.from_start(state=None), not criteria.state)
    return [
        every,
        *(
            Tab(
                TAB_LABELS[state],
                formatting.money(totals[state].cents),
                criteria.from_start(state=state),
                criteria.state is state,
            )
            for state in InvoiceState
        ),
    ]


def count_of(state: InvoiceState | None, totals: Mapping[InvoiceState, Total]) -> int:
    """Return how many invoices have a state, or how many there are."""
    return totals[state].count if state else sum(total.count for total in totals.values())


def chips(criteria: InvoiceFilter) -> Iterator[tuple[str, str]]:
    """Yield the filters in use, each with the query string that removes it; the state has its tabs."""
    if criteria.search:
        yield f"“{criteria.search}”", criteria.from_start(search="")
    if criteria.month:
        yield formatting.long_month(criteria.month).capitalize(), criteria.from_start(month=None)


def sheet_cells(invoice: Any) -> list[str]:
    """Return an invoice as a line of the export."""
    cents = invoice.lines_cents, invoice.credit_cents, invoice.total_cents, invoice.received_cents
    return [
        str(invoice.number),
        formatting.day(invoice.issued_on),
        subject(invoice.kind, invoice.month_on),
        str(invoice.clients),
        *map(formatting.decimal, cents),
        state_of(invoice).label,
        _day_of(invoice.settled_at),
        _day_of(invoice.cancelled_at),
    ]


def _day_of(moment: Any) -> str:
    return formatting.day(formatting.local_date(moment)) if moment else ""
