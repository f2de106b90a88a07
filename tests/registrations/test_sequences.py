"""Any sequence of changes, take-backs and same-day reversals within a cycle, against a model of three dictionaries."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from math import floor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from portal.domain.catalogue import Item, Product
from portal.domain.errors import OrderFixed, SetRefused
from portal.extensions import db
from portal.licenses import queries
from portal.models import Charge, ChargeLine
from tests.domain.prices import DEMO
from tests.registrations.conftest import Hand

FIRST, LAST_CHARGED = date(2025, 7, 11), date(2025, 7, 30)
DUE, NEXT = date(2025, 8, 10), date(2025, 8, 11)
CYCLE_DAYS = 31

Units = dict[str, int]

sets = st.fixed_dictionaries({"cloud": st.integers(0, 1), "waiter": st.integers(0, 4), "mobile": st.integers(0, 3)})
steps = st.lists(
    st.one_of(
        st.tuples(st.just("want"), sets),
        st.tuples(st.just("take back"), st.integers(0, 2)),
        st.tuples(st.just("reverse"), st.none()),
        st.tuples(st.just("wait"), st.integers(1, 5)),
    ),
    max_size=10,
)


def is_possible(units: Units) -> bool:
    return bool(units["cloud"] or not units["mobile"])


class Model:
    """What must be true: used now, wanted for the next cycle, and what today's orders found."""

    def __init__(self, start: Units) -> None:
        self.now, self.final, self.found = start, start, list[tuple[Units, Units]]()

    def wants(self, wish: Units) -> None:
        if wish != self.final:
            self.found.append((self.now, self.final))
            self.now, self.final = {name: max(self.now[name], wish[name]) for name in wish}, wish

    def reverses(self) -> None:
        self.now, self.final = self.found.pop()


def some(units: Units) -> Units:
    return {name: count for name, count in units.items() if count}


def charged(hand: Hand, start: Units) -> Units:
    """Return how many units of each item stand charged, having checked every charge to the cent."""
    units = dict.fromkeys(start, 0)
    for charge in hand.charges():
        lines = list(db.session.scalars(select(ChargeLine).where(ChargeLine.charge_id == charge.id)))
        for line in lines:
            units[line.item.value] += line.quantity
            assert line.amount_cents == cents(charge, line)
        assert charge.amount_cents == sum(line.amount_cents for line in lines)
    return units


def cents(charge: Charge, line: ChargeLine) -> int:
    """Work a line out again, in fractions: half up."""
    days = (DUE - charge.charged_on).days + 1
    exact = Fraction(DEMO.cents[Product.LINK, line.item] * line.quantity * days, CYCLE_DAYS)
    return floor(exact + Fraction(1, 2))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=sets.filter(is_possible), steps=steps)
def test_no_seat_is_charged_twice_and_no_pending_change_is_lost(hand_on, start, steps) -> None:
    hand, model, today = hand_on(**some(start)), Model(start), FIRST
    for does, what in steps:
        if does == "wait":
            later = min(today + timedelta(days=what), LAST_CHARGED)
            today, model.found = later, model.found if later == today else []
        elif does == "want":
            want(hand, model, today, what)
        elif does == "take back":
            take_back(hand, model, today, what)
        elif model.found:
            hand.reverse(today)
            model.reverses()
        elif hand.last_order():
            with pytest.raises(OrderFixed):
                hand.reverse(today)
        assert hand.holds(today) == some(model.now)
        assert hand.holds(NEXT) == some(model.final)
        assert charged(hand, start) == {name: model.now[name] - start[name] for name in start}
        assert len(hand.unused(Item.MOBILE)) == model.now["mobile"] - start["mobile"]


def want(hand: Hand, model: Model, today: date, wish: Units) -> None:
    if is_possible(wish):
        hand.change(today, **wish)
        model.wants(wish)
        return
    with pytest.raises(SetRefused):
        hand.change(today, **wish)


def take_back(hand: Hand, model: Model, today: date, which: int) -> None:
    pending = queries.holding_of(hand.client.id, today).pending
    if not pending:
        return
    change = pending[which % len(pending)]
    wish = model.final | {change.item.value: model.now[change.item.value]}
    if is_possible(wish):
        hand.take_back(today, change.item, change.effective_on)
        model.wants(wish)
        return
    with pytest.raises(SetRefused):
        hand.take_back(today, change.item, change.effective_on)
