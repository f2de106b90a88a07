"""Seats for simultaneous use: never more than bought, free again when nobody is heard of (DOMAIN §7, R18)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portal.domain.catalogue import Item
from portal.domain.errors import ProgramRefused
from portal.domain.installations import Program, Reason
from portal.domain.seats import SEAT_LEASE
from portal.extensions import db
from portal.models import LicenseItem, Seat
from tests.conftest import NOW
from tests.installations.conftest import Shop

A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def key(shop: Shop) -> str:
    """Return the main computer's key."""
    return shop.activate().key


def refusal(call, *asked: object, **more: object) -> ProgramRefused:
    with pytest.raises(ProgramRefused) as refused:
        call(*asked, **more)
    db.session.rollback()
    return refused.value


def test_the_fourth_garcom_is_refused_until_one_closes(shop: Shop, key: str) -> None:
    for number in (1, 2, 3):
        assert shop.take(key, Item.WAITER, f"G{number}").use.in_use == number
    refused = refusal(shop.take, key, Item.WAITER, "G4")
    assert (refused.reason, refused.facts) == (Reason.TOO_MANY_SEATS, {"in_use": 3, "bought": 3})
    assert shop.give_back(key, Item.WAITER, "G2").in_use == 2
    assert shop.take(key, Item.WAITER, "G4").use.in_use == 3


def test_a_device_that_asks_again_keeps_its_one_seat(shop: Shop, key: str) -> None:
    shop.take(key, Item.WAITER, "G1")
    again = shop.take(key, Item.WAITER, "G1", now=NOW + A_MINUTE)
    assert (again.use.in_use, again.leased_until) == (1, NOW + A_MINUTE + SEAT_LEASE)
    assert len(db.session.scalars(select(Seat)).all()) == 1


def test_a_seat_unheard_of_for_fifteen_minutes_is_free_again(shop: Shop, key: str) -> None:
    for number in (1, 2, 3):
        shop.take(key, Item.WAITER, f"G{number}")
    shop.renew(key, Item.WAITER, "G1", now=NOW + 5 * A_MINUTE)
    refusal(shop.take, key, Item.WAITER, "G4", now=NOW + SEAT_LEASE - A_MINUTE)
    assert shop.take(key, Item.WAITER, "G4", now=NOW + SEAT_LEASE).use.in_use == 2
    lost = refusal(shop.renew, key, Item.WAITER, "G2", now=NOW + SEAT_LEASE)
    assert lost.reason is Reason.SEAT_LOST
    assert shop.take(key, Item.WAITER, "G2", now=NOW + SEAT_LEASE).use.in_use == 3


def test_a_seat_that_the_partner_freed_says_so_and_may_be_taken_anew(shop: Shop, key: str) -> None:
    shop.take(key, Item.WAITER, "G1")
    seat = db.session.scalars(select(Seat)).one()
    seat.released_at, seat.freed_by_id = NOW, shop.make.user(None).id
    db.session.commit()
    assert refusal(shop.renew, key, Item.WAITER, "G1").reason is Reason.SEAT_FREED
    assert shop.take(key, Item.WAITER, "G1").use.in_use == 1


def test_where_seats_were_cut_who_came_first_stays(shop: Shop, key: str) -> None:
    for number in (1, 2, 3):
        shop.take(key, Item.WAITER, f"G{number}")
    db.session.scalars(select(LicenseItem).where(LicenseItem.item == Item.WAITER)).one().quantity = 2
    db.session.commit()
    shop.renew(key, Item.WAITER, "G2")
    assert refusal(shop.renew, key, Item.WAITER, "G3").reason is Reason.TOO_MANY_SEATS


def test_the_main_computer_sits_on_one_of_the_base_licenses(shop: Shop, key: str) -> None:
    assert refusal(shop.take, key, Item.BASE, "CAIXA-02").facts == {"in_use": 1, "bought": 1}
    db.session.scalars(select(LicenseItem).where(LicenseItem.item == Item.BASE)).one().quantity = 2
    db.session.commit()
    assert shop.take(key, Item.BASE, "CAIXA-02").use.in_use == 2


def test_what_is_not_in_the_license_has_no_seats(shop: Shop, key: str) -> None:
    assert refusal(shop.take, key, Item.SELF_SERVICE, "TOTEM").reason is Reason.NOT_LICENSED


def test_a_program_that_may_not_run_hands_out_no_seats_but_takes_them_back(shop: Shop, key: str) -> None:
    shop.take(key, Item.WAITER, "G1")
    shop.client.due_on = date(2025, 7, 9)
    db.session.commit()
    assert refusal(shop.renew, key, Item.WAITER, "G1").reason is Reason.EXPIRED
    assert refusal(shop.take, key, Item.WAITER, "G2").reason is Reason.EXPIRED
    assert shop.give_back(key, Item.WAITER, "G1").in_use == 0
    assert shop.give_back(key, Item.WAITER, "G1").in_use == 0


def test_an_unknown_key_a_replaced_one_and_a_moveis_key_hand_out_nothing(shop: Shop, key: str) -> None:
    movel = shop.activate(shop.make.code(shop.client, item=Item.MOBILE), program=Program.LINK_MOBILE)
    assert refusal(shop.take, "0" * 32, Item.WAITER, "G1").reason is Reason.KEY_UNKNOWN
    assert refusal(shop.take, movel.key, Item.WAITER, "G1").reason is Reason.NOT_LICENSED
    shop.activate()
    assert refusal(shop.take, key, Item.WAITER, "G1").reason is Reason.KEY_REPLACED
