"""Seats for simultaneous use: who sits on one, who may sit down, who stays where there are fewer (DOMAIN §7, R18)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from portal.domain.catalogue import OFFERS, Item

SEAT_LEASE = timedelta(minutes=15)
"""A seat that nobody was heard of for so long is free again (DOMAIN §7)."""


class Seated(Protocol):
    """What a seat looks like to the rules."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def device_id(self) -> str: ...  # noqa: D102
    @property
    def heard_at(self) -> datetime: ...  # noqa: D102
    @property
    def released_at(self) -> datetime | None: ...  # noqa: D102


SomeSeat = TypeVar("SomeSeat", bound=Seated)


def has_leases(item: Item) -> bool:
    """Say whether seats of an item are leased: simultaneous use, and the computers beside the main one (DOMAIN §7).

    A Link Móvel is bound to its device by a code of its own.
    """
    return item is Item.BASE or (OFFERS[item].has_seats and item is not Item.MOBILE)


def capacity(item: Item, quantity: int) -> int:
    """Return how many seats of an item may be leased at once; the main computer sits on one of the base license's."""
    return max(quantity - 1, 0) if item is Item.BASE else quantity


def is_taken(seat: Seated, now: datetime) -> bool:
    """Say whether somebody sits on a seat: not given back, and heard of within the lease."""
    return seat.released_at is None and now - seat.heard_at < SEAT_LEASE


def taken(seats: Sequence[SomeSeat], now: datetime) -> list[SomeSeat]:
    """Return the seats that somebody sits on, who came first first."""
    return sorted((seat for seat in seats if is_taken(seat, now)), key=lambda seat: seat.id)


def may_stay(seats: Sequence[SomeSeat], device_id: str, most: int, now: datetime) -> bool:
    """Say whether a device that sits on a seat keeps it: who came first stays where there are fewer seats than before."""
    return device_id in [seat.device_id for seat in taken(seats, now)[:most]]


def has_room(seats: Sequence[SomeSeat], device_id: str, most: int, now: datetime) -> bool:
    """Say whether a device may sit down (DOMAIN R18): there is a seat that nobody else sits on."""
    return len([seat for seat in taken(seats, now) if seat.device_id != device_id]) < most
