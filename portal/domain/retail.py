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
