"""Changing a running license: DOMAIN's worked examples R4, R5, R8-R10, R20, R21, and that each form counts once."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.domain.charges import OrderKind
from portal.domain.errors import (
    ActionRefused,
    NotFound,
    PriceMissing,
    QuoteAged,
    RepeatMismatch,
    SetRefused,
    StaleState,
)
from portal.domain.prices import PriceTable
from portal.domain.statuses import Status
from portal.extensions import db
from portal.models import ChargeLine, PendingChange
from portal.registrations import contract
from portal.registrations.contract import Wish
from tests.clients.conftest import FACTS
from tests.domain.prices import DEMO
from tests.registrations.conftest import Hand, viewer_of

DUE, NEXT = date(2025, 8, 10), date(2025, 8, 11)
DAY = date(2025, 7, 16)


class TestWorkedExamples:
    """DOMAIN §5, one test for each."""

    def test_r4_two_more_seats_cost_26_of_31_days_and_count_at_once(self, hand_on) -> None:
        hand = hand_on(waiter=1)
        outcome = hand.change(DAY, waiter=3)
        assert hand.holds(DAY) == {"waiter": 3}
        [charge] = hand.charges()
        assert (charge.amount_cents, charge.through_on, charge.paid_at) == (3338, DUE, None)
        [line] = db.session.scalars(select(ChargeLine).where(ChargeLine.charge_id == charge.id))
        assert (line.item, line.quantity, line.unit_cents, line.days, line.divisor) == (Item.WAITER, 2, 1990, 26, 31)
        assert hand.last_order().event_id == outcome.event.id

    def test_r5_a_whole_cycle_costs_the_full_price(self, hand_on) -> None:
        hand = hand_on()
        hand.change(date(2025, 7, 11), waiter=1)
        assert hand.cents() == [1990]

    def test_r8_a_removal_costs_nothing_and_is_usable_to_the_end_of_the_cycle(self, hand_on) -> None:
        hand = hand_on(waiter=3)
        hand.change(DAY, waiter=2)
        assert hand.cents() == []
        assert (hand.holds(DUE), hand.holds(NEXT)) == ({"waiter": 3}, {"waiter": 2})

    def test_r9_back_to_three_is_free_and_a_fourth_is_one_seat_pro_rata(self, hand_on) -> None:
        hand = hand_on(waiter=3)
        hand.change(DAY, waiter=2)
        hand.change(DAY, waiter=3)
        assert (hand.cents(), hand.holds(NEXT)) == ([], {"waiter": 3})
        hand.change(DAY, waiter=4)
        assert hand.cents() == [1669]  # 19.90 x 26/31

    @pytest.mark.parametrize(
        ("held", "wanted", "is_refused"),
        [
            ({}, {"mobile": 1}, True),
            ({"cloud": 1, "mobile": 1}, {"cloud": 0}, True),
            ({"cloud": 1, "mobile": 1}, {"cloud": 0, "mobile": 0}, False),
            ({}, {"cloud": 1, "mobile": 1}, False),
        ],
    )
    def test_r10_mobile_needs_cloud(self, hand_on, held, wanted, is_refused) -> None:
        hand = hand_on(**held)
        if not is_refused:
            hand.change(DAY, **wanted)
            assert hand.holds(NEXT) == {name: count for name, count in wanted.items() if count}
            return
        with pytest.raises(SetRefused):
            hand.change(DAY, **wanted)
        hand.refresh()
        assert (hand.client.version, hand.events(), hand.holds(NEXT)) == (1, [], held)

    @pytest.mark.parametrize(
        ("on", "due_on", "cents"),
        [(date(2026, 2, 10), date(2026, 2, 28), 5516), (date(2026, 3, 10), date(2026, 3, 28), 6107)],
    )
    def test_r20_the_divisor_is_the_cycles_own(self, hand_on, make, on, due_on, cents) -> None:
        prices = PriceTable(2, date(2026, 1, 1), {**DEMO.cents, (Product.LINK, Item.PAYMENT_ORDER): 9000})
        hand = hand_on(facts={"due_on": due_on, "due_day": 28})
        make.price_version(prices)
        hand.change(on, payment_order=1)
        assert hand.cents() == [cents]

    def test_r21_renewed_ahead_an_addition_costs_a_cycle_and_a_removal_waits_for_the_one_after(self, hand_on) -> None:
        hand = hand_on(facts={"due_on": date(2025, 9, 10)}, cloud=1)
        hand.change(date(2025, 8, 5), waiter=1, cloud=0)
        assert hand.cents() == [1990]
        assert hand.holds(date(2025, 8, 5)) == {"waiter": 1, "cloud": 1}
        assert hand.holds(date(2025, 9, 10)) == {"waiter": 1, "cloud": 1}
        assert hand.holds(date(2025, 9, 11)) == {"waiter": 1}


def test_inside_the_renewal_window_an_addition_is_not_charged_and_stays(hand_on) -> None:
    hand = hand_on()
    hand.change(date(2025, 7, 31), waiter=1)
    assert (hand.cents(), hand.holds(date(2025, 7, 31)), hand.holds(NEXT)) == ([], {"waiter": 1}, {"waiter": 1})
    assert hand.last_order().kind is OrderKind.CHANGE


def test_two_and_three_seat_changes_in_one_month_up_then_down(hand_on) -> None:
    hand = hand_on(waiter=1)
    hand.change(date(2025, 7, 16), waiter=3)
    hand.change(date(2025, 7, 20), waiter=2)
    assert (hand.holds(DUE), hand.holds(NEXT)) == ({"waiter": 3}, {"waiter": 2})
    hand.change(date(2025, 7, 25), waiter=5)
    assert (hand.holds(DUE), hand.holds(NEXT)) == ({"waiter": 5}, {"waiter": 5})
    hand.change(date(2025, 7, 26), waiter=1)
    assert (hand.holds(DUE), hand.holds(NEXT)) == ({"waiter": 5}, {"waiter": 1})
    assert hand.cents() == [3338, 2 * 1990 * 17 // 31 + 1]  # 2 seats from the 16th, 2 more from the 25th: 21.82(6)


def test_data_licenses_and_method_are_one_save_with_one_record(hand_on) -> None:
    hand = hand_on(waiter=3, cloud=1)
    wish = hand.wish({"name": "Nome novo"}, RenewalMethod.BILLING, waiter=2)
    outcome = hand.save(wish, DAY, "")
    hand.refresh()
    assert (hand.client.name, hand.client.renewal_method, hand.client.version) == ("Nome novo", "billing", 2)
    event = outcome.event
    held = {"base": 1, "cloud": 1, "waiter": 3}
    assert event.before == {
        "name": event.before["name"], "renewal_method": "manual", "licenses": held, "pending": [],
    }  # fmt: skip
    assert event.after == {
        "name": "Nome novo",
        "renewal_method": "billing",
        "licenses": held,
        "pending": [{"item": "waiter", "effective_on": "2025-08-11", "quantity": 2}],
    }
    hand.change(DAY, waiter=4)
    assert hand.events()[1].before["licenses"] == {"base": 1, "cloud": 1, "waiter": 3}
    assert hand.events()[1].after["licenses"] == {"base": 1, "cloud": 1, "waiter": 4}


def test_what_changes_nothing_is_nothing(hand_on) -> None:
    hand = hand_on(waiter=3)
    assert hand.change(DAY).event is None
    assert (hand.events(), hand.last_order()) == ([], None)


def test_data_alone_makes_no_order_and_needs_no_price(make, partner, actor) -> None:
    hand = Hand(make.client(partner), actor)
    hand.change(DAY, data={"name": "Outro"})
    assert hand.last_order() is None
    with pytest.raises(PriceMissing):
        hand.change(DAY, waiter=1)
    with pytest.raises(PriceMissing):
        hand.change(date(2025, 8, 5), waiter=1)


def test_added_mobile_seats_get_their_codes(hand_on) -> None:
    hand = hand_on(cloud=1)
    hand.change(DAY, mobile=3)
    assert len(hand.unused(Item.MOBILE)) == 3
    assert hand.last_order().after["codes"] == hand.unused(Item.MOBILE)
    hand.change(DAY, mobile=1)
    hand.change(DAY, mobile=3)
    assert len(hand.unused(Item.MOBILE)) == 3


def test_tef_may_shrink_and_never_grow_here(hand_on) -> None:
    hand = hand_on(tef=2)
    with pytest.raises(SetRefused):
        hand.change(DAY, tef=3)
    hand.change(DAY, tef=1)
    assert hand.holds(NEXT) == {"tef": 1}


class TestValuesSeen:
    """Nothing is added at a price that was not shown."""

    def test_an_addition_whose_values_were_not_seen_is_asked_for(self, hand_on) -> None:
        hand = hand_on()
        with pytest.raises(QuoteAged):
            hand.save(hand.wish(waiter=1), DAY, "")
        hand.refresh()
        assert (hand.client.version, hand.cents()) == (1, [])

    def test_another_price_another_day_and_another_quantity_are_other_values(self, hand_on, make) -> None:
        hand = hand_on()
        wish = hand.wish(waiter=1)
        seen = hand.seen(wish, DAY)
        with pytest.raises(QuoteAged):
            hand.save(wish, date(2025, 7, 17), seen)
        with pytest.raises(QuoteAged):
            hand.save(hand.wish(waiter=2), DAY, seen)
        make.price_version(PriceTable(2, DAY, {**DEMO.cents, (Product.LINK, Item.WAITER): 2190}))
        with pytest.raises(QuoteAged):
            hand.save(wish, DAY, seen)
        hand.save(wish, DAY, hand.seen(wish, DAY))
        assert hand.cents() == [1837]  # 21.90 x 26/31

    def test_a_new_price_table_with_the_same_price_is_no_other_value(self, hand_on, make) -> None:
        hand = hand_on()
        wish = hand.wish(waiter=1)
        seen = hand.seen(wish, DAY)
        later = make.price_version(PriceTable(2, DAY, DEMO.cents))
        hand.save(wish, DAY, seen)
        assert hand.charges()[0].price_version_id == later.id

    def test_in_the_window_the_quantity_added_belongs_to_what_was_seen(self, hand_on) -> None:
        hand, day = hand_on(), date(2025, 8, 5)
        seen = hand.seen(hand.wish(waiter=1), day)
        with pytest.raises(QuoteAged):
            hand.save(hand.wish(waiter=2), day, seen)


class TestOnce:
    """A form counts once, whoever sends it how often."""

    def test_the_same_form_again_answers_what_was_done_whatever_changed_since(self, hand_on, make) -> None:
        hand = hand_on()
        wish = hand.wish(waiter=2)
        seen = hand.seen(wish, DAY)
        first = hand.save(wish, DAY, seen)
        make.price_version(PriceTable(2, DAY, {**DEMO.cents, (Product.LINK, Item.WAITER): 2190}))
        again = hand.save(wish, DUE, seen, version=1)
        assert (again.event.id, again.is_repeat) == (first.event.id, True)
        assert (hand.cents(), len(hand.events())) == ([3338], 1)

    def test_another_content_from_the_same_form_is_refused(self, hand_on) -> None:
        hand = hand_on()
        hand.change(DAY, waiter=2)
        with pytest.raises(RepeatMismatch):
            hand.save(hand.wish(waiter=3), DAY, "", version=1)

    def test_a_form_from_before_somebody_elses_order_is_refused(self, hand_on, make, partner) -> None:
        hand = hand_on()
        mine = hand.wish(waiter=3)
        Hand(hand.client, viewer_of(make.user(partner))).change(DAY, waiter=1)
        with pytest.raises(StaleState):
            hand.save(mine, DAY, hand.seen(mine, DAY), version=1)
        assert hand.holds(DAY) == {"waiter": 1}


@pytest.mark.parametrize("status", [status for status in Status if status not in {Status.ACTIVE, Status.SUSPENDED}])
def test_the_table_of_actions_guards_change_and_taking_back(make, partner, hand_on, status) -> None:
    hand = hand_on(facts=FACTS[status])
    today = date(2025, 7, 10)
    with pytest.raises(ActionRefused):
        hand.save(Wish({name: getattr(hand.client, name) for name in contract.clients.REVISED}, {Item.BASE: 2},
                       RenewalMethod.MANUAL), today, "")  # fmt: skip
    with pytest.raises(ActionRefused):
        hand.take_back(today, Item.WAITER, NEXT)


class TestTakingBack:
    """A pending change has its "Desfazer"."""

    def test_it_is_free_an_order_of_its_own_and_leaves_the_others(self, hand_on) -> None:
        hand = hand_on(waiter=3, cloud=1)
        hand.change(DAY, waiter=1, cloud=0)
        outcome = hand.take_back(DAY, Item.WAITER, NEXT)
        assert (hand.holds(NEXT), hand.cents()) == ({"waiter": 3}, [])
        assert outcome.event.after["pending"] == [{"item": "cloud", "effective_on": "2025-08-11", "quantity": 0}]
        assert hand.last_order().event_id == outcome.event.id

    def test_twice_is_once(self, hand_on) -> None:
        hand = hand_on(waiter=3)
        hand.change(DAY, waiter=1)
        first = hand.take_back(DAY, Item.WAITER, NEXT)
        again = hand.take_back(DAY, Item.WAITER, NEXT, version=2)
        assert (again.event.id, again.is_repeat) == (first.event.id, True)
        with pytest.raises(NotFound):
            hand.take_back(DAY, Item.WAITER, NEXT)

    def test_mobile_does_not_come_back_without_cloud(self, hand_on) -> None:
        hand = hand_on(mobile=1, cloud=1)
        hand.change(DAY, mobile=0, cloud=0)
        with pytest.raises(SetRefused):
            hand.take_back(DAY, Item.MOBILE, NEXT)

    def test_tef_comes_back_too(self, hand_on) -> None:
        hand = hand_on(tef=2)
        hand.change(DAY, tef=0)
        hand.take_back(DAY, Item.TEF, NEXT)
        assert hand.holds(NEXT) == {"tef": 2}

    def test_what_the_billed_cycle_dropped_is_an_addition_and_not_taken_back(self, hand_on) -> None:
        hand = hand_on(facts={"due_on": date(2025, 9, 10)}, waiter=3)
        db.session.add(PendingChange(client_id=hand.client.id, item=Item.WAITER, effective_on=NEXT, quantity=2))
        db.session.commit()
        with pytest.raises(NotFound):
            hand.take_back(date(2025, 8, 5), Item.WAITER, NEXT)
        hand.change(date(2025, 8, 5), waiter=3)
        assert (hand.cents(), hand.holds(NEXT)) == ([1990], {"waiter": 3})
