"""Seats for simultaneous use: taken, renewed, given back, freed; never more than bought (DOMAIN §7, R18)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal import clock
from portal.domain import seats as rules
from portal.domain.catalogue import Item
from portal.domain.devices import Use
from portal.domain.errors import ProgramRefused
from portal.domain.installations import Reason
from portal.domain.seats import SEAT_LEASE
from portal.extensions import db
from portal.installations import contacts, queries, standing
from portal.installations.activation import Device
from portal.installations.standing import Settings
from portal.licenses import queries as licenses
from portal.models import Client, Seat


@dataclass(frozen=True)
class Lease:
    """A seat that a device holds until a moment, unless it is renewed before."""

    device_id: str
    leased_until: datetime
    use: Use


@dataclass
class _Table:
    """The seats of an item of one client, whose row is locked."""

    client: Client
    item: Item
    quantity: int
    seats: Sequence[Seat]
    now: datetime

    @property
    def most(self) -> int:
        return rules.capacity(self.item, self.quantity)

    def use(self) -> Use:
        in_use = len(rules.taken(self.seats, self.now)) + (self.quantity - self.most)
        return Use(self.item, in_use, self.quantity)

    def seat_of(self, device_id: str) -> Seat | None:
        return next((seat for seat in self.seats if seat.device_id == device_id), None)


def take(key: str, item: Item, device: Device, *, now: datetime, settings: Settings) -> Lease:
    """Give a device a seat; one that has a seat keeps it. Commits.

    Raises:
        ProgramRefused: TOO_MANY_SEATS with how many are in use, NOT_LICENSED, or why the programs may not run.
    """
    table = _table(key, item, now, settings)
    if not rules.has_room(table.seats, device.id, table.most, now):
        use = table.use()
        raise ProgramRefused(Reason.TOO_MANY_SEATS, in_use=use.in_use, bought=use.bought)
    for left in table.seats:
        if not rules.is_taken(left, now):
            left.released_at = left.heard_at + SEAT_LEASE
    seat = table.seat_of(device.id)
    return _leased(table, _sat_down(table, device) if seat is None or seat.released_at is not None else seat, device)


def renew(key: str, item: Item, device: Device, *, now: datetime, settings: Settings) -> Lease:
    """Keep a device's seat. Commits.

    Raises:
        ProgramRefused: SEAT_LOST where it has none any more (it may take one), SEAT_FREED where the partner ended it,
            TOO_MANY_SEATS where there are fewer seats now and others came first; else as ``take``.
    """
    table = _table(key, item, now, settings)
    seat = table.seat_of(device.id)
    if seat is None or not rules.is_taken(seat, now):
        raise ProgramRefused(Reason.SEAT_FREED if _was_freed(table, device.id) else Reason.SEAT_LOST)
    if not rules.may_stay(table.seats, device.id, table.most, now):
        use = table.use()
        raise ProgramRefused(Reason.TOO_MANY_SEATS, in_use=use.in_use, bought=use.bought)
    return _leased(table, seat, device)


def give_back(key: str, item: Item, device: Device, *, now: datetime) -> Use:
    """Free a device's seat; without one, nothing is to be done. Allowed whatever became of the license. Commits.

    Raises:
        ProgramRefused: the key is unknown or replaced.
    """
    table = _table(key, item, now, None)
    if seat := table.seat_of(device.id):
        seat.released_at = now
    use = table.use()
    db.session.commit()
    return use


def _table(key: str, item: Item, now: datetime, settings: Settings | None) -> _Table:
    """Return the seats that a shop's main computer may hand out, their client's row locked."""
    found = queries.by_key(key)
    if found is None:
        raise ProgramRefused(Reason.KEY_UNKNOWN)
    main, client = found[0], queries.locked_client(found[1].id)
    db.session.refresh(main, ["revoked_at"])  # whoever replaced it held the client's row before us
    if main.revoked_at is not None:
        raise ProgramRefused(Reason.KEY_REPLACED)
    if main.item is not Item.BASE:
        raise ProgramRefused(Reason.NOT_LICENSED)
    quantity = licenses.holding_of(client.id, clock.local_date(now)).now.get(item, 0)
    if settings is not None:
        standing.ensure_running(client, now, settings)
        if not quantity:
            raise ProgramRefused(Reason.NOT_LICENSED)
    return _Table(client, item, quantity, queries.seats_of(client.id, item), now)


def _sat_down(table: _Table, device: Device) -> Seat:
    db.session.flush()  # what was left behind leaves the index of seats in use
    seat = Seat(client_id=table.client.id, item=table.item, device_id=device.id, leased_at=table.now)
    db.session.add(seat)
    table.seats = [*table.seats, seat]
    return seat


def _leased(table: _Table, seat: Seat, device: Device) -> Lease:
    seat.device, seat.heard_at = device.name, table.now
    db.session.flush()
    contacts.note(table.client, now=table.now)
    lease = Lease(seat.device_id, table.now + SEAT_LEASE, table.use())
    db.session.commit()
    return lease


def _was_freed(table: _Table, device_id: str) -> bool:
    """Say whether the device's last seat was ended by the partner."""
    last = queries.last_seat(table.client.id, table.item, device_id)
    return last is not None and last.freed_by_id is not None
