"""What a client may hold and what a change of it does: DOMAIN §4, R8-R10, R21, several changes in one cycle."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain import licenses
from portal.domain.catalogue import Item, Product
from portal.domain.errors import SetRefused
from portal.domain.licenses import MOST, Flaw, Holding, Pending, Plan, Problem
from tests.domain.prices import DEMO

LINK, NAVI = Product.LINK, Product.NAVI
BASE, CLOUD, WAITER, MOBILE, TEF = Item.BASE, Item.CLOUD, Item.WAITER, Item.MOBILE, Item.TEF
DUE, NEXT = date(2025, 8, 10), date(2025, 8, 11)
DAY = date(2025, 7, 16)


def held(*pending: Pending, **quantities: int) -> Holding:
    return Holding({BASE: 1} | {Item[name.upper()]: units for name, units in quantities.items()}, pending)


def want(holding: Holding, today: date = DAY, due_on: date = DUE, **quantities: int) -> Plan:
    wanted = {BASE: 1} | {Item[name.upper()]: units for name, units in quantities.items()}
    return licenses.change(LINK, holding, wanted, due_on=due_on, today=today, prices=DEMO)


def test_r8_a_removal_costs_nothing_and_counts_from_the_next_cycle() -> None:
    plan = want(held(waiter=3), waiter=2)
    assert plan.quote.total_cents == 0
    assert not plan.has_additions
    assert plan.removed == {WAITER: 1}
    assert plan.after.on(DUE)[WAITER] == 3
    assert plan.after.on(NEXT)[WAITER] == 2


def test_r9_back_to_three_takes_the_removal_back_and_a_fourth_is_one_seat_pro_rata() -> None:
    removed = want(held(waiter=3), waiter=2).after
    back = want(removed, waiter=3)
    assert (back.quote.total_cents, back.restored, back.after.pending) == (0, {WAITER: 1}, ())
    fourth = want(back.after, waiter=4)
    assert [(line.quantity, line.days) for line in fourth.quote.lines] == [(1, 26)]


def test_straight_from_two_to_four_takes_one_back_and_adds_one() -> None:
    plan = want(want(held(waiter=3), waiter=2).after, waiter=4)
    assert (plan.restored, plan.added) == ({WAITER: 1}, {WAITER: 1})
    assert plan.after == held(waiter=4)


@pytest.mark.parametrize(
    ("before", "after", "is_refused"),
    [
        ({}, {"mobile": 1}, True),
        ({"cloud": 1, "mobile": 1}, {"mobile": 1}, True),
        ({"cloud": 1, "mobile": 1}, {}, False),
        ({}, {"cloud": 1, "mobile": 1}, False),
    ],
)
def test_r10_mobile_needs_cloud_in_the_set_that_is_saved(before, after, is_refused) -> None:
    if not is_refused:
        want(held(**before), **after)
        return
    with pytest.raises(SetRefused) as refused:
        want(held(**before), **after)
    assert refused.value.problems == (Problem(Flaw.NEEDS, MOBILE, CLOUD),)


def test_r21_a_removal_after_renewing_ahead_counts_from_the_cycle_after() -> None:
    plan = want(held(waiter=1), today=date(2025, 8, 5), due_on=date(2025, 9, 10))
    assert plan.removed_from_on == date(2025, 9, 11)
    assert plan.after.pending == (Pending(WAITER, date(2025, 9, 11), 0),)


def test_a_removal_that_was_billed_already_is_an_addition_when_taken_back() -> None:
    # three until 10/08, two in the cycle to 10/09, which is paid; on 05/08 three are wanted again
    plan = want(held(Pending(WAITER, NEXT, 2), waiter=3), date(2025, 8, 5), date(2025, 9, 10), waiter=3)
    assert plan.quote.total_cents == 1990
    assert plan.after == held(waiter=3)


def test_a_second_removal_keeps_the_first_and_its_date() -> None:
    plan = want(held(Pending(WAITER, NEXT, 2), waiter=3), date(2025, 8, 5), date(2025, 9, 10), waiter=1)
    assert plan.after.pending == (Pending(WAITER, NEXT, 2), Pending(WAITER, date(2025, 9, 11), 1))


def test_units_between_what_is_billed_and_what_is_used_now_stay_until_their_date() -> None:
    plan = want(held(Pending(WAITER, NEXT, 2), waiter=5), date(2025, 8, 5), date(2025, 9, 10), waiter=3)
    assert plan.added == {WAITER: 1}
    assert plan.after.now[WAITER] == 5
    assert plan.after.on(NEXT)[WAITER] == 3


def test_a_change_of_one_item_leaves_the_pending_change_of_another() -> None:
    plan = want(held(Pending(CLOUD, NEXT, 0), cloud=1, waiter=1), waiter=3)
    assert Pending(CLOUD, NEXT, 0) in plan.after.pending


AFTER_NEXT = date(2025, 9, 11)
"""From when a removal counts that was ordered while the coming cycle was on an invoice; then that one was cancelled."""


def test_a_change_of_one_item_leaves_the_day_of_anothers_removal() -> None:
    plan = want(held(Pending(WAITER, AFTER_NEXT, 1), waiter=3, cloud=1), waiter=1)
    assert plan.after.pending == (Pending(CLOUD, NEXT, 0), Pending(WAITER, AFTER_NEXT, 1))


def test_pending_changes_of_a_day_stand_in_the_catalogues_order_whichever_came_first() -> None:
    plan = want(held(Pending(WAITER, NEXT, 1), waiter=3, cloud=1), waiter=1)
    assert plan.after.pending == (Pending(CLOUD, NEXT, 0), Pending(WAITER, NEXT, 1))


def test_mobile_does_not_stay_behind_when_cloud_goes_earlier() -> None:
    plan = want(held(Pending(MOBILE, AFTER_NEXT, 0), mobile=2, cloud=1))
    assert set(plan.after.pending) == {Pending(CLOUD, NEXT, 0), Pending(MOBILE, NEXT, 0)}


def test_wanting_what_will_be_held_is_nothing() -> None:
    plan = want(held(Pending(WAITER, NEXT, 2), waiter=3), waiter=2)
    assert plan.is_nothing
    assert not want(held(waiter=3), waiter=2).is_nothing


@pytest.mark.parametrize("quantity", [-1, MOST + 1, 10**9])
def test_a_quantity_out_of_range_is_refused(quantity) -> None:
    assert licenses.problems(LINK, {BASE: 1, WAITER: quantity}) == [Problem(Flaw.OUT_OF_RANGE, WAITER)]


@pytest.mark.parametrize(
    ("product", "wanted", "expected"),
    [
        (LINK, {}, [Problem(Flaw.OUT_OF_RANGE, BASE)]),
        (LINK, {BASE: 0}, [Problem(Flaw.OUT_OF_RANGE, BASE)]),
        (LINK, {BASE: 5}, []),
        (NAVI, {BASE: 2}, [Problem(Flaw.OUT_OF_RANGE, BASE)]),
        (NAVI, {BASE: 1, WAITER: 1}, [Problem(Flaw.NOT_OFFERED, WAITER)]),
        (LINK, {BASE: 1, CLOUD: 2}, [Problem(Flaw.OUT_OF_RANGE, CLOUD)]),
        (LINK, {BASE: 1, TEF: 1}, [Problem(Flaw.OWN_MENU, TEF)]),
        (LINK, {BASE: 1, MOBILE: 1, WAITER: -1}, [Problem(Flaw.OUT_OF_RANGE, WAITER), Problem(Flaw.NEEDS, MOBILE, CLOUD)]),
    ],
)  # fmt: skip
def test_a_set_is_refused_with_all_its_problems(product, wanted, expected) -> None:
    assert licenses.problems(product, wanted) == expected


def test_tef_may_stay_or_shrink_but_not_grow_outside_of_its_own_menu() -> None:
    assert licenses.problems(LINK, {BASE: 1, TEF: 2}, {TEF: 2}) == []
    assert licenses.problems(LINK, {BASE: 1, TEF: 1}, {TEF: 2}) == []
    assert licenses.problems(LINK, {BASE: 1, TEF: 3}, {TEF: 2}) == [Problem(Flaw.OWN_MENU, TEF)]


def test_an_approved_request_brings_its_terminals_by_the_arithmetic_of_any_addition() -> None:
    held, due = licenses.Holding({BASE: 1, TEF: 1}), {"due_on": date(2025, 8, 10), "today": date(2025, 7, 16)}
    plan = licenses.change(LINK, held, {BASE: 1, TEF: 3}, prices=DEMO, terminals=2, **due)
    assert plan.added == {TEF: 2}
    assert plan.quote.total_cents == round(2 * DEMO.of(LINK, TEF) * 26 / 31)
    with pytest.raises(SetRefused):
        licenses.change(LINK, held, {BASE: 1, TEF: 3}, prices=DEMO, terminals=1, **due)
    assert licenses.problems(LINK, {BASE: 1, TEF: 3}, held.now, {(LINK, TEF)}, terminals=2)[0].flaw is Flaw.WITHHELD


def test_each_product_offers_what_the_catalogue_says() -> None:
    assert licenses.offered(NAVI) == (CLOUD, Item.PAYMENT_ORDER, Item.INTEGRATED_PAYMENT)
    assert set(licenses.offered(LINK)) == set(Item) - {BASE}


# any sequence of changes within one cycle

sets = st.fixed_dictionaries({CLOUD: st.integers(0, 1), WAITER: st.integers(0, 4), MOBILE: st.integers(0, 3)})
possible = sets.filter(lambda chosen: chosen[CLOUD] or not chosen[MOBILE])
LAST_CHARGED = date(2025, 7, 30)


@settings(max_examples=300, deadline=None)
@given(possible, st.lists(st.tuples(possible, st.integers(0, 5)), max_size=8))
def test_no_seat_is_charged_twice_and_no_pending_change_is_lost(start, steps) -> None:
    """Whatever was wanted in between: units charged are the highest ever wanted, and the last wish counts next cycle."""
    holding, today = Holding({BASE: 1} | start), date(2025, 7, 11)
    charged, highest = dict.fromkeys(start, 0), dict(start)
    for wish, pause in steps:
        today = min(today + timedelta(days=pause), LAST_CHARGED)
        wanted = {BASE: 1} | wish
        plan = licenses.change(LINK, holding, wanted, due_on=DUE, today=today, prices=DEMO)
        holding = plan.after
        for line in plan.quote.lines:
            charged[line.item] += line.quantity
        highest = {item: max(highest[item], wish[item]) for item in wish}
        assert plan.quote.total_cents == sum(line.amount_cents for line in plan.quote.lines)
        assert holding.on(NEXT) == holding.final == {item: units for item, units in wanted.items() if units}
        assert holding.on(today) == {item: units for item, units in ({BASE: 1} | highest).items() if units}
        assert licenses.problems(LINK, holding.on(today)) == licenses.problems(LINK, holding.final) == []
    assert charged == {item: highest[item] - start[item] for item in start}
