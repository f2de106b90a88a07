"""Billing end clients: DOMAIN §5, "Gestão de cobranças", R13."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from portal.domain import renewals, retail
from portal.domain.catalogue import Item, Product
from portal.domain.licenses import Holding
from portal.domain.retail import RetailState
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
