"""What stands beside a client's license: changes of later days, and what was ordered today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.domain.catalogue import OFFERS, Item
from portal.domain.licenses import Holding
from portal.domain.orders import REVERSING
from portal.domain.roles import Permission
from portal.models import Charge, Client, LicenseOrder
from portal.registrations import contract, reversal


def count(item: Item, quantity: int) -> str:
    """Return a quantity in words: what is on or off is not counted."""
    if OFFERS[item].is_counted:
        return str(quantity)
    return "sim" if quantity else "não"


@dataclass(frozen=True)
class PendingLine:
    """A change that counts from a later day on."""

    item: Item
    on: date
    before: str
    after: str
    is_revocable: bool


def lines(client: Client, holding: Holding) -> list[PendingLine]:
    """Return the pending changes in their order, each with the quantity that it meets."""
    held, revocable = dict(holding.now), contract.revocable(client, holding)
    found = []
    for one in holding.pending:
        before, after = count(one.item, held.get(one.item, 0)), count(one.item, one.quantity)
        is_revocable = (one.item, one.effective_on) in revocable
        found.append(PendingLine(one.item, one.effective_on, before, after, is_revocable))
        held[one.item] = one.quantity
    return found


@dataclass(frozen=True)
class Standing:
    """What stands of a client's license beside the license itself: pending changes, and what was ordered today."""

    pending: list[PendingLine]
    order: LicenseOrder | None
    charge: Charge | None
    is_reversible: bool

    @property
    def reversing(self) -> Permission:
        """Who may undo the order of today."""
        return REVERSING[self.order.kind] if self.order else Permission.EDIT_CLIENTS

    @classmethod
    def build(
        cls, client: Client, holding: Holding, last: tuple[LicenseOrder, Charge | None] | None, today: date
    ) -> Standing:
        """Prepare it; of the client's last order, with its charge, only one of today is of interest."""
        order, charge = last if last and last[0].ordered_on == today else (None, None)
        is_reversible = order is not None and reversal.is_possible(client, order, charge, holding, today)
        return cls(lines(client, holding), order, charge, is_reversible)
