"""Reactivating: R15, priced as a new client, what it clears, the codes without which nothing would run."""

from __future__ import annotations

from datetime import date

import pytest

from portal.clients import queries as clients
from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.domain.charges import ChargeKind, OrderKind
from portal.domain.errors import ActionRefused, OpenCharges, QuoteAged, SetRefused
from portal.domain.statuses import Status, derive_status
from portal.extensions import db
from portal.licenses.queries import holding_of
from portal.models import PendingChange
from portal.registrations import reactivation
from tests.clients.conftest import FACTS
from tests.conftest import NOW
from tests.registrations.conftest import noon

DAY = date(2025, 8, 18)
INACTIVE = {"due_on": date(2025, 7, 10)}


@pytest.mark.parametrize(
    ("on", "cents", "due_on"),
    [(DAY, 7734, date(2025, 9, 10)), (date(2025, 9, 5), 9990, date(2025, 10, 10))],
)
def test_r15_reactivated_with_link_only(hand_on, on, cents, due_on) -> None:
    hand = hand_on(facts=INACTIVE, waiter=2)
    hand.reactivate(on)
    hand.refresh()
    assert (hand.cents(), hand.client.due_on, hand.holds(on)) == ([cents], due_on, {})
    assert derive_status(hand.client, on) is Status.ACTIVE
    assert hand.charges()[0].kind is ChargeKind.REACTIVATION
    assert hand.last_order().kind is OrderKind.REACTIVATION


def test_the_due_day_is_the_partners_of_today(hand_on, partner) -> None:
    hand = hand_on(facts=INACTIVE)
    partner.due_day = 20
    db.session.commit()
    hand.reactivate(DAY)
    hand.refresh()
    assert (hand.client.due_day, hand.client.due_on) == (20, date(2025, 9, 20))


def test_it_clears_suspension_and_says_so_in_the_record(hand_on, admin) -> None:
    facts = {"suspended_at": NOW, "suspended_by_id": admin.id, "suspension_reason": "Não pagou"}
    hand = hand_on(facts=INACTIVE | facts, waiter=2)
    outcome = hand.reactivate(DAY, data={"name": "Volta"}, waiter=1)
    hand.refresh()
    assert (hand.client.suspended_at, hand.client.suspended_by_id, hand.client.suspension_reason) == (None, None, "")
    assert hand.client.name == "Volta"
    event = outcome.event
    assert event.action == "reactivate"
    assert event.after == {
        "name": "Volta", "suspended_at": None, "suspension_reason": "", "due_on": "2025-09-10",
        "licenses": {"base": 1, "waiter": 1}, "pending": [],
    }  # fmt: skip
    assert event.before["licenses"] == {"base": 1, "waiter": 2}
    assert event.before["due_on"] == "2025-07-10"


def test_pending_changes_are_replaced_and_kept_in_the_order(hand_on) -> None:
    hand = hand_on(facts=INACTIVE, waiter=3)
    db.session.add(PendingChange(client_id=hand.client.id, item=Item.WAITER, effective_on=date(2025, 9, 1), quantity=1))
    db.session.commit()
    hand.reactivate(DAY, waiter=3)
    assert hand.holds(date(2025, 12, 1)) == {"waiter": 3}
    assert hand.last_order().before["pending"] == [{"item": "waiter", "effective_on": "2025-09-01", "quantity": 1}]


def test_who_owes_is_refused_with_the_amount(hand_on, make) -> None:
    hand = hand_on(facts=INACTIVE)
    make.charge(hand.client, 3338)
    make.charge(hand.client, 1000, paid_at=NOW)
    make.charge(hand.client, 100)
    with pytest.raises(OpenCharges) as refused:
        hand.reactivate(DAY)
    assert refused.value.amount_cents == 3438
    hand.refresh()
    assert hand.client.version == 1


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.INACTIVE])
def test_only_inativo_is_reactivated(hand_on, status) -> None:
    hand = hand_on(facts=FACTS[status])
    with pytest.raises(ActionRefused):
        hand.reactivate(date(2025, 7, 10))


def test_nothing_is_reactivated_at_a_price_that_was_not_shown(hand_on) -> None:
    hand = hand_on(facts=INACTIVE)
    base = {"version": 1, "now": noon(DAY), "actor": hand.actor}
    with pytest.raises(QuoteAged):
        reactivation.reactivate(hand.client, hand.wish(), quote_seen="", **base)


def test_tef_is_not_more_than_it_was(hand_on) -> None:
    with pytest.raises(SetRefused):
        hand_on(facts=INACTIVE).reactivate(DAY, tef=1)
    hand_on(facts=INACTIVE, tef=2).reactivate(DAY, tef=2)


def test_the_same_form_again_answers_what_was_done(hand_on) -> None:
    hand = hand_on(facts=INACTIVE)
    wish = hand.wish()
    first = hand.reactivate(DAY)
    base = {"version": 1, "now": noon(DAY), "actor": hand.actor}
    again = reactivation.reactivate(hand.client, wish, quote_seen="", **base)
    assert (again.event.id, again.is_repeat, hand.cents()) == (first.event.id, True, [7734])


def test_another_method_counts_at_once(hand_on) -> None:
    hand = hand_on(facts=INACTIVE)
    wish = hand.wish(method=RenewalMethod.BILLING)
    seen = reactivation.contract.seen_as(
        reactivation.quote(
            hand.client, holding_of(hand.client.id, DAY), wish.wanted, DAY, reactivation.price_table(DAY)
        ),
        wish.wanted,
    )
    reactivation.reactivate(hand.client, wish, version=1, quote_seen=seen, now=noon(DAY), actor=hand.actor)
    assert clients.get_client(hand.client.partner_id, hand.client.id).renewal_method is RenewalMethod.BILLING


class TestCodes:
    """What the shop needs to run again."""

    def test_a_link_without_code_and_without_computer_gets_a_code(self, hand_on) -> None:
        hand = hand_on(facts=INACTIVE)
        hand.reactivate(DAY)
        assert hand.last_order().after["codes"] == hand.unused(Item.BASE) != []

    def test_an_unused_code_or_a_living_computer_is_enough(self, hand_on, make) -> None:
        coded, installed = hand_on(facts=INACTIVE), hand_on(facts=INACTIVE)
        code = make.code(coded.client).id
        make.installation(installed.client)
        for hand in (coded, installed):
            hand.reactivate(DAY)
            assert hand.last_order().after["codes"] == []
        assert (coded.unused(Item.BASE), installed.unused(Item.BASE)) == ([code], [])

    def test_mobile_seats_without_a_device_get_one_each(self, hand_on, make) -> None:
        hand = hand_on(facts=INACTIVE, cloud=1, mobile=3)
        make.installation(hand.client)
        make.installation(hand.client, item=Item.MOBILE)
        spare = make.code(hand.client, item=Item.MOBILE).id
        hand.reactivate(DAY, cloud=1, mobile=4)
        assert hand.unused(Item.MOBILE)[0] == spare
        assert len(hand.unused(Item.MOBILE)) == 3
        assert hand.last_order().after["codes"] == hand.unused(Item.MOBILE)[1:]

    def test_codes_of_seats_that_are_gone_are_revoked_newest_first(self, hand_on, make) -> None:
        hand = hand_on(facts=INACTIVE, cloud=1, mobile=3)
        codes = [make.code(hand.client, item=Item.MOBILE).id for _ in range(3)]
        hand.reactivate(DAY, cloud=1, mobile=1)
        assert hand.unused(Item.MOBILE) == codes[:1]

    def test_a_device_too_many_leaves_no_code(self, hand_on, make) -> None:
        hand = hand_on(facts=INACTIVE, cloud=1, mobile=3)
        for _ in range(2):
            make.installation(hand.client, item=Item.MOBILE)
        make.code(hand.client, item=Item.MOBILE)
        hand.reactivate(DAY, cloud=1, mobile=1)
        assert hand.unused(Item.MOBILE) == []

    def test_navi_needs_none(self, hand_on) -> None:
        hand = hand_on(facts=INACTIVE | {"product": Product.NAVI})
        hand.reactivate(DAY)
        assert hand.last_order().after["codes"] == []
