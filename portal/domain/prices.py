"""What the partner pays: a version of the price table, valid from a date on (DOMAIN §4). Amounts are integer cents a month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from portal.domain.catalogue import OFFERS, Item, Product
from portal.domain.errors import PriceMissing

PriceKey = tuple[Product, Item]

PRICED: tuple[PriceKey, ...] = tuple(
    (product, item) for product in Product for item in Item if product in OFFERS[item].products
)
"""Every (product, item) that a complete table has a price for."""


@dataclass(frozen=True)
class PriceTable:
    """One version: what a unit of each item costs a whole month. Earlier versions keep their prices.

    ``withheld`` is what the vendor does not offer for the time being, whatever the version: who holds it keeps it.
    """

    version: int
    valid_from: date
    cents: Mapping[PriceKey, int]
    withheld: frozenset[PriceKey] = frozenset()

    def of(self, product: Product, item: Item) -> int:
        """Return the price of one unit for one cycle, in cents.

        Raises:
            PriceMissing: the table has none; nothing is sold at a guess.
        """
        try:
            return self.cents[product, item]
        except KeyError:
            raise PriceMissing(product, item) from None

    @property
    def missing(self) -> tuple[PriceKey, ...]:
        """What the catalogue offers and this version has no price for."""
        return tuple(key for key in PRICED if key not in self.cents)


def valid_on(tables: Iterable[PriceTable], day: date) -> PriceTable | None:
    """Return the version that holds on a day: the newest of those valid from that day or an earlier one."""
    begun = [table for table in tables if table.valid_from <= day]
    return max(begun, key=lambda table: (table.valid_from, table.version), default=None)


def moves(before: Mapping[PriceKey, int], after: Mapping[PriceKey, int]) -> dict[PriceKey, int]:
    """Return what a unit costs more (or less) by another table, in cents; what stays the same, or is new, is not there."""
    return {
        key: after[key] - before[key] for key in PRICED if key in before and after.get(key, before[key]) != before[key]
    }


def monthly_move(moved: Mapping[PriceKey, int], units: Mapping[PriceKey, int]) -> int:
    """Return what so many units cost more (or less) a month, in cents."""
    return sum(cents * units.get(key, 0) for key, cents in moved.items())


def has_begun(valid_from: date, today: date) -> bool:
    """Say whether a version holds already, so that it is never changed; only one that is still to come may be."""
    return valid_from <= today
