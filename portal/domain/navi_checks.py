"""What must hold between the lines of a Navi backup: numbers that grow, references that lead somewhere, sums that add up.

Everything is checked while the lines pass by once, file after file in the format's order; what has to be remembered are the
numbers of customers, products and sales.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.domain.labels import LabelEnum
from portal.domain.navi_backup import SHAPES, Entity
from portal.domain.shapes import Flaw, Unreadable, read

Row = Mapping[str, Any]


class Misfit(LabelEnum):
    """What is said of a line that does not fit the others."""

    GROW = "grow", "deve ser maior que o da linha anterior"
    CUSTOMER = "customer", "não há cliente com este número"
    PRODUCT = "product", "não há produto com este número"
    SALE = "sale", "não há venda com este número"
    ITEM = "item", "deve ser quantidade × preço: {cents}"
    TOTAL = "total", "deve ser a soma dos itens menos o desconto: {cents}"
    PAID = "paid", "os pagamentos somam {cents}, diferente do total"
    INSTALMENTS = "instalments", "deve ser a soma das parcelas: {cents}"
    NUMBERED = "numbered", "as parcelas são numeradas a partir de 1"
    OVERPAID = "overpaid", "não pode passar do valor da parcela"


@dataclass
class Sums:
    """What a backup adds up to, in cents; ``open_credits`` are those with something unpaid, the only ones that migrate."""

    sales_cents: int = 0
    open_credits: int = 0
    receivable_cents: int = 0


@dataclass
class _Numbers:
    """Numbers that grow: the last one tells whether the next may follow, the sorted rest who is there."""

    known: array[int] = field(default_factory=lambda: array("q"))

    def take(self, number: int) -> bool:
        """Remember a number if it is larger than the last one."""
        if self.known and number <= self.known[-1]:
            return False
        self.known.append(number)
        return True

    def has(self, number: int) -> bool:
        """Say whether a number was taken."""
        place = bisect_left(self.known, number)
        return place < len(self.known) and self.known[place] == number


class Checker:
    """Reads the lines of a backup's files, in the order of ``Entity``, and adds up what they hold."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self.sums = Sums()
        self._numbers = {entity: _Numbers() for entity in Entity}
        self._checks: dict[Entity, Callable[[Row], Iterator[Flaw]]] = {
            Entity.CUSTOMERS: lambda _row: iter(()),
            Entity.PRODUCTS: lambda _row: iter(()),
            Entity.STOCK: self._stock,
            Entity.SALES: self._sale,
            Entity.CREDITS: self._credit,
            Entity.FISCAL_NOTES: self._note,
        }

    def line(self, entity: Entity, content: bytes) -> list[Flaw]:
        """Return what is wrong with the next line of a file; [] where it is sound, and counted.

        A line that cannot be read is not compared with others.
        """
        try:
            row = read(SHAPES[entity], content)
        except Unreadable as error:
            return error.flaws
        return [*self._order(entity, row), *self._checks[entity](row)]

    def _order(self, entity: Entity, row: Row) -> Iterator[Flaw]:
        name = "product_id" if entity is Entity.STOCK else "id"
        if not self._numbers[entity].take(row[name]):
            yield Flaw(f"/{name}", Misfit.GROW.label)

    def _known(self, entity: Entity, row: Row, name: str, misfit: Misfit, pointer: str = "") -> Iterator[Flaw]:
        if name in row and not self._numbers[entity].has(row[name]):
            yield Flaw(f"{pointer}/{name}", misfit.label)

    def _stock(self, row: Row) -> Iterator[Flaw]:
        yield from self._known(Entity.PRODUCTS, row, "product_id", Misfit.PRODUCT)

    def _sale(self, row: Row) -> Iterator[Flaw]:
        yield from self._known(Entity.CUSTOMERS, row, "customer_id", Misfit.CUSTOMER)
        for number, item in enumerate(row["items"]):
            yield from self._item(item, f"/items/{number}")
        cents = sum(item["total_cents"] for item in row["items"]) - row["discount_cents"]
        if cents != row["total_cents"]:
            yield Flaw("/total_cents", Misfit.TOTAL.label.format(cents=cents))
        paid = sum(payment["amount_cents"] for payment in row["payments"])
        if paid != row["total_cents"]:
            yield Flaw("/payments", Misfit.PAID.label.format(cents=paid))
        self.sums.sales_cents += row["total_cents"]

    def _item(self, item: Row, pointer: str) -> Iterator[Flaw]:
        yield from self._known(Entity.PRODUCTS, item, "product_id", Misfit.PRODUCT, pointer)
        cents = line_total_cents(item["quantity_milli"], item["unit_price_cents"])
        if cents != item["total_cents"]:
            yield Flaw(f"{pointer}/total_cents", Misfit.ITEM.label.format(cents=cents))

    def _credit(self, row: Row) -> Iterator[Flaw]:
        yield from self._known(Entity.CUSTOMERS, row, "customer_id", Misfit.CUSTOMER)
        yield from self._known(Entity.SALES, row, "sale_id", Misfit.SALE)
        parts = row["instalments"]
        cents = sum(part["amount_cents"] for part in parts)
        if cents != row["total_cents"]:
            yield Flaw("/total_cents", Misfit.INSTALMENTS.label.format(cents=cents))
        if [part["number"] for part in parts] != list(range(1, len(parts) + 1)):
            yield Flaw("/instalments", Misfit.NUMBERED.label)
        for number, part in enumerate(parts):
            if part["paid_cents"] > part["amount_cents"]:
                yield Flaw(f"/instalments/{number}/paid_cents", Misfit.OVERPAID.label)
        if open_cents := cents - sum(part["paid_cents"] for part in parts):
            self.sums.open_credits += 1
            self.sums.receivable_cents += open_cents

    def _note(self, row: Row) -> Iterator[Flaw]:
        yield from self._known(Entity.SALES, row, "sale_id", Misfit.SALE)


def line_total_cents(quantity_milli: int, unit_price_cents: int) -> int:
    """Return what so many thousandths of a unit cost, rounded half up."""
    return (quantity_milli * unit_price_cents + 500) // 1000
