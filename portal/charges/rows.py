"""What the templates of charges show, prepared: no rule, no query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from portal import formatting
from portal.domain.catalogue import Item
from portal.domain.charges import ChargeKind, ChargeState, Line, state_of

COLOURS = {ChargeState.OPEN: "suspended", ChargeState.PAID: "active", ChargeState.REVERSED: "inactive"}
"""The classes of the clients' statuses, whose colours mean the same."""

TAB_LABELS = {ChargeState.OPEN: "Em aberto", ChargeState.PAID: "Pagas", ChargeState.REVERSED: "Estornadas"}
SHEET_HEAD = (
    "Cobrança", "Data", "ID do cliente", "Cliente", "CPF/CNPJ", "Origem", "Válida até", "Valor", "Situação", "Paga em",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """A charge in a list. A client whose registration was undone has no page any more.

    ``invoice_id`` is the open invoice that asks for it, if one does, ``invoice_number`` what that one is called.
    """

    id: int
    client_id: int
    name: str
    has_page: bool
    charged: str
    kind: ChargeKind
    amount: str
    state: ChargeState
    colour: str
    invoice_id: int | None
    invoice_number: int | None

    @classmethod
    def build(cls, charge: Any) -> ChargeRow:
        """Prepare one charge with whose it is."""
        state = state_of(charge)
        return cls(
            charge.id,
            charge.client_id,
            charge.name,
            charge.archived_at is None,
            formatting.day(charge.charged_on),
            charge.kind,
            formatting.money(charge.amount_cents),
            state,
            COLOURS[state],
            charge.invoice_id,
            charge.invoice_number,
        )


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line with the amount that was charged; what its arithmetic was is frozen with it."""

    item: Item
    quantity: int
    unit_cents: int
    days: int
    divisor: int
    amount_cents: int
    is_whole_cycle: bool


@dataclass(frozen=True)
class ChargeDetail:
    """A charge with its lines and where it comes from: the price table's version and the protocol of the order."""

    row: ChargeRow
    lines: list[LineRow]
    through: str
    version: int
    valid_from: str
    protocol: int
    paid: str
    reversed: str

    @classmethod
    def build(cls, rows: Sequence[Any]) -> ChargeDetail:
        """Prepare one charge from its rows, one for each line."""
        charge = rows[0]
        return cls(
            row=ChargeRow.build(charge),
            lines=sorted(filter(None, map(_line, rows)), key=lambda line: list(Item).index(line.item)),
            through=formatting.day(charge.through_on),
            version=charge.price_version_id,
            valid_from=formatting.day(charge.valid_from),
            protocol=charge.event_id,
            paid=formatting.day_of(charge.paid_at),
            reversed=formatting.day_of(charge.reversed_at),
        )

    @classmethod
    def build_all(cls, rows: Iterable[Any]) -> list[ChargeDetail]:
        """Prepare charges from rows in which the lines of each follow one another."""
        return [cls.build(list(group)) for _charge_id, group in groupby(rows, key=lambda row: row.id)]


def _line(row: Any) -> LineRow | None:
    if row.item is None:
        return None
    arithmetic = row.item, row.quantity, row.unit_cents, row.days, row.divisor
    return LineRow(*arithmetic, row.line_cents, Line(*arithmetic).is_whole_cycle)


def sheet_cells(charge: Any) -> list[str]:
    """Return a charge as a line of the export."""
    return [
        str(charge.id),
        formatting.day(charge.charged_on),
        str(charge.client_id),
        charge.name,
        formatting.document(charge.document),
        charge.kind.label,
        formatting.day(charge.through_on),
        formatting.decimal(charge.amount_cents),
        state_of(charge).label,
        formatting.day_of(charge.paid_at),
    ]
