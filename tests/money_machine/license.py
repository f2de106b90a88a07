"""The model of one client: what it holds on every day, until when it is paid, which status that is (DOMAIN §1, §2, §5)."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta

from tests.money_machine import calendar_and_prices as by_hand

FOREVER = date(2999, 12, 31)
ON_OR_OFF = {"cloud", "payment_order", "integrated_payment"}
ITEMS = {"link": tuple(by_hand.LINK), "navi": tuple(by_hand.NAVI)}

Units = dict[str, int]


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """The model says no, in a word."""


@dataclass
class Order:
    """What "Estornar pedido" needs to know of an order: when, what it charged, and the client as it found and left it."""

    number: int
    day: date
    kind: str
    charge: int | None
    found: dict[str, object]
    left: tuple[object, ...]
    is_standing: bool = True


@dataclass
class License:
    """One client. ``steps`` say for each item from which day on how many are held, in order, the first being the start."""

    product: str
    shop: int
    method: str
    due: date
    due_day: int
    steps: dict[str, list[tuple[date, int]]] = field(default_factory=dict)
    is_suspended: bool = False
    is_hidden: bool = False
    is_archived: bool = False
    uses_both: bool = False
    retail_base: int | None = None
    next_method: str | None = None
    released: tuple[date, date] | None = None
    decided: dict[date, str] = field(default_factory=dict)
    ahead: Counter[tuple[str, date]] = field(default_factory=Counter)
    orders: list[Order] = field(default_factory=list)
    peak: Counter[tuple[str, date]] = field(default_factory=Counter)
    spent: Counter[tuple[str, date]] = field(default_factory=Counter)

    @property
    def next_due(self) -> date:
        return by_hand.a_month_on(self.due, self.due_day)

    @property
    def next_first(self) -> date:
        """The first day of the coming cycle."""
        return self.due + timedelta(days=1)

    def status(self, today: date) -> str:
        if by_hand.month_of(self.due) < by_hand.month_of(today):
            return "hidden" if self.is_hidden else "inactive"
        if self.due < today:
            return "expired"
        return "suspended" if self.is_suspended else "active"

    def lives(self, today: date) -> bool:
        """Whether it is Ativo, Suspenso or Expirado: until the month of the due date ends."""
        return not self.is_archived and today <= by_hand.last_of(self.due)

    def can_renew(self, today: date) -> bool:
        return self.lives(today) and today >= self.due - timedelta(days=by_hand.WINDOW)

    def held(self, day: date) -> Units:
        """Return what is held on a day."""
        units = {}
        for item, steps in self.steps.items():
            begun = [quantity for since, quantity in steps if since <= day]
            if begun and begun[-1]:
                units[item] = begun[-1]
        return units

    def pending(self, today: date) -> set[tuple[str, date, int]]:
        """Return the changes that later days bring."""
        return {(item, since, units) for item, steps in self.steps.items() for since, units in steps if since > today}

    def begin(self, units: Units, today: date) -> None:
        """Hold exactly these from today on: a new client, or a reactivation, which is charged whatever was before (R15)."""
        self.spent = Counter(self.peak)
        self.steps = {item: [(today, quantity)] for item, quantity in units.items() if quantity}

    def want(self, units: Units, today: date, billed_to: date) -> Units:
        """Hold a set for good, and return what is added: beyond what the last billed cycle holds (R8, R9, R21).

        An item whose wish is what will be held anyhow stays as it is, its pending change with it; Móvel goes with Cloud.
        """
        billed, final = self.held(billed_to), self.held(FOREVER)
        added = {}
        is_cloud_going = final.get("cloud", 0) > units.get("cloud", 0)
        for item in ITEMS[self.product]:
            wish, has = units.get(item, 0), billed.get(item, 0)
            if wish > has:
                added[item] = wish - has
                self._raise(item, wish, today, billed_to)
            elif wish != final.get(item, 0) or (item == "mobile" and is_cloud_going):
                self._set(item, wish, billed_to + timedelta(days=1))
        return added

    def _raise(self, item: str, units: int, today: date, last: date) -> None:
        """Hold so many at least from today to the end of the billed cycle, and just so many afterwards."""
        steps = self.steps.get(item, [])
        before = [step for step in steps if step[0] < today]
        days = sorted({today} | {since for since, _units in steps if today < since <= last})
        within = [(day, max(self.held(day).get(item, 0), units)) for day in days]
        self._keep(item, [*before, *within, (last + timedelta(days=1), units)])

    def _set(self, item: str, units: int, from_on: date) -> None:
        self._keep(item, [step for step in self.steps.get(item, []) if step[0] < from_on] + [(from_on, units)])

    def _keep(self, item: str, steps: list[tuple[date, int]]) -> None:
        """Keep only the steps that change something."""
        self.steps[item] = [step for n, step in enumerate(steps) if step[1] != (steps[n - 1][1] if n else 0)]

    def renew(self) -> None:
        """Move one cycle on (R2), with whatever waited for it."""
        self.due, self.is_hidden = self.next_due, False
        self.method, self.next_method = self.next_method or self.method, None

    def renewal_units(self) -> Units:
        """Return what a renewal bills: what the coming cycle holds, less what was charged for it already (R8, R21)."""
        coming = self.held(self.next_first)
        return {item: max(units - self.ahead[item, self.next_due], 0) for item, units in coming.items()}

    def renewal_cents(self, today: date) -> int:
        return sum(by_hand.price(self.product, item, today) * units for item, units in self.renewal_units().items())

    def note_peak(self) -> None:
        """Note the most that was held or wanted in this cycle and the coming one: no more may ever be charged for it."""
        for due in (self.due, self.next_due):
            days = {due} | {since for steps in self.steps.values() for since, _units in steps if since <= due}
            first = by_hand.a_month_back(due)
            for item in self.steps:
                most = max(self.held(day).get(item, 0) for day in days if day > first or day == max(days))
                self.peak[item, due] = max(self.peak[item, due], self.spent[item, due] + most)

    def facts(self) -> dict[str, object]:
        """Return what an order may change and undoing it brings back."""
        names = ("due", "due_day", "is_suspended", "is_hidden")
        return {name: getattr(self, name) for name in names} | {"steps": deepcopy(self.steps)}

    def set_of(self, today: date) -> tuple[object, ...]:
        """Return the license as it stands: by it one sees whether anything happened to it since."""
        return self.due, sorted(self.held(today).items()), sorted(self.pending(today))


def ensure_set(product: str, units: Units) -> None:
    """Refuse a set that cannot be held (DOMAIN §4, R10)."""
    most = {item: 1 if item in ON_OR_OFF or product == "navi" else 999 for item in ITEMS[product]}
    in_range = all(0 <= count <= most.get(item, 0) for item, count in units.items()) and units.get("base", 0) >= 1
    if not in_range or (units.get("mobile") and not units.get("cloud")):
        raise Refused("SetRefused")
