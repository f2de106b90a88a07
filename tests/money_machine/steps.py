"""Which step a random walk takes next: more often than not one that the model allows, and that leads somewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.money_machine import calendar_and_prices as by_hand
from tests.money_machine.license import FOREVER, ITEMS, ON_OR_OFF, License, Units
from tests.money_machine.money import Money

SHOPS = 2
SILLY = 0.08
"""How often a step is tried that will be refused, or does nothing."""

Step = tuple[str, dict[str, Any]]
"""A method of the model and of the portal, and its arguments."""


def choose(chance: Random, model: Money) -> Step:
    """Choose the next step, more often than not one that the model allows."""
    makers = list(MAKERS)
    while True:
        [maker] = chance.choices(makers, [MAKERS[each] for each in makers])
        step = next(maker(chance, model), None)
        if step is not None and is_possible(model, step):
            return step


def is_possible(model: Money, step: Step) -> bool:
    name, arguments = step
    if name == "reverse":
        return any(order.is_standing for order in model.clients[arguments["client"]].orders)
    if name in {"pay_again", "bill_again"}:
        return bool(model.arrived if name == "pay_again" else model.invoices)
    return all(client < len(model.clients) for client in arguments.get("clients", []))


Steps = Iterator[Step]


def _wait(chance: Random, model: Money) -> Steps:
    """Go to one of the next days on which something changes by itself, or a few days on; later, where much can be done."""
    today = model.today
    is_busy = any(_has_ahead(one, one.next_due) and one.lives(today) for one in model.clients) or model.open_bills()
    if is_busy and chance.random() < 0.6:
        return
    days = {
        today + timedelta(days=chance.randint(1, 5)),
        by_hand.last_of(today),
        by_hand.last_of(today) + timedelta(days=1),
    }
    for one in model.clients:
        days |= {one.due, one.due + timedelta(days=1), one.due - timedelta(days=by_hand.WINDOW)}
    yield "wait", {"day": chance.choice(sorted(day for day in days if day > today)[:3])}


def _night(_chance: Random, _model: Money) -> Steps:
    yield "night", {}


def _due_day(chance: Random, _model: Money) -> Steps:
    yield "move_due_day", {"day": chance.choice([1, 5, 10, 20, 28])}


def _register(chance: Random, model: Money) -> Steps:
    if len(model.clients) < 2 or (len(model.clients) < 4 and chance.random() < 0.15):
        product = chance.choice(["link", "link", "navi"])
        method = chance.choice(["manual", "manual", "billing"])
        units, shop = _units(chance, product, {}), chance.randrange(SHOPS)
        is_free = all((one.product, one.shop) != (product, shop) or one.is_archived for one in model.clients)
        if is_free or chance.random() < SILLY:
            yield "register", {"product": product, "shop": shop, "method": method, "units": units}


def _units(chance: Random, product: str, held: Units) -> Units:
    """Return a set near to what is held; rarely one that cannot be held."""
    units = {"base": 1} | held
    for item in chance.sample(ITEMS[product], chance.randint(1, 3)):
        most = 1 if item in ON_OR_OFF or product == "navi" else 4
        units[item] = chance.randint(1 if item == "base" else 0, most)
    if units.get("mobile") and chance.random() < 0.9:
        units["cloud"] = 1
    return {item: count for item, count in units.items() if count}


def _some(chance: Random, model: Money) -> Iterator[int]:
    there = [number for number, one in enumerate(model.clients) if not one.is_archived]
    if there:
        yield chance.choice(there)


def _want(chance: Random, model: Money) -> Steps:
    for client in _some(chance, model):
        one = model.clients[client]
        if one.status(model.today) in {"active", "suspended"} or chance.random() < SILLY:
            yield "want", {"client": client, "units": _units(chance, one.product, one.held(FOREVER))}


def _want_ahead(chance: Random, model: Money) -> Steps:
    """Want something else of a client whose coming cycle is billed or paid already (R21)."""
    there = [number for number, one in enumerate(model.clients) if _is_ahead(model, number) and not one.is_archived]
    for client in chance.sample(there, min(len(there), 1)):
        one = model.clients[client]
        yield "want", {"client": client, "units": _units(chance, one.product, one.held(FOREVER))}


def _is_ahead(model: Money, client: int) -> bool:
    one = model.clients[client]
    runs = one.status(model.today) in {"active", "suspended"}
    return runs and (model.asks(model.open_bills(), client) or model.today <= by_hand.a_month_back(one.due))


def _cancel_ahead(chance: Random, model: Money) -> Steps:
    """Cancel what asks for a cycle for which something was charged meanwhile."""
    for number, bill in enumerate(model.invoices):
        ahead = [line for line in bill.lines if line.next_due and _has_ahead(model.clients[line.client], line.next_due)]
        if bill.state == "open" and ahead:
            yield "cancel", {"invoice": number}


def _has_ahead(one: License, due: date) -> bool:
    return any(one.ahead[item, due] > 0 for item in one.steps)


def _take_back(chance: Random, model: Money) -> Steps:
    there = [
        (client, item, since)
        for client, one in enumerate(model.clients)
        for item, since, _units in sorted(one.pending(model.today))
        if not one.is_archived
    ]
    if there:
        client, item, since = chance.choice(there)
        yield "take_back", {"client": client, "item": item, "since": since}


def _reverse(chance: Random, model: Money) -> Steps:
    for client in _some(chance, model):
        standing = [order for order in model.clients[client].orders if order.is_standing]
        if standing and (standing[-1].day == model.today or chance.random() < SILLY):
            yield "reverse", {"client": client}


def _flag(chance: Random, model: Money) -> Steps:
    for client in _some(chance, model):
        status = model.clients[client].status(model.today)
        fitting = {"active": "suspend", "suspended": "resume", "inactive": "hide", "hidden": "unhide"}
        if model.is_guarded(model.clients[client]) and chance.random() < 0.2:
            yield "use_both", {"client": client}
        elif chance.random() < SILLY:
            yield chance.choice([*fitting.values()]), {"client": client}
        elif status in fitting:
            yield fitting[status], {"client": client}


def _decide(chance: Random, model: Money) -> Steps:
    for client in _some(chance, model):
        yield "decide", {"client": client, "decision": chance.choice(["renew", "renew", "skip", "later"])}


def _reactivate(chance: Random, model: Money) -> Steps:
    for client in _some(chance, model):
        one = model.clients[client]
        is_possible = one.status(model.today) == "inactive" and not model.owed(client)
        if is_possible or chance.random() < SILLY:
            yield "reactivate", {"client": client, "units": _units(chance, one.product, {})}


def _credit(chance: Random, model: Money) -> int:
    return chance.choice([0, 0, model.credit, model.credit // 2, model.credit + 1 if chance.random() < 0.2 else 0])


def _bill_month(chance: Random, model: Money) -> Steps:
    dues = [
        one.due
        for number, one in enumerate(model.clients)
        if one.method == "manual" and model.decision(one) == "renew" and model.blocker(number) is None
    ]
    if dues or chance.random() < SILLY:
        month = chance.choice(dues or [model.today]).replace(day=1)
        yield "bill_month", {"month": month, "credit": _credit(chance, model)}


def _bill_client(chance: Random, model: Money) -> Steps:
    for client in _some(chance, model):
        if model.blocker(client, is_own_account=True) is None or chance.random() < SILLY:
            yield "bill_client", {"client": client, "credit": _credit(chance, model)}


def _bill_debts(chance: Random, model: Money) -> Steps:
    asked = {line.debt for bill in model.open_bills() for line in bill.lines}
    owing = sorted(
        {debt.client for number, debt in enumerate(model.debts) if debt.state == "open" and number not in asked}
    )
    if owing or (model.clients and chance.random() < SILLY):
        clients = chance.sample(owing, chance.randint(1, len(owing))) if owing else [0]
        yield "bill_debts", {"clients": clients, "credit": _credit(chance, model)}


def _cancel(chance: Random, model: Money) -> Steps:
    there = [
        number for number, bill in enumerate(model.invoices) if bill.state == "open" or chance.random() < SILLY / 5
    ]
    if there:
        yield "cancel", {"invoice": chance.choice(there)}


def _pay(chance: Random, model: Money) -> Steps:
    """Pay what is open, all, in part or too much; now and then what is closed; now and then the news come late."""
    ways = [("pay", model.invoices, "invoice"), ("pay_retail", model.retail, "charge")]
    for name, bills, word in chance.sample(ways, 2):
        there = [number for number, bill in enumerate(bills) if bill.state == "open" or chance.random() < SILLY / 5]
        if there:
            number = chance.choice(there)
            rest = max(bills[number].total - bills[number].received, 1)
            cents = chance.choice([rest] * 5 + [max(rest // 2, 1), rest + 777])
            late = model.today - timedelta(days=chance.choice([0, 0, 0, 1, 3]))
            yield name, {word: number, "cents": cents, "paid_on": max(late, bills[number].made_on)}


def _give_back(chance: Random, model: Money) -> Steps:
    there = [number for number, (_bill, is_returned) in enumerate(model.payments) if not is_returned]
    if there:
        yield "give_back", {"payment": chance.choice(there), "cents": chance.choice([1, 1000, 4990])}


def _release(chance: Random, model: Money) -> Steps:
    for client in _some(chance, model):
        if model.clients[client].status(model.today) == "expired" or chance.random() < SILLY:
            yield "release", {"client": client}


def _again(chance: Random, _model: Money) -> Steps:
    yield chance.choice(["pay_again", "bill_again"]), {}


def _price(chance: Random, model: Money) -> Steps:
    for client in _some(chance, model):
        if model.clients[client].method == "billing":
            yield "price", {"client": client, "margin": chance.choice([0, 1, 2500, 10560])}


def _issue(chance: Random, model: Money) -> Steps:
    for client in _some(chance, model):
        one = model.clients[client]
        is_possible = not model.standing_retail(client) and model.hindrance(client) is None
        if one.method == "billing" and (is_possible or chance.random() < SILLY):
            yield "issue", {"client": client}


def _cancel_retail(chance: Random, model: Money) -> Steps:
    there = [number for number, bill in enumerate(model.retail) if bill.state == "open" or chance.random() < 0.1]
    if there:
        yield "cancel_retail", {"charge": chance.choice(there)}


MAKERS: dict[Callable[[Random, Money], Steps], int] = {
    _wait: 20, _night: 2, _due_day: 1, _register: 12, _want: 10, _take_back: 4, _reverse: 2, _flag: 2, _decide: 1,
    _want_ahead: 6, _cancel_ahead: 8, _reactivate: 8, _bill_month: 10, _bill_client: 6, _bill_debts: 14, _cancel: 3, _pay: 16, _again: 2, _issue: 10, _price: 2, _give_back: 1, _release: 4,
    _cancel_retail: 1,
}  # fmt: skip
"""How often each kind of step is tried, where it is possible."""
