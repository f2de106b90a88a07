"""What the templates of invoices show, prepared: no rule, no query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal import formatting
from portal.domain.invoices import InvoiceKind, InvoiceState, state_of
from portal.invoices.filters import InvoiceFilter
from portal.invoices.queries import Total
from portal.models import Payment

COLOURS = {InvoiceState.OPEN: "suspended", InvoiceState.PAID: "active", InvoiceState.CANCELLED: "inactive"}
"""The classes of the clients' statuses, whose colours mean the same."""

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
