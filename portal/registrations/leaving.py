"""Which Link Móvel devices leave where seats are cut: asked in "Editar", kept as the day of each (DOMAIN §7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal import clock, formatting
from portal.codes.queries import living
from portal.domain.catalogue import Item
from portal.domain.devices import departures
from portal.domain.errors import DevicesToChoose
from portal.domain.installations import to_leave
from portal.domain.licenses import Holding, Quantities
from portal.models import AuditEvent, Client, Installation

KEPT = "leaving"
"""What orders call the devices that were to leave before them, with their days."""

NOTED = "devices_leaving"
"""What the record calls them, in words."""


def devices_of(client: Client, *held: Quantities) -> Sequence[Installation]:
    """Return the devices of a client; asks nothing where it neither holds nor wants Link Móvel."""
    return living(client.id, Item.MOBILE) if any(units.get(Item.MOBILE) for units in held) else ()


def to_choose(devices: Sequence[Installation], wanted: Quantities) -> int:
    """Return how many devices have to be chosen; where all of them leave, none."""
    leaving = to_leave(len(devices), wanted.get(Item.MOBILE, 0))
    return 0 if leaving == len(devices) else leaving


def ensure_chosen(devices: Sequence[Installation], wanted: Quantities, chosen: Collection[int]) -> None:
    """Refuse a cut that does not say who leaves.

    Raises:
        DevicesToChoose: not as many were chosen as leave.
    """
    count = to_choose(devices, wanted)
    if count and len([one for one in devices if one.id in chosen]) != count:
        raise DevicesToChoose(count)


@dataclass(frozen=True)
class Question:
    """Which devices leave: how many, and who may, each with whether it is ticked."""

    count: int
    choices: list[tuple[Installation, bool]]

    @classmethod
    def build(
        cls, devices: Sequence[Installation], wanted: Quantities, chosen: Collection[int] | None
    ) -> Question | None:
        """Return the question, where one is asked; before anything was chosen, those are ticked that are to leave."""
        count = to_choose(devices, wanted)
        ticked = {one.id for one in devices if one.leaves_on} if chosen is None else chosen
        return cls(count, [(one, one.id in ticked) for one in devices]) if count else None


def is_other(devices: Sequence[Installation], after: Holding, chosen: Collection[int], today: date) -> bool:
    """Say whether others leave than before, or on another day."""
    return {one.id: one.leaves_on for one in devices} != departures(devices, after, chosen, today)


def settled(
    client: Client, event: AuditEvent, before: Holding, after: Holding, *, chosen: Collection[int] | None, now: datetime
) -> dict[str, Any]:
    """Write down which devices leave, by default as before, and return what the order keeps of them. Does not commit."""
    devices = devices_of(client, before.now, after.now)
    was, named = {str(one.id): one.leaves_on.isoformat() for one in devices if one.leaves_on}, in_words(devices)
    _settle(devices, after, [int(key) for key in was] if chosen is None else chosen, clock.local_date(now))
    _note(event, devices, named)
    return {KEPT: was} if devices else {}


def restore(client: Client, event: AuditEvent, before: Holding, kept: Mapping[str, str], now: datetime) -> None:
    """Write down who leaves as an order found it. Does not commit."""
    devices = devices_of(client, before.now)
    named = in_words(devices)
    for one in devices:
        was = kept.get(str(one.id))
        one.leaves_on = date.fromisoformat(was) if was else None
    _settle(devices, before, [int(key) for key in kept], clock.local_date(now))
    _note(event, devices, named)


def _settle(devices: Sequence[Installation], after: Holding, chosen: Collection[int], today: date) -> None:
    days = departures(devices, after, chosen, today)
    for one in devices:
        one.leaves_on = days[one.id]


def _note(event: AuditEvent, devices: Sequence[Installation], was: str) -> None:
    """Add to the record of an event who leaves now, where that is another than before."""
    if (becomes := in_words(devices)) != was:
        event.before = {**(event.before or {}), NOTED: was}
        event.after = {**(event.after or {}), NOTED: becomes}


def in_words(devices: Iterable[Installation]) -> str:
    """Return Fone da Bia em 11/08/2025."""
    return ", ".join(f"{name_of(one)} em {formatting.day(one.leaves_on)}" for one in devices if one.leaves_on)


def name_of(one: Installation) -> str:
    """Return what people call a device."""
    return one.device or "aparelho sem nome"
