"""What rows of an import cost, all on the same day and by the same prices: each a quote like any other new client's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from portal.domain import licenses
from portal.domain.catalogue import Item, Product
from portal.domain.charges import ChargeKind, Line, Quote
from portal.domain.licenses import Quantities
from portal.domain.prices import PriceTable

LAST_DUE_DAY = 28


@dataclass(frozen=True)
class Terms:
    """The day, the partner's due day and the price table that quotes are made from; another of them makes others."""

    today: date
    due_day: int
    prices: PriceTable
    _made: dict[tuple[Product, frozenset[tuple[Item, int]]], Quote] = field(default_factory=dict, compare=False)

    def quote(self, product: Product, wanted: Quantities) -> Quote:
        """Return what registering a client today costs (DOMAIN R6, R7); equal sets are worked out once.

        Raises:
            PriceMissing: an item has no price.
        """
        key = product, frozenset(wanted.items())
        if key not in self._made:
            self._made[key] = licenses.contract(
                ChargeKind.REGISTRATION, product, wanted, due_day=self.due_day, today=self.today, prices=self.prices
            )
        return self._made[key]


def free_until(due_on: date) -> Quote:
    """Return the quote of a client that begins with an existing due date: nothing is charged."""
    return Quote(ChargeKind.REGISTRATION, (), due_on, None)


def due_day_of(due_on: date) -> int:
    """Return the due day that keeps the cycle of an existing due date (1-28, DOMAIN §5)."""
    return min(due_on.day, LAST_DUE_DAY)


@dataclass(frozen=True)
class Group:
    """One line of the arithmetic that so many clients have alike."""

    product: Product
    line: Line
    clients: int

    @property
    def amount_cents(self) -> int:
        """What these clients pay for it together: each line is rounded by itself."""
        return self.clients * self.line.amount_cents

    def as_json(self) -> dict[str, Any]:
        """Return it as a run keeps it."""
        return {"product": self.product.value, "clients": self.clients} | asdict(self.line)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Group:
        """Return the group that ``as_json`` kept."""
        facts = {name: kept[name] for name in ("quantity", "unit_cents", "days", "divisor")}
        line = Line(Item(kept["item"]), **facts)  # type: ignore[call-arg]
        return cls(Product(kept["product"]), line, kept["clients"])  # type: ignore[call-arg]


def grouped(quotes: Iterable[tuple[Product, Quote]]) -> list[Group]:
    """Return the lines of many quotes, equal ones put together, in the catalogue's order."""
    counts = Counter((product, line) for product, quote in quotes for line in quote.lines)
    order = {item: place for place, item in enumerate(Item)}
    groups = [Group(product, line, clients) for (product, line), clients in counts.items()]
    return sorted(groups, key=lambda group: (group.product.value, order[group.line.item], group.line.quantity))
