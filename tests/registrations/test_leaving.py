"""Cutting Link Móvel seats asks which device leaves; unused codes go first (DOMAIN §7)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from portal import clock
from portal.domain.catalogue import Item
from portal.domain.errors import DevicesToChoose
from portal.extensions import db
from portal.models import Installation
from tests.registrations.conftest import Hand, noon
from tests.revision import form_of
from tests.visitor import Visitor

DAY, AUGUST, SEPTEMBER = date(2025, 7, 16), date(2025, 8, 11), date(2025, 9, 11)
QUESTION = "Qual aparelho deixa o Link Móvel?"


@pytest.fixture(autouse=True)
def day(app) -> Any:
    """Hold the clock at R4's day."""
    with clock.frozen(noon(DAY)):
        yield


@pytest.fixture
def hand(hand_on) -> Hand:
    """Return the hand of a client with two Móvel seats."""
    return hand_on(cloud=1, mobile=2)


@pytest.fixture
def phones(hand: Hand, make) -> list[Installation]:
    """Return the devices on both."""
    return [make.installation(hand.client, item=Item.MOBILE, device=name) for name in ("Fone da Bia", "Tablet do Léo")]


def days_of(phones: list[Installation]) -> list[date | None]:
    db.session.rollback()
    db.session.expire_all()
    return [one.leaves_on for one in phones]


def post(web: Visitor, hand: Hand, *, htmx: bool = False, **changes: Any) -> Any:
    hand.refresh()
    return web.post(f"/clients/{hand.client.id}/revision", htmx=htmx, **form_of(hand.client, **changes))


def test_a_cut_that_names_nobody_or_too_many_is_refused(hand, phones) -> None:
    for chosen in ([], [one.id for one in phones], [phones[0].id + 999]):
        with pytest.raises(DevicesToChoose) as refused:
            hand.change(DAY, mobile=1, leaving=chosen)
        assert refused.value.count == 1
    assert days_of(phones) == [None, None]
    assert hand.holds(AUGUST)["mobile"] == 2


def test_the_chosen_device_leaves_with_the_seat_and_the_record_names_it(hand, phones) -> None:
    event = hand.change(DAY, mobile=1, leaving=[phones[0].id]).event
    assert event.after["devices_leaving"] == "Fone da Bia em 11/08/2025"
    assert days_of(phones) == [AUGUST, None]


def test_another_device_may_be_chosen_later(hand, phones) -> None:
    hand.change(DAY, mobile=1, leaving=[phones[0].id])
    hand.change(DAY, mobile=1, leaving=[phones[1].id])
    assert days_of(phones) == [None, AUGUST]


def test_taking_the_removal_back_lets_it_stay(hand, phones) -> None:
    hand.change(DAY, mobile=1, leaving=[phones[0].id])
    hand.take_back(DAY, Item.MOBILE, AUGUST)
    assert days_of(phones) == [None, None]


def test_wanting_the_seat_back_lets_it_stay_too(hand, phones) -> None:
    hand.change(DAY, mobile=1, leaving=[phones[0].id])
    hand.change(DAY, mobile=2)
    assert days_of(phones) == [None, None]


def test_where_all_seats_go_nothing_is_asked(hand, phones) -> None:
    hand.change(DAY, mobile=0)
    assert days_of(phones) == [AUGUST, AUGUST]


def test_codes_that_no_device_uses_go_first(hand_on, make) -> None:
    hand = hand_on(cloud=1, mobile=2)
    one = make.installation(hand.client, item=Item.MOBILE)
    make.code(hand.client, item=Item.MOBILE)
    hand.change(DAY, mobile=1)
    assert days_of([one]) == [None]


def test_undoing_the_order_brings_back_who_was_to_leave(hand, phones) -> None:
    hand.change(DAY, mobile=1, leaving=[phones[0].id])
    hand.change(DAY, mobile=1, leaving=[phones[1].id])
    event = hand.reverse(DAY).event
    assert days_of(phones) == [AUGUST, None]
    assert event.after["devices_leaving"] == "Fone da Bia em 11/08/2025"
    hand.reverse(DAY)
    assert days_of(phones) == [None, None]


def test_a_reactivation_with_fewer_seats_keeps_the_oldest_devices(hand_on, make) -> None:
    hand = hand_on(facts={"due_on": date(2025, 6, 10)}, cloud=1, mobile=2)
    phones = [make.installation(hand.client, item=Item.MOBILE) for _ in range(2)]
    hand.reactivate(DAY, cloud=1, mobile=1)
    assert days_of(phones) == [None, DAY]
    order = hand.last_order()
    hand.change(date(2025, 7, 17), data={"name": "Outro"}, leaving=[phones[1].id])
    assert hand.last_order().id == order.id, "data alone is no order"


def test_the_form_asks_keeps_what_was_typed_and_saves_the_choice(web, hand, phones) -> None:
    asked = post(web, hand, mobile=1, name="Outro nome")
    assert asked.status_code == 422
    assert "Marque o aparelho que deixa o Link Móvel." in asked.text
    assert QUESTION in asked.text
    assert 'value="Outro nome"' in asked.text
    assert f'name="leaves" value="{phones[1].id}"' in asked.text
    saved = post(web, hand, mobile=1, leaves=phones[1].id)
    page = web.get(saved.location).text
    assert "sai em 11/08" in page
    assert "Aparelhos que saem: <del>—</del> <ins>Tablet do Léo em 11/08/2025</ins>" in page
    form = web.get(f"/clients/{hand.client.id}/revision/new").text
    assert f'name="leaves" value="{phones[1].id}" checked' in form


def test_htmx_is_asked_in_place_and_by_the_running_summary(web, hand, phones) -> None:
    asked = post(web, hand, htmx=True, mobile=1)
    assert (asked.status_code, asked.headers["HX-Retarget"]) == (422, "#contract")
    assert QUESTION in asked.text
    fields = form_of(hand.client, mobile=1, leaves=phones[0].id)
    summary = web.post(f"/clients/{hand.client.id}/revision/plan", htmx=True, **fields).text
    assert QUESTION in summary
    assert f'value="{phones[0].id}" checked' in summary
    fields = form_of(hand.client, mobile=2)
    assert QUESTION not in web.post(f"/clients/{hand.client.id}/revision/plan", htmx=True, **fields).text


def test_the_choice_goes_through_the_window_of_values(web, hand, phones) -> None:
    window = post(web, hand, htmx=True, mobile=1, waiter=1, leaves=phones[0].id)
    assert f'name="leaves" value="{phones[0].id}"' in window.text
    assert QUESTION not in window.text


def test_somebody_elses_device_is_no_choice(web, hand, phones, make) -> None:
    theirs = make.installation(make.client(make.partner()), item=Item.MOBILE)
    assert post(web, hand, mobile=1, leaves=theirs.id).status_code == 422
    assert days_of([theirs, *phones]) == [None, None, None]
