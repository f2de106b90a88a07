"""Undoing an order: "Estornar pedido" (DOMAIN §5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.domain.charges import OrderKind
from portal.domain.errors import OrderFixed
from portal.domain.labels import LabelEnum
from portal.domain.roles import Permission


class Fixed(LabelEnum):
    """Why an order can no longer be undone."""

    REVERSED = "reversed", "o pedido já foi estornado"
    ANOTHER_DAY = "another_day", "só dá para estornar no mesmo dia"
    PAID = "paid", "a cobrança já foi paga"
    INVOICED = "invoiced", "está em uma fatura em aberto: cancele a fatura antes"
    CODE_USED = "code_used", "um código emitido por ele já foi usado"
    CHANGED = "changed", "a licença mudou depois dele"


@dataclass(frozen=True)
class Standing:
    """How an order stands: what has happened since it was confirmed.

    ``is_invoiced`` says that an open invoice or retail charge asks for its charge, or for the cycle that it changed.
    ``is_last`` says that no later order stands and that the license is still what this one made of it.
    """

    ordered_on: date
    is_reversed: bool
    is_paid: bool
    is_invoiced: bool
    is_code_used: bool
    is_last: bool


def why_fixed(standing: Standing, today: date) -> Fixed | None:
    """Return the first reason why an order cannot be undone, or None where it can."""
    reasons = {
        Fixed.REVERSED: standing.is_reversed,
        Fixed.ANOTHER_DAY: standing.ordered_on != today,
        Fixed.PAID: standing.is_paid,
        Fixed.INVOICED: standing.is_invoiced,
        Fixed.CODE_USED: standing.is_code_used,
        Fixed.CHANGED: not standing.is_last,
    }
    return next((why for why, holds in reasons.items() if holds), None)


def ensure_reversible(standing: Standing, today: date) -> None:
    """Refuse to undo an order that is fixed.

    Raises:
        OrderFixed: with the reason.
    """
    if why := why_fixed(standing, today):
        raise OrderFixed(why)


REVERSING: dict[OrderKind, Permission] = {
    OrderKind.REGISTRATION: Permission.MANAGE_CLIENTS,
    OrderKind.CHANGE: Permission.EDIT_CLIENTS,
    OrderKind.REACTIVATION: Permission.MANAGE_CLIENTS,
}
"""Who may undo an order: whoever may place one of its kind (DOMAIN §11)."""
