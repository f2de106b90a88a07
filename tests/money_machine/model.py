"""The model of a partner's money: charges, invoices, what arrives, credit (DOMAIN §5), in plain lists and dictionaries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from tests.money_machine import calendar_and_prices as by_hand
from tests.money_machine.license import FOREVER, License, Order, Refused, Units, ensure_set


@dataclass
class Debt:
    """A charge for an order."""

    client: int
    cents: int
    through: date
    units: Units
    state: str = "open"


@dataclass
class Line:
    """A client's part of a bill: a cycle, or a debt."""

    client: int
    cents: int
    due: date | None = None
    next_due: date | None = None
    debt: int | None = None
    outcome: str | None = None


@dataclass
class Bill:
    """An invoice, or a retail charge (one line, whose ``cost`` is less than what is asked)."""

    lines: list[Line]
    total: int
    made_on: date
    credit: int = 0
    received: int = 0
    state: str = "open"
    kind: str = "renewal"


@dataclass
class Model:
    """One partner. Every method is a step; it raises ``Refused`` where the portal has to refuse."""

    today: date
    due_day: int = 10
    clients: list[License] = field(default_factory=list)
    debts: list[Debt] = field(default_factory=list)
    invoices: list[Bill] = field(default_factory=list)
    retail: list[Bill] = field(default_factory=list)
    ledger: list[tuple[str, int]] = field(default_factory=list)
    arrived: int = 0
    payments: list[tuple[Bill, bool]] = field(default_factory=list)
    orders: int = 0

    @property
    def credit(self) -> int:
        return sum(cents for _kind, cents in self.ledger)

    # Time and the partner

    def wait(self, day: date) -> None:
        self.today = day

    def move_due_day(self, day: int) -> None:
        self.due_day = day

    # The license

    def register(self, product: str, shop: int, method: str, units: Units) -> None:
        twin = [one for one in self.clients if (one.product, one.shop) == (product, shop) and not one.is_archived]
        if twin:
            raise Refused("AlreadyRegistered")
        ensure_set(product, units)
        due = by_hand.first_due(self.today, self.due_day)
        client = License(product, shop, method, due, self.due_day)
        found = client.facts()
        client.begin(units, self.today)
        self.clients.append(client)
        self._order(len(self.clients) - 1, "registration", found, units, due)

    def want(self, client: int, units: Units) -> None:
        one = self._allowed(client, "active", "suspended")
        ensure_set(one.product, units)
        self._want(client, units)

    def take_back(self, client: int, item: str, since: date) -> None:
        one = self._allowed(client, "active", "suspended")
        last = self.billed_to(client)
        if since <= last or not any(change[:2] == (item, since) for change in one.pending(self.today)):
            raise Refused("NotFound")
        wish = one.held(FOREVER) | {item: one.held(last).get(item, 0)}
        ensure_set(one.product, wish)
        self._want(client, wish)

    def _want(self, client: int, units: Units) -> None:
        one, last = self.clients[client], self.billed_to(client)
        found, was = {"steps": one.facts()["steps"]}, one.set_of(self.today)
        is_free = last == one.due and self.today >= one.due - timedelta(days=by_hand.WINDOW)
        added = one.want(units, self.today, last)
        if one.set_of(self.today) != was or added:
            self._order(client, "change", found, {} if is_free else added, last)

    def _order(self, client: int, kind: str, found: dict[str, object], units: Units, through: date) -> None:
        """Charge an order and remember it."""
        one, debt = self.clients[client], None
        cents = [
            by_hand.prorated(by_hand.price(one.product, item, self.today), count, self.today, through)
            for item, count in units.items()
            if count
        ]
        if cents:
            debt = len(self.debts)
            self.debts.append(Debt(client, sum(cents), through, dict(units)))
        if kind == "change" and debt is not None:
            one.ahead.update({(item, through): count for item, count in units.items()})
        one.orders.append(Order(self.orders, self.today, kind, debt, found, one.set_of(self.today)))
        self.orders += 1

    def reverse(self, client: int) -> None:
        """Undo the last order that stands: of today, unpaid, nothing built on it (DOMAIN §5, "Estornar pedido")."""
        one = self.clients[client]
        order = next(order for order in reversed(one.orders) if order.is_standing)
        debt = self.debts[order.charge] if order.charge is not None else None
        if order.day != self.today:
            raise Refused("OrderFixed another_day")
        if debt and debt.state == "paid":
            raise Refused("OrderFixed paid")
        if self._is_asked(client, order.charge):
            raise Refused("OrderFixed invoiced")
        if one.set_of(self.today) != order.left:
            raise Refused("OrderFixed changed")
        order.is_standing = False
        if debt:
            debt.state = "reversed"
            if order.kind == "change":
                one.ahead.subtract({(item, debt.through): count for item, count in debt.units.items()})
        if order.kind == "registration":
            one.is_archived, one.steps = True, {}
            return
        for name, value in order.found.items():
            setattr(one, name, value)

    def _is_asked(self, client: int, debt: int | None) -> bool:
        """Say whether an open bill asks for the order's debt, or was made of a coming cycle that the order changed.

        What was charged for the coming cycle by itself came after that cycle was billed, and is no part of the bill.
        """
        if any(line.debt == debt for bill in self.open_bills() for line in bill.lines if line.debt is not None):
            return True
        is_beside = debt is not None and self.debts[debt].through > self.clients[client].due
        return not is_beside and self.asks(self.open_bills(), client)

    def suspend(self, client: int) -> None:
        self._allowed(client, "active").is_suspended = True

    def resume(self, client: int) -> None:
        self._allowed(client, "suspended").is_suspended = False

    def hide(self, client: int) -> None:
        self._allowed(client, "inactive").is_hidden = True

    def unhide(self, client: int) -> None:
        self._allowed(client, "hidden").is_hidden = False

    def use_both(self, client: int) -> None:
        self.clients[client].uses_both = True

    def reactivate(self, client: int, units: Units) -> None:
        """Begin anew, priced as a new client, with exactly this set (R15)."""
        one = self._allowed(client, "inactive")
        if self.owed(client):
            raise Refused("OpenCharges")
        ensure_set(one.product, units)
        found = one.facts()
        one.due, one.due_day = by_hand.first_due(self.today, self.due_day), self.due_day
        one.is_suspended = one.is_hidden = False
        one.begin(units, self.today)
        self._order(client, "reactivation", found, units, one.due)

    def _allowed(self, client: int, *statuses: str) -> License:
        one = self.clients[client]
        if one.status(self.today) not in statuses:
            raise Refused("ActionRefused")
        return one

    def owed(self, client: int) -> int:
        return sum(debt.cents for debt in self.debts if debt.client == client and debt.state == "open")

    def open_bills(self) -> list[Bill]:
        return [bill for bill in [*self.invoices, *self.retail] if bill.state == "open"]

    def asks(self, bills: list[Bill], client: int) -> bool:
        """Say whether one of some bills is open and asks for the client's coming cycle."""
        due = self.clients[client].due
        lines = [line for bill in bills if bill.state == "open" for line in bill.lines]
        return any((line.client, line.due) == (client, due) for line in lines)

    def billed_to(self, client: int) -> date:
        """Return the end of the last cycle that is paid or billed."""
        one = self.clients[client]
        return one.next_due if self.asks(self.open_bills(), client) else one.due
