"""What an order costs: lines with their whole arithmetic, so that the quote shown is the charge made (DOMAIN §5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import NamedTuple, Protocol

from portal.domain.catalogue import Item, Product
from portal.domain.cycle import Cycle
from portal.domain.labels import LabelEnum
from portal.domain.prices import PriceTable


class OrderKind(LabelEnum):
    """What an order ("pedido") did to a license; a returned payment and an "Importação" leave it as it is and only owe."""

    REGISTRATION = "registration", "Novo cliente"
    CHANGE = "change", "Alteração da licença"
    REACTIVATION = "reactivation", "Reativação"
    RETURN = "return", "Pagamento devolvido"
    IMPORT = "import", "Importação"


class ChargeKind(LabelEnum):
    """What made a charge; a renewal is quoted like the others, and stands on an invoice or a retail charge at once."""

    REGISTRATION = "registration", "Novo cliente"
    ADDITION = "addition", "Adicional"
    REACTIVATION = "reactivation", "Reativação"
    RENEWAL = "renewal", "Renovação"
    RETURN = "return", "Pagamento devolvido"
    IMPORT = "import", "Importação"


class ChargeState(LabelEnum):
    """What became of a charge."""

    OPEN = "open", "Em aberto"
    PAID = "paid", "Paga"
    REVERSED = "reversed", "Estornada"


class Marks(NamedTuple):
    """Which moments a charge of a state has; None where it does not matter."""

    paid: bool | None
    reversed: bool


STATES: Mapping[ChargeState, Marks] = MappingProxyType(
    {
        ChargeState.OPEN: Marks(paid=False, reversed=False),
        ChargeState.PAID: Marks(paid=True, reversed=False),
        ChargeState.REVERSED: Marks(paid=None, reversed=True),
    }
)
"""Every charge has exactly one state; read by ``state_of`` and by the ledger's SQL."""


class Settling(Protocol):
    """What a state follows from."""

    @property
    def paid_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def reversed_at(self) -> datetime | None: ...  # noqa: D102


def state_of(charge: Settling) -> ChargeState:
    """Return what became of a charge; a reversed one is nothing else, whether or not it was paid."""
    is_paid, is_reversed = charge.paid_at is not None, charge.reversed_at is not None
    return next(
        state for state, marks in STATES.items() if marks.reversed is is_reversed and marks.paid in {None, is_paid}
    )


def prorated_cents(unit_cents: int, quantity: int, days: int, divisor: int) -> int:
    """Return price x quantity x days / days of the cycle in cents: one rounding, half up (DOMAIN §5, R4, R20)."""
    exact = Decimal(unit_cents) * quantity * days / divisor
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@dataclass(frozen=True)
class Line:
    """One item of a charge; everything that its amount follows from is frozen in it.

    ``days`` of ``divisor`` days of the cycle are charged; ``unit_cents`` is the price of one unit for the whole cycle.
    """

    item: Item
    quantity: int
    unit_cents: int
    days: int
    divisor: int

    @property
    def amount_cents(self) -> int:
        """What the line costs."""
        return prorated_cents(self.unit_cents, self.quantity, self.days, self.divisor)

    @property
    def is_whole_cycle(self) -> bool:
        """Whether the whole cycle is charged, so that no arithmetic of days is needed to explain it."""
        return self.days == self.divisor


@dataclass(frozen=True)
class Quote:
    """What an order costs if it is confirmed today, by one version of the price table.

    ``price_version`` is None only where nothing is charged. ``due_on`` is the last day that is paid for by it.
    """

    kind: ChargeKind
    lines: tuple[Line, ...]
    due_on: date
    price_version: int | None

    @property
    def total_cents(self) -> int:
        """The sum of the lines, each rounded by itself."""
        return sum(line.amount_cents for line in self.lines)

    @property
    def facts(self) -> dict[str, object]:
        """What has to be the same when the quote is confirmed; another price, day or quantity makes another quote."""
        lines = [[line.item.value, line.quantity, line.unit_cents, line.days, line.divisor] for line in self.lines]
        return {"kind": self.kind.value, "due_on": self.due_on.isoformat(), "lines": lines}


def lines_of(
    product: Product, quantities: Mapping[Item, int], *, cycle: Cycle, today: date, prices: PriceTable
) -> tuple[Line, ...]:
    """Return a line for each item: from today to the end of the cycle, never more than the cycle (DOMAIN R4-R7, R21).

    Raises:
        PriceMissing: the price table does not know one of the items.
    """
    days, divisor = cycle.days_from(today), cycle.days
    return tuple(
        Line(item, quantities[item], prices.of(product, item), days, divisor)
        for item in Item
        if quantities.get(item, 0) > 0
    )
