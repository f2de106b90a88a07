"""What is in use against what was bought, which devices leave when seats are cut, who is silent."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import pytest

from portal.domain.catalogue import Item
from portal.domain.devices import Use, departures, silent_through, uses
from portal.domain.licenses import Holding, Pending

TODAY, AUGUST, SEPTEMBER = date(2025, 7, 10), date(2025, 8, 11), date(2025, 9, 11)


class Phone(NamedTuple):
    id: int
    leaves_on: date | None = None


def mobiles(now: int, *pending: tuple[date, int]) -> Holding:
    return Holding({Item.MOBILE: now}, tuple(Pending(Item.MOBILE, on, quantity) for on, quantity in pending))


def test_what_is_in_use_of_everything_that_has_devices() -> None:
    held = {Item.BASE: 2, Item.CLOUD: 1, Item.WAITER: 3, Item.MOBILE: 2, Item.SELF_SERVICE: 1}
    found = uses(held, {Item.BASE: 1, Item.WAITER: 3}, {Item.BASE: 1, Item.MOBILE: 1})
    assert found == [(Item.BASE, 2, 2), (Item.SELF_SERVICE, 0, 1), (Item.WAITER, 3, 3), (Item.MOBILE, 1, 2)]


def test_a_second_key_for_a_new_computer_is_no_second_computer() -> None:
    assert uses({Item.BASE: 1}, {}, {Item.BASE: 2}) == [(Item.BASE, 1, 1)]


@pytest.mark.parametrize(
    ("use", "is_at_limit"),
    [
        (Use(Item.WAITER, 3, 3), True),
        (Use(Item.WAITER, 3, 2), True),
        (Use(Item.WAITER, 2, 3), False),
        (Use(Item.BASE, 2, 2), True),
        (Use(Item.BASE, 1, 1), False),
        (Use(Item.MOBILE, 2, 2), False),
    ],
)
def test_a_limit_is_reached_where_the_next_device_is_refused(use, is_at_limit) -> None:
    assert use.is_at_limit is is_at_limit


def test_nobody_leaves_while_every_device_has_a_seat() -> None:
    assert departures([Phone(1), Phone(2)], mobiles(3, (AUGUST, 2)), (), TODAY) == {1: None, 2: None}


def test_the_chosen_one_leaves_on_the_day_of_the_cut() -> None:
    assert departures([Phone(1), Phone(2)], mobiles(2, (AUGUST, 1)), {1}, TODAY) == {1: AUGUST, 2: None}


def test_of_two_cuts_who_was_to_leave_before_leaves_first() -> None:
    phones = [Phone(1), Phone(2), Phone(3, AUGUST)]
    found = departures(phones, mobiles(3, (AUGUST, 2), (SEPTEMBER, 1)), {1, 3}, TODAY)
    assert found == {1: SEPTEMBER, 2: None, 3: AUGUST}


def test_taking_a_removal_back_lets_everybody_stay() -> None:
    assert departures([Phone(1), Phone(2, AUGUST)], mobiles(2), {2}, TODAY) == {1: None, 2: None}


def test_where_nobody_was_asked_the_newest_go() -> None:
    phones = [Phone(1), Phone(2), Phone(3)]
    assert departures(phones, mobiles(1), {1}, TODAY) == {1: TODAY, 2: None, 3: TODAY}


def test_who_has_left_before_stays_gone_since_then() -> None:
    since = date(2025, 7, 1)
    assert departures([Phone(1), Phone(2, since)], mobiles(1), {2}, TODAY) == {1: None, 2: since}


def test_silent_for_three_days_is_last_heard_of_three_days_ago() -> None:
    assert silent_through(3, TODAY) == date(2025, 7, 7)
