"""What the staff's pages of payments show, prepared: no rule, no query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal import formatting, tabs
from portal.domain import invoices
from portal.domain.invoices import InvoiceKind, InvoiceState, PaymentEffect, PaymentSource
from portal.payments.filters import PaymentFilter, Tab
from portal.payments.queries import Subject

COLOURS = {
    PaymentEffect.SETTLED: "active",
    PaymentEffect.PARTIAL: "suspended",
    PaymentEffect.CREDITED: "suspended",
    PaymentEffect.UNMATCHED: "expired",
}
"""The classes of the clients' statuses, whose colours mean the same."""


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment in the list; ``returned`` says what was taken back, ``is_asking`` that the bank says so and nobody booked it."""

    id: int
    paid: str
    partner: str
    subject: str
    amount: str
    effect: PaymentEffect
    colour: str
    source: PaymentSource
    end_to_end_id: str
    credit: str
    returned: str
    is_asking: bool

    @classmethod
    def build(cls, row: Any) -> PaymentRow:
        """Prepare one payment."""
        told = row.told_return_cents if row.returned_at is None else row.returned_cents
        return cls(
            row.id,
            formatting.moment(row.paid_at),
            row.partner_name or "—",
            _subject(row),
            formatting.money(row.amount_cents),
            row.effect,
            COLOURS[row.effect],
            row.source,
            row.end_to_end_id,
            formatting.money(row.credit_cents) if row.credit_cents else "",
            formatting.money(told) if told else "",
            row.returned_at is None and told is not None,
        )


def _subject(row: Any) -> str:
    if row.number is not None:
        return f"Fatura {row.number}"
    return f"Cobrança ao cliente final {row.retail_charge_id}" if row.retail_charge_id else "Sem destino"


@dataclass(frozen=True)
class SubjectRow:
    """What money can be for, as it stands: whose it is, what is left to pay."""

    txid: str
    partner: str
    name: str
    kind: str
    state: str
    total: str
    received: str
    rest: str
    rest_cents: int

    @classmethod
    def build(cls, subject: Subject) -> SubjectRow:
        """Prepare one."""
        rest = 0 if subject.is_ended else subject.total_cents - subject.received_cents
        return cls(
            subject.txid,
            subject.partner_name,
            f"Fatura {subject.number}" if subject.number else f"Cobrança ao cliente final {subject.id}",
            subject.kind.label if subject.kind else "Renovação",
            _state(subject).label,
            formatting.money(subject.total_cents),
            formatting.money(subject.received_cents) if subject.received_cents else "",
            formatting.money(rest),
            rest,
        )


def _state(subject: Subject) -> InvoiceState:
    if subject.cancelled_at is not None:
        return InvoiceState.CANCELLED
    return InvoiceState.PAID if subject.paid_at is not None else InvoiceState.OPEN


def outlook(subject: Subject, cents: int) -> str:
    """Return what an amount will do, before it is confirmed."""
    state = _state(subject)
    receipt = invoices.receive(
        state, total_cents=subject.total_cents, received_cents=subject.received_cents, amount_cents=cents
    )
    if receipt.effect is PaymentEffect.CREDITED:
        return f"Já está {state.label.lower()}: {formatting.money(cents)} viram crédito da revenda."
    if receipt.effect is PaymentEffect.PARTIAL:
        rest = formatting.money(subject.total_cents - subject.received_cents - cents)
        return f"Ainda não quita: faltam {rest}, e até lá nada é renovado."
    renews = subject.kind is not InvoiceKind.ADDITIONS
    text = "Quita e renova o que ainda pode ser renovado; o resto vira crédito." if renews else "Quita."
    return f"{text} {formatting.money(receipt.credit_cents)} a mais viram crédito." if receipt.credit_cents else text


def tab_list(criteria: PaymentFilter, waiting: Mapping[Tab, int]) -> list[tabs.Tab]:
    """Return the ways to show the payments, each with how many of them wait for somebody."""
    every = tabs.Tab("Todas", "", criteria.from_start(tab=None), criteria.tab is None)
    return [every, *(_tab(criteria, tab, waiting[tab]) for tab in Tab)]


def _tab(criteria: PaymentFilter, tab: Tab, waiting: int) -> tabs.Tab:
    number = formatting.number(waiting) if waiting else ""
    return tabs.Tab(tab.label, number, criteria.from_start(tab=tab), criteria.tab is tab)


def typed_amount(cents: int) -> str:
    """Return an amount as it is typed."""
    return formatting.decimal(cents)
