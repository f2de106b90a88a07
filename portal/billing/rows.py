"""What the templates of billing show, prepared: no rule, no query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal import formatting, months
from portal.billing.bills import Bill
from portal.billing.filters import BillingFilter, Standing
from portal.billing.forms import PricesForm
from portal.domain import cycle, retail
from portal.domain.catalogue import Item, Product
from portal.domain.invoices import PaymentSource
from portal.domain.retail import Hindrance, RetailQuote, RetailState
from portal.domain.statuses import Status
from portal.models import Payment, RetailCharge, RetailLine
from portal.tabs import Tab

COLOURS = {RetailState.OPEN: "suspended", RetailState.PAID: "active", RetailState.CANCELLED: "inactive"}
"""The classes of the clients' statuses, whose colours mean the same."""

UNISSUED = "Não emitida"
SERIOUS = {Hindrance.OPEN_CHARGES, Hindrance.BELOW_COST, Hindrance.PRICE_MISSING}
"""What waits for the partner."""


@dataclass(frozen=True)
class State:
    """What has become of a cycle's charge: a word, its colour, and what follows."""

    label: str
    colour: str
    note: str = ""


def state_of(bill: Bill, charge: RetailCharge | None) -> State:
    """Put a client's charge, or why there is none, into words."""
    today = bill.offer.today
    if charge is not None:
        return _of_charge(charge, today)
    why = bill.hindrance
    match why:
        case None:
            return State(UNISSUED, "inactive", "sai na próxima madrugada")
        case Hindrance.NOT_YET:
            day = formatting.short_day(retail.issue_from(bill.case.due_on), today)
            return State(UNISSUED, "inactive", f"sai em {day}")
        case Hindrance.OPEN_CHARGES:
            return State(why.label, "expired", formatting.money(bill.case.open_cents))
        case Hindrance.PAUSED:
            return State(why.label, "hidden")
    return State(why.label, "expired") if why in SERIOUS else State(UNISSUED, "inactive", why.label)


def _of_charge(charge: RetailCharge, today: date) -> State:
    state = retail.state_of(charge)
    note = ""
    if state is RetailState.PAID:
        note = f"em {formatting.short_day(formatting.local_date(charge.paid_at), today)}" if charge.paid_at else ""
    elif state is RetailState.OPEN and charge.received_cents:
        note = f"faltam {formatting.money(charge.amount_cents - charge.received_cents)}"
    return State(state.label, COLOURS[state], note)


@dataclass(frozen=True)
class BillRow:
    """A client in the list, with the amounts of its charge or, before that, of what it would be."""

    id: int
    name: str
    document: str
    product: Product
    due: str
    status: Status
    cost: str
    amount: str
    margin: str
    state: State
    charge_id: int | None

    @classmethod
    def build(cls, bill: Bill, charge: RetailCharge | None) -> BillRow:
        """Prepare one client."""
        client = bill.client
        cost, amount, margin = _amounts(charge, bill.quote)
        return cls(
            client.id,
            client.name,
            formatting.document(client.document),
            client.product,
            formatting.day(charge.due_on if charge else client.due_on),
            bill.case.status,
            cost,
            amount,
            margin,
            state_of(bill, charge),
            charge.id if charge else None,
        )


def _amounts(charge: RetailCharge | None, quote: RetailQuote | None) -> tuple[str, str, str]:
    if charge is not None:
        cents = charge.cost_cents, charge.amount_cents, charge.amount_cents - charge.cost_cents
    elif quote is not None:
        cents = quote.cost_cents, quote.total_cents, quote.margin_cents
    else:
        return "—", "—", "—"
    return formatting.money(cents[0]), formatting.money(cents[1]), signed(cents[2])


def signed(cents: int) -> str:
    """Return an amount that may be below nothing."""
    return f"−{formatting.money(-cents)}" if cents < 0 else formatting.money(cents)


def month_choices(today: date, chosen: date | None) -> list[tuple[str, str]]:
    """Return what the filter by month offers: the coming month, whose charges are issued in this one, and the last ones."""
    coming = cycle.first_of_next_month(today)
    _every, *others = months.choices(today, chosen)
    first = [] if coming == chosen else [(months.spell(coming), formatting.long_month(coming))]
    return [("", "Ciclo em curso"), *first, *others]


def tab_list(criteria: BillingFilter) -> list[Tab]:
    """Return the ways to show the clients by what has become of their charge."""
    every = Tab("Todos", "", criteria.from_start(standing=None), criteria.standing is None)
    return [
        every,
        *(Tab(one.label, "", criteria.from_start(standing=one), criteria.standing is one) for one in Standing),
    ]


@dataclass(frozen=True)
class PriceRow:
    """A field of the retail prices."""

    item: Item
    quantity: int
    cost: str
    value: str
    error: str
    kept: str


@dataclass(frozen=True)
class PricesView:
    """What the fields of the retail prices are made of.

    ``kept`` are the prices that somebody else saved meanwhile, shown where they differ from what is typed.
    """

    items: Sequence[Item]
    quantities: Mapping[Item, int]
    cost: Mapping[Item, int]
    form: PricesForm
    errors: Mapping[Item, str]
    kept: Mapping[Item, int] | None = None

    @property
    def rows(self) -> list[PriceRow]:
        """The fields, prepared."""
        return [
            PriceRow(
                item,
                self.quantities.get(item, 0),
                formatting.money(self.cost[item]) if item in self.cost else "",
                self.form.typed[item],
                self.errors.get(item, ""),
                _kept(self.kept, item, self.form),
            )
            for item in self.items
        ]


def _kept(kept: Mapping[Item, int] | None, item: Item, form: PricesForm) -> str:
    if kept is None or kept.get(item) == form.cents[item]:
        return ""
    return formatting.money(kept[item]) if item in kept else "a preço de custo"


@dataclass(frozen=True)
class AmountRow:
    """A line of a charge as the partner sees it."""

    item: Item
    quantity: int
    unit: str
    cost: str
    amount: str
    margin: str
    is_below: bool

    @classmethod
    def build_all(cls, lines: Sequence[Any]) -> list[AmountRow]:
        """Prepare the lines of a quote or of a charge, in the catalogue's order."""
        ordered = sorted(lines, key=lambda line: list(Item).index(line.item))
        return [cls._build(line) for line in ordered]

    @classmethod
    def _build(cls, line: retail.RetailLine | RetailLine) -> AmountRow:
        amount, cost = line.quantity * line.unit_cents, line.quantity * line.cost_cents
        return cls(
            line.item,
            line.quantity,
            formatting.money(line.unit_cents),
            formatting.money(line.cost_cents),
            formatting.money(amount),
            signed(amount - cost),
            amount < cost,
        )


@dataclass(frozen=True)
class PaymentRow:
    """What arrived for a charge, and what it did."""

    at: str
    amount: str
    source: PaymentSource
    effect: str
    credit: str

    @classmethod
    def build(cls, payment: Payment) -> PaymentRow:
        """Prepare a payment."""
        credit = formatting.money(payment.credit_cents) if payment.credit_cents else ""
        amount = formatting.money(payment.amount_cents)
        return cls(formatting.moment(payment.paid_at), amount, payment.source, payment.effect.label, credit)
