"""The license picker as templates show it: a line for each item that a product offers, with its price."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from portal import formatting
from portal.domain import licenses
from portal.domain.catalogue import OFFERS, Item, Product
from portal.domain.prices import PriceTable
from portal.registrations.selection import Selection


@dataclass(frozen=True)
class PickerLine:
    """An item to choose: how many of it, at which price (of one unit a month; "" where the table has none); ``note`` says what is held."""

    item: Item
    label: str
    value: str
    least: int
    most: int
    price: str
    needs: str
    error: str
    note: str = ""

    @property
    def is_switch(self) -> bool:
        """Whether the item is on or off: a checkbox instead of a number."""
        return (self.least, self.most) == (0, 1)

    @property
    def is_fixed(self) -> bool:
        """Whether there is nothing to choose."""
        return self.least == self.most

    @property
    def is_on(self) -> bool:
        """Whether a checkbox is ticked."""
        return self.value not in {"", "0"}


def lines(selection: Selection, prices: PriceTable) -> list[PickerLine]:
    """Return the base license and what the product offers beside it; TEF only where it is held (DOMAIN §4)."""
    shown = [Item.BASE, *licenses.offered(selection.product)]
    offered = [item for item in shown if item is Item.BASE or not _is_withheld(item, selection, prices)]
    return [_line(item, selection, prices) for item in offered]


def _is_withheld(item: Item, selection: Selection, prices: PriceTable) -> bool:
    """Say whether there is nothing to choose here: TEF has a menu of its own, others are not offered; what is held shows."""
    is_closed = item is Item.TEF or (selection.product, item) in prices.withheld
    return is_closed and not selection.held.get(item)


def strangers(selection: Selection, shown: Iterable[PickerLine]) -> list[str]:
    """Return what is wrong with items that the picker has no field for."""
    fields = {line.item for line in shown if not line.is_fixed}
    return [error for item, error in selection.errors.items() if item not in fields]


BASE_LABEL = {Product.LINK: "Licenças do Link", Product.NAVI: "Licença do Navi"}


def _line(item: Item, selection: Selection, prices: PriceTable) -> PickerLine:
    product, needs, least = selection.product, OFFERS[item].needs, licenses.least(item)
    most = licenses.most(product, item)
    if item is Item.TEF:
        most = selection.held.get(item, 0)  # more of it only by its own menu
    cents = prices.cents.get((product, item))
    return PickerLine(
        item,
        BASE_LABEL[product] if item is Item.BASE else item.label,
        selection.typed.get(item, str(least)),
        least,
        most,
        "" if cents is None else formatting.money(cents),
        needs.label if needs else "",
        selection.errors.get(item, ""),
    )


def label(product: Product, item: Item) -> str:
    """Return what a line of a quote or of a charge is called: the base license by its program's name."""
    return product.full_label if item is Item.BASE else item.label
