"""Reading Home: its cards and its chart, all from one look at the tallies that the list counts with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from sqlalchemy import func, select

from portal.clients import conditions, tallies
from portal.clients.filters import RENEWAL, ClientFilter
from portal.domain import cycle
from portal.domain.invoices import InvoiceState
from portal.domain.statuses import DueRange, Status
from portal.extensions import db
from portal.invoices.queries import INVOICE, state_clauses
from portal.models import CreditAccount

MONTHS = 6
"""The months that the chart looks at, today's included."""

LEAST_SHOWN = 2
"""This month and the next, in which renewals land: shown even where nobody is due."""

CARDS: Mapping[str, ClientFilter] = MappingProxyType(
    {
        "active": ClientFilter(statuses=frozenset({Status.ACTIVE})),
        "to_renew": ClientFilter(due_within=RENEWAL),
        "expired": ClientFilter(statuses=frozenset({Status.EXPIRED})),
    }
)
"""The cards that count rows of the list, each with the criteria of its list."""

_EXPIRED = CARDS["expired"]
_STILL_DUE = ClientFilter(statuses=frozenset({Status.ACTIVE, Status.SUSPENDED}))


@dataclass(frozen=True)
class Card:
    """A number and the query string of the list behind it."""

    count: int
    query: str


@dataclass(frozen=True)
class Month:
    """How many clients are due in a month: those already Expirado, and those who have time left."""

    first: date
    expired: int
    still_due: int

    @property
    def total(self) -> int:
        """All dues of the month."""
        return self.expired + self.still_due


@dataclass(frozen=True)
class Overview:
    """What Home knows of a partner today."""

    total: int
    with_unused_code: int
    cards: dict[str, Card]
    months: list[Month]

    @property
    def has_dues(self) -> bool:
        """Whether anybody is due in the months of the chart."""
        return any(month.total for month in self.months)

    @property
    def shown(self) -> list[Month]:
        """The months that the chart draws: up to the last one in which anybody is due."""
        last = max((number for number, month in enumerate(self.months, 1) if month.total), default=0)
        return self.months[: max(last, LEAST_SHOWN)]

    @property
    def without_dues(self) -> list[Month]:
        """The months behind those: a sentence says that there is nothing in them."""
        return self.months[len(self.shown) :]


@dataclass(frozen=True)
class Purse:
    """A partner's credit, and its open invoices with what is left to pay of them."""

    credit_cents: int
    invoices: int
    invoices_cents: int


def purse(partner_id: int) -> Purse:
    """Return a partner's credit and open invoices; one query, the index of open invoices holds nothing else."""
    credit = select(CreditAccount.balance_cents).where(CreditAccount.partner_id == partner_id).scalar_subquery()
    left = func.sum(INVOICE.total_cents - INVOICE.received_cents)
    open_ = INVOICE.partner_id == partner_id, *state_clauses(InvoiceState.OPEN)
    row = db.session.execute(select(credit, func.count(), left).where(*open_)).one()
    return Purse(*(int(value or 0) for value in row))


def coming_months(today: date, count: int = MONTHS) -> list[date]:
    """Return the first days of today's month and of those after it."""
    firsts = [cycle.first_of_month(today)]
    while len(firsts) < count:
        firsts.append(cycle.first_of_next_month(firsts[-1]))
    return firsts


def whole_month(first: date) -> DueRange:
    """Return all days of a month, from its first one."""
    return DueRange(first, cycle.last_of_month(first))


def overview(partner_id: int, today: date) -> Overview:
    """Return a partner's numbers; one query, of the tallies."""
    months = coming_months(today)
    counters = tallies.read(partner_id, today, map(whole_month, months))
    cards = {
        name: Card(counters.expected(criteria, conditions.due_range(criteria, today)), criteria.query_string())
        for name, criteria in CARDS.items()
    }
    dues = [_month(counters, first) for first in months]
    return Overview(counters.total, counters.with_unused_code, cards, dues)


def _month(counters: tallies.Counters, first: date) -> Month:
    due = whole_month(first)
    return Month(first, counters.expected(_EXPIRED, due), counters.expected(_STILL_DUE, due))
