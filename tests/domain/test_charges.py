"""What orders cost: DOMAIN R4-R7, R15, R17, R20, R21, and the arithmetic of a line."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain import charges, cycle, licenses
from portal.domain.catalogue import Item, Product
from portal.domain.charges import ChargeKind, ChargeState, Line, state_of
from portal.domain.errors import PriceMissing
from portal.domain.licenses import Holding
from portal.domain.prices import PRICED, PriceTable, valid_on
from tests.conftest import NOW
from tests.domain.prices import DEMO

LINK, NAVI = Product.LINK, Product.NAVI
BASE, WAITER = Item.BASE, Item.WAITER


def new(today: date, product: Product = LINK, due_day: int = 10, **wanted: int) -> charges.Quote:
    quantities = {Item[name.upper()]: quantity for name, quantity in ({"base": 1} | wanted).items()}
    return licenses.contract(ChargeKind.REGISTRATION, product, quantities, due_day=due_day, today=today, prices=DEMO)


def added(today: date, due_on: date, item: Item, quantity: int = 1, prices: PriceTable = DEMO) -> licenses.Plan:
    wanted = {BASE: 1, item: quantity}
    return licenses.change(LINK, Holding({BASE: 1}), wanted, due_on=due_on, today=today, prices=prices)


def test_r4_two_waiters_on_16_july_cost_26_of_31_days_and_count_at_once() -> None:
    plan = added(date(2025, 7, 16), date(2025, 8, 10), WAITER, 2)
    assert plan.quote.lines == (Line(WAITER, 2, 1990, 26, 31),)
    assert plan.quote.total_cents == 3338
    assert plan.after.now == {BASE: 1, WAITER: 2}


def test_r5_an_item_ordered_on_the_first_day_of_the_cycle_costs_its_full_price() -> None:
    (line,) = added(date(2025, 7, 11), date(2025, 8, 10), WAITER).quote.lines
    assert (line.days, line.divisor, line.amount_cents) == (31, 31, 1990)


def test_r6_a_link_client_of_25_june_pays_16_of_30_days_to_10_july() -> None:
    quote = new(date(2025, 6, 25))
    assert (quote.due_on, quote.total_cents) == (date(2025, 7, 10), 5328)


def test_r7_a_link_client_of_5_july_pays_a_whole_month_to_10_august() -> None:
    quote = new(date(2025, 7, 5))
    assert (quote.due_on, quote.total_cents) == (date(2025, 8, 10), 9990)
    assert quote.lines[0].is_whole_cycle


@pytest.mark.parametrize(
    ("today", "due_on", "cents"),
    [(date(2025, 8, 18), date(2025, 9, 10), 7734), (date(2025, 9, 5), date(2025, 10, 10), 9990)],
)
def test_r15_a_reactivation_is_priced_as_a_new_client(today, due_on, cents) -> None:
    quote = licenses.contract(ChargeKind.REACTIVATION, LINK, {BASE: 1}, due_day=10, today=today, prices=DEMO)
    assert (quote.kind, quote.due_on, quote.total_cents) == (ChargeKind.REACTIVATION, due_on, cents)


def test_r17_link_ordered_on_16_june_beside_navi_costs_25_of_30_days() -> None:
    assert new(date(2025, 6, 16)).total_cents == 8325


@pytest.mark.parametrize(
    ("today", "due_on", "days", "divisor", "cents"),
    [
        (date(2026, 2, 10), date(2026, 2, 28), 19, 31, 5516),
        (date(2026, 3, 10), date(2026, 3, 28), 19, 28, 6107),
    ],
)
def test_r20_due_day_28_counts_the_days_of_its_own_cycle(today, due_on, days, divisor, cents) -> None:
    prices = PriceTable(1, date(2026, 1, 1), {(LINK, BASE): 9990, (LINK, Item.CLOUD): 9000})
    # in February the 10th lies before the window (18/02), in March too (18/03)
    (line,) = added(today, due_on, Item.CLOUD, prices=prices).quote.lines
    assert (line.days, line.divisor, line.amount_cents) == (days, divisor, cents)


def test_r21_after_renewing_ahead_an_addition_costs_the_paid_cycle_and_counts_at_once() -> None:
    plan = added(date(2025, 8, 5), date(2025, 9, 10), WAITER)
    assert plan.quote.total_cents == 1990
    assert plan.after.now[WAITER] == 1
    assert plan.removed_from_on == date(2025, 9, 11)


def test_an_addition_after_the_coming_cycle_was_invoiced_costs_that_cycle_whole() -> None:
    plan = licenses.change(
        LINK, Holding({BASE: 1}), {BASE: 1, WAITER: 1},
        due_on=date(2025, 8, 10), today=date(2025, 8, 5), prices=DEMO, billed_through=date(2025, 9, 10),
    )  # fmt: skip
    assert plan.quote.total_cents == 1990
    assert not plan.is_unbilled


@pytest.mark.parametrize("today", [date(2025, 7, 31), date(2025, 8, 10)])
def test_inside_the_window_an_addition_enters_the_renewal_instead_of_a_charge(today) -> None:
    plan = added(today, date(2025, 8, 10), WAITER, 2)
    assert plan.quote.lines == ()
    assert plan.quote.price_version is None
    assert plan.is_unbilled
    assert plan.has_additions
    assert plan.after.now[WAITER] == 2


def test_the_day_before_the_window_is_still_charged() -> None:
    (line,) = added(date(2025, 7, 30), date(2025, 8, 10), WAITER).quote.lines
    assert (line.days, line.divisor) == (12, 31)


@pytest.mark.parametrize(
    ("today", "due_on"),
    [
        (date(2025, 6, 29), date(2025, 7, 10)),  # the day before the window
        (date(2025, 6, 30), date(2025, 8, 10)),  # the window's first day
        (date(2025, 7, 10), date(2025, 8, 10)),  # the due day itself
        (date(2025, 7, 11), date(2025, 8, 10)),
        (date(2025, 12, 31), date(2026, 2, 10)),
    ],
)
def test_a_new_license_skips_a_due_date_whose_window_has_opened(today, due_on) -> None:
    assert new(today).due_on == due_on


def test_the_lines_of_a_new_client_follow_the_catalogue_and_sum_to_the_total() -> None:
    quote = new(date(2025, 7, 16), cloud=1, waiter=3, mobile=1)
    assert [line.item for line in quote.lines] == [BASE, Item.CLOUD, WAITER, Item.MOBILE]
    assert quote.total_cents == sum(line.amount_cents for line in quote.lines) == 8379 + 2508 + 5007 + 2088


def test_rounding_is_half_up_and_once_a_line() -> None:
    assert charges.prorated_cents(1, 1, 1, 2) == 1
    assert charges.prorated_cents(3, 1, 1, 2) == 2
    assert charges.prorated_cents(1, 1, 1, 3) == 0
    assert charges.prorated_cents(1990, 2, 26, 31) == 3338  # not twice 1669


def test_a_quote_says_the_same_facts_for_the_same_order_and_others_for_another() -> None:
    day = date(2025, 7, 16)
    assert new(day).facts == new(day).facts
    assert new(day).facts != new(day + timedelta(days=1)).facts
    assert new(day).facts != new(day, cloud=1).facts


def test_what_has_no_price_is_not_sold() -> None:
    nothing = PriceTable(0, date(2025, 1, 1), {})
    with pytest.raises(PriceMissing) as refused:
        licenses.contract(ChargeKind.REGISTRATION, LINK, {BASE: 1}, due_day=10, today=date(2025, 7, 1), prices=nothing)
    assert (refused.value.product, refused.value.item) == (LINK, BASE)
    assert nothing.missing == PRICED


def test_the_demo_table_is_complete() -> None:
    assert DEMO.missing == ()
    assert (NAVI, WAITER) not in PRICED


def test_the_newest_version_that_has_begun_holds() -> None:
    old, new_one = PriceTable(1, date(2025, 1, 1), {}), PriceTable(2, date(2025, 8, 1), {})
    corrected = PriceTable(3, date(2025, 8, 1), {})
    tables = [new_one, corrected, old]
    assert valid_on(tables, date(2025, 7, 31)) is old
    assert valid_on(tables, date(2025, 8, 1)) is corrected
    assert valid_on(tables, date(2024, 12, 31)) is None


@settings(max_examples=300, deadline=None)
@given(st.dates(date(2020, 1, 1), date(2060, 12, 31)), st.integers(1, 28))
def test_a_new_license_never_pays_more_than_a_cycle_and_never_begins_inside_its_window(today, due_day) -> None:
    due_on = cycle.first_due(today, due_day)
    opens_on, _last_on = cycle.renewal_window(due_on)
    assert due_on.day == due_day
    assert today < opens_on
    assert 1 <= cycle.cycle_of(due_on).days_from(today) <= cycle.cycle_of(due_on).days


@settings(max_examples=300, deadline=None)
@given(st.dates(date(2020, 1, 1), date(2060, 12, 31)), st.integers(1, 28))
def test_cycles_follow_each_other_without_gap_or_overlap(day, due_day) -> None:
    due_on = day.replace(day=due_day)
    following = cycle.cycle_of(cycle.next_due(due_on, due_day))
    assert following.first_on == due_on + timedelta(days=1)
    assert 28 <= following.days <= 31


def test_a_due_date_from_before_the_rule_of_28_days_has_a_cycle_too() -> None:
    assert cycle.cycle_of(date(2025, 3, 31)) == (date(2025, 3, 1), date(2025, 3, 31))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 999), st.integers(1, 31), st.integers(28, 31))
def test_a_proration_is_within_half_a_cent_of_the_exact_amount(unit, quantity, days, divisor) -> None:
    cents = charges.prorated_cents(unit, quantity, min(days, divisor), divisor)
    assert abs(2 * (cents * divisor - unit * quantity * min(days, divisor))) <= divisor


@pytest.mark.parametrize(
    ("paid_at", "reversed_at", "state"),
    [
        (None, None, ChargeState.OPEN),
        (NOW, None, ChargeState.PAID),
        (None, NOW, ChargeState.REVERSED),
        (NOW, NOW, ChargeState.REVERSED),
    ],
)
def test_a_charge_has_one_state(paid_at, reversed_at, state) -> None:
    assert state_of(SimpleNamespace(paid_at=paid_at, reversed_at=reversed_at)) is state
