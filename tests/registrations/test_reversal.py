"""Undoing an order ("Estornar pedido"): the same day, unpaid, its codes unused, nothing after it."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, update

from portal import audit
from portal.clients import queries as clients
from portal.clients import service
from portal.domain.catalogue import Item, Product
from portal.domain.charges import ChargeKind, OrderKind
from portal.domain.errors import NotFound, OrderFixed, StaleState
from portal.domain.licenses import Holding, contract
from portal.domain.orders import Fixed
from portal.domain.prices import PriceTable
from portal.domain.statuses import Status, derive_status
from portal.extensions import db
from portal.licenses import service as licenses
from portal.licenses.queries import holding_of
from portal.models import LicenseItem, RegistrationCode
from portal.registrations import reversal
from tests.conftest import NOW
from tests.domain.prices import DEMO
from tests.registrations.conftest import Hand, noon

DUE, NEXT = date(2025, 8, 10), date(2025, 8, 11)
DAY, NEXT_DAY = date(2025, 7, 16), date(2025, 7, 17)


def fixed(hand: Hand, on: date = DAY, order=None) -> Fixed:
    with pytest.raises(OrderFixed) as refused:
        hand.reverse(on, order)
    hand.refresh()
    return refused.value.why


def test_charge_items_and_codes_vanish_and_it_is_recorded(hand_on) -> None:
    hand = hand_on(waiter=1, cloud=1)
    hand.change(DAY, waiter=3, mobile=2)
    order = hand.last_order()
    outcome = hand.reverse(DAY)
    hand.refresh()
    assert (hand.holds(DAY), hand.cents(), hand.unused(Item.MOBILE)) == ({"waiter": 1, "cloud": 1}, [], [])
    assert (hand.client.open_charges, hand.client.unused_codes, hand.client.version) == (0, 0, 3)
    assert order.reversed_at == noon(DAY)
    assert hand.last_order() is None
    event = outcome.event
    assert (event.action, event.reason) == ("order_reversed", f"Estorno do protocolo {order.event_id}")
    assert event.before == {"licenses": {"base": 1, "cloud": 1, "waiter": 3, "mobile": 2}, "pending": []}
    assert event.after == {"licenses": {"base": 1, "cloud": 1, "waiter": 1}, "pending": []}


def test_pending_changes_come_back_as_they_were(hand_on) -> None:
    hand = hand_on(waiter=3)
    hand.change(DAY, waiter=1)
    hand.change(DAY, waiter=4)
    hand.reverse(DAY)
    assert (hand.holds(DUE), hand.holds(NEXT)) == ({"waiter": 3}, {"waiter": 1})
    hand.reverse(DAY)
    assert (hand.holds(DUE), hand.holds(NEXT)) == ({"waiter": 3}, {"waiter": 3})


def test_data_that_was_saved_with_it_stays(hand_on) -> None:
    hand = hand_on()
    hand.change(DAY, data={"name": "Nome novo"}, waiter=1)
    hand.reverse(DAY)
    hand.refresh()
    assert hand.client.name == "Nome novo"


def test_twice_is_once(hand_on) -> None:
    hand = hand_on()
    hand.change(DAY, waiter=1)
    order = hand.last_order()
    first = hand.reverse(DAY, order)
    again = hand.reverse(DAY, order, version=2)
    assert (again.event.id, again.is_repeat) == (first.event.id, True)
    assert fixed(hand, order=order) is Fixed.REVERSED


def test_the_next_day_it_is_too_late(hand_on) -> None:
    hand = hand_on()
    hand.change(DAY, waiter=1)
    assert fixed(hand, NEXT_DAY) is Fixed.ANOTHER_DAY
    assert hand.holds(DAY) == {"waiter": 1}


def test_what_was_paid_stays(hand_on) -> None:
    hand = hand_on()
    hand.change(DAY, waiter=1)
    hand.charges()[0].paid_at = NOW
    db.session.commit()
    assert fixed(hand) is Fixed.PAID


def test_what_was_paid_at_this_very_moment_stays_too(hand_on, monkeypatch) -> None:
    hand = hand_on()
    hand.change(DAY, waiter=1)
    hand.charges()[0].paid_at = NOW
    db.session.commit()
    monkeypatch.setattr(reversal, "ensure_reversible", lambda *_facts: None)
    assert fixed(hand) is Fixed.PAID


def test_a_used_code_holds_its_order(hand_on, monkeypatch) -> None:
    hand = hand_on(cloud=1)
    hand.change(DAY, mobile=2)
    db.session.execute(
        update(RegistrationCode).where(RegistrationCode.id == hand.unused(Item.MOBILE)[0]).values(consumed_at=NOW)
    )
    db.session.commit()
    assert fixed(hand) is Fixed.CODE_USED
    monkeypatch.setattr(reversal, "ensure_reversible", lambda *_facts: None)
    assert fixed(hand) is Fixed.CODE_USED
    assert len(hand.unused(Item.MOBILE)) == 1


def test_only_the_last_order_can_be_undone(hand_on) -> None:
    hand = hand_on()
    hand.change(DAY, waiter=1)
    first = hand.last_order()
    hand.change(DAY, waiter=2)
    assert fixed(hand, order=first) is Fixed.CHANGED
    hand.reverse(DAY)
    hand.reverse(DAY, first)
    assert hand.holds(DAY) == {}


def test_a_license_that_something_else_changed_holds_the_order(hand_on) -> None:
    hand = hand_on(cloud=1)
    hand.change(DAY, waiter=1)
    licenses.write_holding(hand.client.id, Holding({Item.BASE: 1, Item.WAITER: 1}), today=DAY)
    db.session.commit()
    assert fixed(hand) is Fixed.CHANGED
    licenses.write_holding(hand.client.id, licenses.from_json(hand.last_order().after), today=DAY)
    hand.client.due_on = date(2025, 9, 10)  # renewed since
    db.session.commit()
    assert fixed(hand) is Fixed.CHANGED


def test_an_order_that_does_not_say_what_it_made_stays(hand_on, make) -> None:
    hand = hand_on()
    make.charge(hand.client)
    hand.last_order().ordered_on = DAY
    db.session.commit()
    assert fixed(hand) is Fixed.CHANGED


def test_a_form_from_before_somebody_elses_change_is_stale(hand_on) -> None:
    hand = hand_on()
    hand.change(DAY, waiter=1)
    service.suspend(hand.client, version=2, reason="", now=noon(DAY), actor=hand.actor)
    with pytest.raises(StaleState):
        hand.reverse(DAY, version=2)
    hand.reverse(DAY)
    hand.refresh()
    assert derive_status(hand.client, DAY) is Status.SUSPENDED


def test_an_undone_reactivation_is_inativo_again_as_it_was(hand_on, admin, partner) -> None:
    facts = {
        "due_on": date(2025, 6, 10),
        "suspended_at": NOW,
        "suspended_by_id": admin.id,
        "suspension_reason": "Férias",
    }
    hand = hand_on(facts=facts, waiter=2)
    partner.due_day = 20
    db.session.commit()
    hand.reactivate(DAY)
    hand.reverse(DAY)
    hand.refresh()
    client = hand.client
    assert (client.due_on, client.due_day, client.suspended_at) == (date(2025, 6, 10), 10, NOW)
    assert (client.suspended_by_id, client.suspension_reason) == (admin.id, "Férias")
    assert derive_status(client, DAY) is Status.INACTIVE
    assert (hand.holds(DAY), hand.cents(), hand.unused(Item.BASE)) == ({"waiter": 2}, [], [])


class TestRegistration:
    """An undone registration leaves every list."""

    @pytest.fixture
    def hand(self, hand_on, prices) -> Hand:
        """Return the hand of a client that was registered today, with its code, order and charge."""
        hand = hand_on()
        client = hand.client
        quote = contract(
            ChargeKind.REGISTRATION, Product.LINK, {Item.BASE: 1}, due_day=10, today=DAY,
            prices=PriceTable(prices.id, DEMO.valid_from, DEMO.cents),
        )  # fmt: skip
        event = audit.record(
            "register", actor=hand.actor, now=noon(DAY), partner_id=client.partner_id, client_id=client.id
        )
        issued = licenses.issue_codes(client, Item.BASE, 1, now=noon(DAY))
        after = licenses.as_json(Holding({Item.BASE: 1})) | {"codes": [code.id for code in issued]}
        licenses.add_order(client, OrderKind.REGISTRATION, event, quote=quote, before={}, after=after, now=noon(DAY))
        db.session.commit()
        return hand

    def test_the_client_is_archived_and_its_document_free(self, hand, make, partner) -> None:
        make.code(hand.client)
        hand.reverse(DAY)
        hand.refresh()
        client = hand.client
        assert (client.archived_at, client.pending_at, client.due_on) == (noon(DAY), noon(DAY), None)
        assert (client.unused_codes, client.open_charges, hand.cents()) == (0, 0, [])
        assert db.session.scalars(select(LicenseItem).where(LicenseItem.client_id == client.id)).all() == []
        with pytest.raises(NotFound):
            clients.get_client(client.partner_id, client.id)
        make.client(partner, document=client.document)

    def test_twice_is_once_though_no_list_knows_the_client(self, hand) -> None:
        order = hand.last_order()
        first = hand.reverse(DAY, order)
        client, again = reversal.get_order(hand.client.partner_id, hand.client.id, order.id)
        outcome = reversal.reverse(client, again, version=1, now=noon(DAY), actor=hand.actor)
        assert (outcome.event.id, outcome.is_repeat) == (first.event.id, True)

    def test_an_activated_one_stays(self, hand) -> None:
        db.session.execute(update(RegistrationCode).values(consumed_at=NOW))
        db.session.commit()
        assert fixed(hand) is Fixed.CODE_USED


def test_an_order_is_found_only_at_its_client_and_partner(hand_on, make) -> None:
    hand = hand_on()
    hand.change(DAY, waiter=1)
    order, client = hand.last_order(), hand.client
    assert reversal.get_order(client.partner_id, client.id, order.id) == (client, order)
    other = make.client(make.partner())
    for partner_id, client_id in (
        (other.partner_id, client.id),
        (other.partner_id, other.id),
        (client.partner_id, 999),
    ):
        with pytest.raises(NotFound):
            reversal.get_order(partner_id, client_id, order.id)


def test_it_is_offered_today_only(hand_on) -> None:
    hand = hand_on()
    hand.change(DAY, waiter=1)
    order, [charge] = hand.last_order(), hand.charges()
    held = holding_of(hand.client.id, DAY)
    assert reversal.is_possible(hand.client, order, charge, held, DAY)
    assert not reversal.is_possible(hand.client, order, charge, held, NEXT_DAY)
    assert not reversal.is_possible(hand.client, order, charge, Holding({Item.BASE: 1}), DAY)
    charge.paid_at = NOW
    assert not reversal.is_possible(hand.client, order, charge, held, DAY)
