"""A client's devices as its partner sees them: how many are in use, which leave when seats are cut, who is silent (DOMAIN §7)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple, Protocol

from portal.domain.catalogue import OFFERS, Item
from portal.domain.installations import to_leave
from portal.domain.labels import LabelEnum
from portal.domain.licenses import Holding, Quantities
from portal.domain.seats import has_leases


class Use(NamedTuple):
    """How many units of an item are in use, and how many were bought."""

    item: Item
    in_use: int
    bought: int

    @property
    def is_at_limit(self) -> bool:
        """Whether the next device that wants a seat is refused.

        A single base license is meant for the main computer, and a Link Móvel seat for its one device: nobody is refused.
        """
        wants_more = has_leases(self.item) and (self.item is not Item.BASE or self.bought > 1)
        return wants_more and self.in_use >= self.bought


def uses(held: Quantities, seats: Mapping[Item, int], keys: Mapping[Item, int]) -> list[Use]:
    """Return what is in use of everything with devices, from how many seats are taken and how many keys work.

    The main computer sits on one of the base license's; a Link Móvel is in use while its key works.
    """
    counts = dict(seats) | {Item.MOBILE: keys.get(Item.MOBILE, 0)}
    counts[Item.BASE] = seats.get(Item.BASE, 0) + min(keys.get(Item.BASE, 0), 1)
    shown = [item for item in Item if item is Item.BASE or OFFERS[item].has_seats]
    return [Use(item, counts.get(item, 0), held[item]) for item in shown if held.get(item)]


class PairingEnd(LabelEnum):
    """What became of a Navi's request, so that nothing else can."""

    AUTHORISED = "authorised", "ele já foi autorizado"
    REFUSED = "refused", "ele já foi recusado"
    EXPIRED = "expired", "ele esperou mais de um dia e precisa pedir de novo"


class Device(Protocol):
    """What a Link Móvel device looks like to the rules."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def leaves_on(self) -> date | None: ...  # noqa: D102


def departures(
    devices: Sequence[Device], holding: Holding, chosen: Collection[int], today: date
) -> dict[int, date | None]:
    """Return the day from which each device has no seat, None for those that stay.

    As many leave as there are seats too few, each on the day that takes its seat: of the chosen ones first who was to leave
    before; where fewer were chosen, the newest go. A code that no device uses costs nobody its seat.
    """
    leaving = sorted(devices, key=lambda one: _rank(one, chosen))
    leaves_on: dict[int, date | None] = dict.fromkeys((one.id for one in devices), None)
    cuts = {one.effective_on for one in holding.pending if one.item is Item.MOBILE}
    for day in sorted({today} | cuts, reverse=True):
        gone = to_leave(len(devices), holding.on(day).get(Item.MOBILE, 0))
        leaves_on |= {one.id: _since(one, day, today) for one in leaving[:gone]}
    return leaves_on


def _since(one: Device, day: date, today: date) -> date:
    """Return the day of a device that leaves; one that has left before stays gone since then."""
    return min(one.leaves_on or day, day) if day == today else day


def _rank(one: Device, chosen: Collection[int]) -> tuple[bool, date, int]:
    """Return what the order of leaving compares."""
    if one.id in chosen:
        return False, one.leaves_on or date.max, one.id
    return True, date.max, -one.id


def silent_through(days: int, today: date) -> date:
    """Return the last day on which a program was heard of that has been silent for some days."""
    return today - timedelta(days=days)
