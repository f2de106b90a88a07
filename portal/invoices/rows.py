"""What the templates of invoices show, prepared: no rule, no query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from portal import formatting
from portal.domain.invoices import InvoiceKind, InvoiceState, state_of
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
        formatting.day_of(invoice.settled_at),
        formatting.day_of(invoice.cancelled_at),
    ]
