"""Billing end clients: DOMAIN §5, "Gestão de cobranças", R13."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from portal.domain import renewals, retail
from portal.domain.catalogue import Item, Product
from portal.domain.licenses import Holding
from portal.domain.retail import Case, Hindrance, Reminder, RetailState
from portal.domain.statuses import LIVE_STATUSES, Status
from tests.domain.prices import DEMO

HELD = Holding({Item.BASE: 1, Item.CLOUD: 1, Item.WAITER: 3, Item.MOBILE: 1})
COST = renewals.quote(Product.LINK, HELD, due_on=date(2025, 8, 10), due_day=10, prices=DEMO)
THEN = datetime(2025, 8, 1, tzinfo=UTC)


def test_the_margin_of_r13() -> None:
    quote = retail.quote(COST, {Item.BASE: 14990, Item.CLOUD: 4990, Item.WAITER: 2990, Item.MOBILE: 3050})
    assert (quote.total_cents, quote.cost_cents, quote.margin_cents) == (32000, 21440, 10560)
    assert (quote.due_on, quote.price_version, quote.below_cost) == (date(2025, 9, 10), 1, ())


def test_an_item_without_a_price_of_its_own_is_billed_at_cost() -> None:
    quote = retail.quote(COST, {Item.BASE: 14990})
    assert quote.margin_cents == 5000
    assert [line.cost_amount_cents for line in quote.lines] == [line.amount_cents for line in COST.lines]


def test_a_price_below_cost_is_named() -> None:
    assert retail.quote(COST, {Item.WAITER: 1989}).below_cost == (Item.WAITER,)
    cost = {Item.BASE: 9990, Item.WAITER: 1990}
    assert retail.below_cost({Item.WAITER: 1989, Item.BASE: 9990, Item.TEF: 1}, cost) == (Item.WAITER,)


def test_a_charge_is_issued_ten_days_before_due() -> None:
    assert retail.issue_from(date(2025, 8, 10)) == date(2025, 7, 31)


@pytest.mark.parametrize(
    ("paid_at", "cancelled_at", "state"),
    [
        (None, None, RetailState.OPEN),
        (THEN, None, RetailState.PAID),
        (None, THEN, RetailState.CANCELLED),
        (THEN, THEN, RetailState.CANCELLED),
    ],
)
def test_the_state_follows_from_what_ended_it(paid_at, cancelled_at, state) -> None:
    assert retail.state_of(SimpleNamespace(paid_at=paid_at, cancelled_at=cancelled_at)) is state


DUE = date(2025, 8, 10)
FREE = Case(Status.ACTIVE, DUE, retail.quote(COST, {}))
INSIDE = date(2025, 7, 31)
HELD_BACK = {
    Hindrance.STATUS: {"status": Status.INACTIVE},
    Hindrance.ISSUED: {"has_charge": True},
    Hindrance.PAUSED: {"is_paused": True},
    Hindrance.INVOICED: {"is_invoiced": True},
    Hindrance.GUARDED: {"is_guarded": True},
    Hindrance.SKIPPED: {"is_skipped": True},
    Hindrance.CANCELLED: {"was_cancelled": True},
    Hindrance.PRICE_MISSING: {"quote": None},
    Hindrance.BELOW_COST: {"quote": retail.quote(COST, {Item.CLOUD: 1})},
    Hindrance.NOTHING: {"quote": retail.quote(replace(COST, lines=()), {})},
    Hindrance.OPEN_CHARGES: {"open_cents": 3338},
    Hindrance.NOT_YET: {"due_on": date(2025, 8, 11)},
}


@pytest.mark.parametrize("why", list(Hindrance))
def test_each_hindrance_alone_holds_a_charge_back(why) -> None:
    case = replace(FREE, **HELD_BACK[why])
    assert retail.hindrance(case, INSIDE) is why
    assert retail.hindrance(case, INSIDE, by_hand=True) is (None if why in retail.BY_HAND else why)


def test_nothing_holds_a_charge_back_from_ten_days_before_due_on_whatever_the_live_status() -> None:
    for status in Status:
        expected = None if status in LIVE_STATUSES else Hindrance.STATUS
        assert retail.hindrance(replace(FREE, status=status), INSIDE) is expected
    assert retail.hindrance(FREE, INSIDE - timedelta(days=1)) is Hindrance.NOT_YET


@pytest.mark.parametrize(
    ("client_due_on", "today", "lapsed"),
    [
        (DUE, date(2025, 8, 31), False),
        (DUE, date(2025, 9, 1), True),
        (date(2025, 9, 10), date(2025, 9, 1), False),
        (None, date(2025, 9, 1), True),
    ],
)
def test_a_charge_lapses_with_its_month_unless_the_client_was_renewed(client_due_on, today, lapsed) -> None:
    assert retail.has_lapsed(DUE, client_due_on, today) is lapsed


def test_reminders_by_day() -> None:
    days = {offset: retail.reminder_of(DUE, DUE + timedelta(days=offset)) for offset in range(-12, 23)}
    assert [offset for offset, found in days.items() if found is Reminder.BEFORE_10] == list(range(-10, -3))
    assert [offset for offset, found in days.items() if found is Reminder.BEFORE_3] == list(range(-3, 1))
    assert [offset for offset, found in days.items() if found is Reminder.AFTER_1] == list(range(1, 22)), "to 31/08"
    assert days[-11] is days[22] is None
