"""Who sits on a seat, who may sit down, who stays: never more than bought (DOMAIN §7, R18)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.domain import seats as rules
from portal.domain.catalogue import Item
from portal.domain.seats import SEAT_LEASE

NOW = datetime(2025, 7, 10, 15, tzinfo=UTC)


@dataclass
class Sitting:
    """A seat as the rules see it."""

    id: int
    device_id: str
    heard_at: datetime
    released_at: datetime | None = None


def test_seats_are_leased_by_what_is_used_at_once() -> None:
    assert {item for item in Item if rules.has_leases(item)} == {Item.BASE, Item.SELF_SERVICE, Item.WAITER}
    assert [rules.capacity(Item.BASE, quantity) for quantity in (0, 1, 3)] == [0, 0, 2]
    assert rules.capacity(Item.WAITER, 3) == 3


def test_a_seat_is_taken_until_it_is_given_back_or_nobody_was_heard_of_for_the_lease() -> None:
    assert rules.is_taken(Sitting(1, "a", NOW), NOW + SEAT_LEASE - timedelta(seconds=1))
    assert not rules.is_taken(Sitting(1, "a", NOW), NOW + SEAT_LEASE)
    assert not rules.is_taken(Sitting(1, "a", NOW, NOW), NOW)


MOMENTS = st.integers(0, 30).map(lambda minutes: NOW - timedelta(minutes=minutes))
SEATS = st.lists(st.tuples(st.sampled_from("abcdef"), MOMENTS), unique_by=lambda seat: seat[0])


@given(SEATS, st.sampled_from("abcdefgh"), st.integers(0, 6))
def test_whoever_there_is_room_for_never_makes_more_than_bought(
    seats: list[tuple[str, datetime]], device_id: str, most: int
) -> None:
    sitting = [Sitting(number, name, heard_at) for number, (name, heard_at) in enumerate(seats, 1)]
    before = {seat.device_id for seat in rules.taken(sitting, NOW)}
    if rules.has_room(sitting, device_id, most, NOW):
        assert len(before | {device_id}) <= max(most, len(before))
        assert len((before - {device_id}) | {device_id}) <= most
    staying = [name for name in before if rules.may_stay(sitting, name, most, NOW)]
    assert len(staying) == min(most, len(before))
