"""Billing the end client ("Gestão de cobranças"): the partner's own prices, never below cost, and the margin (DOMAIN §5, R13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from portal.domain import cycle
from portal.domain.catalogue import Item
from portal.domain.charges import Quote
from portal.domain.labels import LabelEnum
from portal.domain.statuses import LIVE_STATUSES, Status

Retail = Mapping[Item, int]
"""What the partner asks its client for one unit and cycle, in cents; an item that is not there is billed at cost."""


class RetailState(LabelEnum):
    """What became of a retail charge."""

    OPEN = "open", "Em aberto"
    PAID = "paid", "Paga"
    CANCELLED = "cancelled", "Cancelada"


class Settling(Protocol):
    """What a retail charge's state follows from."""

    @property
    def paid_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def cancelled_at(self) -> datetime | None: ...  # noqa: D102


def state_of(charge: Settling) -> RetailState:
    """Return what became of a retail charge; one paid after it was cancelled stays cancelled, its money is credit."""
    if charge.cancelled_at is not None:
        return RetailState.CANCELLED
    return RetailState.PAID if charge.paid_at is not None else RetailState.OPEN


@dataclass(frozen=True)
class RetailLine:
    """An item as the end client is billed: ``unit_cents`` a unit, of which ``cost_cents`` is what the partner pays."""

    item: Item
    quantity: int
    unit_cents: int
    cost_cents: int

    @property
    def amount_cents(self) -> int:
        """What the end client pays for it."""
        return self.quantity * self.unit_cents

    @property
    def cost_amount_cents(self) -> int:
        """What the partner pays for it."""
        return self.quantity * self.cost_cents


@dataclass(frozen=True)
class RetailQuote:
    """What a retail charge asks for if it is issued by this cost; the charge is made from it."""

    lines: tuple[RetailLine, ...]
    due_on: date
    price_version: int | None

    @property
    def total_cents(self) -> int:
        """What the end client pays."""
        return sum(line.amount_cents for line in self.lines)

    @property
    def cost_cents(self) -> int:
        """What renewing costs the partner."""
        return sum(line.cost_amount_cents for line in self.lines)

    @property
    def margin_cents(self) -> int:
        """What becomes the partner's credit when it is paid (DOMAIN R13)."""
        return self.total_cents - self.cost_cents

    @property
    def below_cost(self) -> tuple[Item, ...]:
        """The items whose own retail price is below cost: no charge is issued until they are mended."""
        return tuple(line.item for line in self.lines if line.unit_cents < line.cost_cents)


def quote(cost: Quote, retail: Retail) -> RetailQuote:
    """Return what the end client is asked for a renewal that costs the partner ``cost``."""
    lines = tuple(
        RetailLine(line.item, line.quantity, retail.get(line.item, line.unit_cents), line.unit_cents)
        for line in cost.lines
    )
    return RetailQuote(lines, cost.due_on, cost.price_version)


def below_cost(retail: Retail, cost: Mapping[Item, int]) -> tuple[Item, ...]:
    """Return the items that would be sold below what they cost the partner: refused (DOMAIN §5, R13)."""
    return tuple(item for item in Item if item in retail and item in cost and retail[item] < cost[item])


def issue_from(due_on: date) -> date:
    """Return the day from which a charge for the cycle after ``due_on`` is issued: the first of the renewal window."""
    return cycle.renewal_window(due_on)[0]


def has_lapsed(due_on: date, client_due_on: date | None, today: date) -> bool:
    """Say whether an open charge can renew nobody any more: its month is over, and the client still stands where it was.

    A client that was renewed meanwhile ("Renovar por minha conta") still owes it to the partner.
    """
    is_renewed = client_due_on is not None and client_due_on > due_on
    return not is_renewed and today > cycle.last_of_month(due_on)


class Hindrance(LabelEnum):
    """Why the portal issues no charge for a client's coming cycle; the first that holds is told."""

    STATUS = "status", "Só clientes Ativos, Suspensos ou Expirados recebem cobrança"
    ISSUED = "issued", "A cobrança deste vencimento já foi emitida"
    PAUSED = "paused", "Pausada"
    INVOICED = "invoiced", "Está em uma fatura da revenda"
    GUARDED = "guarded", "Já usa o Link"
    SKIPPED = "skipped", "Decidido: não renovar"
    CANCELLED = "cancelled", "Cobrança cancelada"
    PRICE_MISSING = "price_missing", "Falta um preço na tabela"
    BELOW_COST = "below_cost", "Preço abaixo do custo"
    NOTHING = "nothing", "Nada a cobrar"
    OPEN_CHARGES = "open_charges", "Bloqueada: adicional em aberto"
    NOT_YET = "not_yet", "Ainda não é hora"


BY_HAND = frozenset({Hindrance.GUARDED, Hindrance.SKIPPED, Hindrance.CANCELLED})
"""What keeps the daily job from issuing, but not a person who asks for it."""


@dataclass(frozen=True)
class Case:
    """A client and its coming cycle, as the issuing of its charge sees them.

    ``has_charge`` says that one stands for this due date, paid or not; ``was_cancelled`` that there was one.
    ``quote`` is None where the price table lacks a price.
    """

    status: Status
    due_on: date
    quote: RetailQuote | None
    is_paused: bool = False
    has_charge: bool = False
    was_cancelled: bool = False
    is_invoiced: bool = False
    is_guarded: bool = False
    is_skipped: bool = False
    open_cents: int = 0


def hindrance(case: Case, today: date, *, by_hand: bool = False) -> Hindrance | None:
    """Return what keeps a charge from being issued today, or None (DOMAIN §5, "Gestão de cobranças")."""
    quote = case.quote
    reasons = {
        Hindrance.STATUS: case.status not in LIVE_STATUSES,
        Hindrance.ISSUED: case.has_charge,
        Hindrance.PAUSED: case.is_paused,
        Hindrance.INVOICED: case.is_invoiced,
        Hindrance.GUARDED: case.is_guarded,
        Hindrance.SKIPPED: case.is_skipped,
        Hindrance.CANCELLED: case.was_cancelled,
        Hindrance.PRICE_MISSING: quote is None,
        Hindrance.BELOW_COST: quote is not None and bool(quote.below_cost),
        Hindrance.NOTHING: quote is not None and not quote.total_cents,
        Hindrance.OPEN_CHARGES: case.open_cents > 0,
        Hindrance.NOT_YET: today < issue_from(case.due_on),
    }
    passed = BY_HAND if by_hand else frozenset[Hindrance]()
    return next((why for why, holds in reasons.items() if holds and why not in passed), None)


class Reminder(LabelEnum):
    """When an end client is reminded, by hand, with a text ready for WhatsApp."""

    BEFORE_10 = "before_10", "10 dias antes"
    BEFORE_3 = "before_3", "3 dias antes"
    AFTER_1 = "after_1", "1 dia depois"


REMINDER_DAYS: Mapping[Reminder, timedelta] = {
    Reminder.BEFORE_10: timedelta(days=-10),
    Reminder.BEFORE_3: timedelta(days=-3),
    Reminder.AFTER_1: timedelta(days=1),
}
"""On which day, counted from the due date, each reminder is due."""


def reminder_of(due_on: date, today: date) -> Reminder | None:
    """Return the reminder that is due for a due date today, the latest whose day has come; None before the first.

    One that was missed is made up for until the next one's day; the last holds until the month is over, when the client
    becomes Inativo.
    """
    if today > cycle.last_of_month(due_on):
        return None
    begun = [reminder for reminder, days in REMINDER_DAYS.items() if due_on + days <= today]
    return begun[-1] if begun else None
