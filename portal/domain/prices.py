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
    """One version: what a unit of each item costs a whole month. Earlier versions keep their prices."""

    version: int
    valid_from: date
    cents: Mapping[PriceKey, int]

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
