"""The seats of a shop, which its main computer hands out: by the portal's word, without a line by what the license says."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from reference.installation import Installation
from reference.wire import Answer, Refused, Unreachable

LEASE = timedelta(minutes=15)
"""A seat that nobody was heard of for so long is free again."""


class Action(StrEnum):
    """What a device asks its main computer for."""

    TAKE = "take"
    RENEW = "renew"
    RETURN = "return"


ITEMS = ("waiter", "self_service", "base")
"""What has seats that are leased; a Link Móvel has a code of its own."""

PATHS = {Action.TAKE: "/seats", Action.RENEW: "/seats/renewals", Action.RETURN: "/seats/returns"}


@dataclass(frozen=True)
class Use:
    """How many units of an item are in use and how many were bought; whether only this computer knows of it."""

    in_use: int
    bought: int
    is_offline: bool = False


class Counter:
    """The seats of one item, as the main computer keeps count of them."""

    def __init__(self, main: Installation, item: str) -> None:
        """Look at an item's seats; those that were heard of too long ago are free."""
        self.main, self.item = main, item
        self.own = 1 if item == "base" else 0  # the main computer sits on one itself
        leased = main.state.seats.get(item, {})
        self.leased = {device: until for device, until in leased.items() if datetime.fromisoformat(until) > main.now}

    def do(self, action: Action, name: str) -> Use:
        """Carry out what a device asks for.

        Raises:
            Refused: no seat is free, or the device has none any more.
            NotAccepted, NotActivated: the shop's programs may not run.
        """
        if self.main.state.program != "link":
            raise Refused("not_licensed", "Só o computador principal da loja distribui licenças.")
        if action is not Action.RETURN:
            self.main.running()
        device = _id(self.main.state.device, name)
        try:
            return self._noted(self._by_the_portal(action, device, name))
        except Unreachable:
            return self._noted(self._alone(action, device))
        except Refused:
            self.leased.pop(device, None)
            raise
        finally:
            self.main.state.seats[self.item] = self.leased
            self.main.save()

    def _by_the_portal(self, action: Action, device: str, name: str) -> Use:
        body: Answer = {"item": self.item, "device": {"id": device, "name": name}}
        answer = self.main.call(PATHS[action], body, "in_use", "bought")
        self._sit(device, None if action is Action.RETURN else answer["leased_until"])
        return Use(answer["in_use"], answer["bought"])

    def _alone(self, action: Action, device: str) -> Use:
        """Decide without a line: never more than the license says for the day."""
        bought = self.main.licensed().items_on(self.main.today).get(self.item, 0)
        if action is Action.RENEW and device not in self.leased:
            raise Refused("seat_lost", "Este aparelho não está usando uma licença. Abra o programa de novo.")
        if action is not Action.RETURN and len(self.leased.keys() - {device}) >= bought - self.own:
            raise Refused("too_many_seats", "Todas as licenças estão em uso. Feche o programa em outro aparelho.")
        self._sit(device, None if action is Action.RETURN else (self.main.now + LEASE).isoformat())
        return Use(len(self.leased) + self.own, bought, is_offline=True)

    def _sit(self, device: str, until: str | None) -> None:
        if until is None:
            self.leased.pop(device, None)
        else:
            self.leased[device] = until

    def _noted(self, use: Use) -> Use:
        """Remember the most that were in use at once, for the next check-in."""
        peaks = self.main.state.peaks
        peaks[self.item] = max(peaks.get(self.item, 0), use.in_use)
        return use


def _id(main: str, name: str) -> str:
    """Return a device's id. Real devices make their own, once; here the name stands for the device."""
    return hashlib.sha256(f"{main} {name}".encode()).hexdigest()[:24]
