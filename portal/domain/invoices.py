"""Invoices ("faturas") and the money that arrives for them: what moves, what becomes credit (DOMAIN §5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from portal.domain.labels import LabelEnum


class InvoiceKind(LabelEnum):
    """What an invoice asks for; never both (DOMAIN §5)."""

    RENEWAL = "renewal", "Renovação"
    ADDITIONS = "additions", "Adicionais"


class InvoiceState(LabelEnum):
    """What became of an invoice."""

    OPEN = "open", "Em aberto"
    PAID = "paid", "Paga"
    CANCELLED = "cancelled", "Cancelada"


class LineOutcome(LabelEnum):
    """What payment made of a line."""

    MOVED = "moved", "Concluída"
    CREDITED = "credited", "Virou crédito"


class CreditKind(LabelEnum):
    """Where credit came from, or went to (DOMAIN §5, "Crédito")."""

    REDEMPTION = "redemption", "Uso em fatura"
    RETURNED = "returned", "Fatura cancelada: crédito devolvido"
    PARTIAL = "partial", "Fatura cancelada: valor já pago"
    EXCESS = "excess", "Pagamento a maior"
    NOT_RENEWED = "not_renewed", "Pagamento de cliente que não pôde ser renovado"
    LATE = "late", "Pagamento de fatura já encerrada"
    MARGIN = "margin", "Margem de cobrança"
    RETAIL = "retail", "Cobrança paga depois da renovação"
    REFUSED = "refused", "Importação recusada: valor devolvido"


class PaymentSource(LabelEnum):
    """Who says that money arrived."""

    WEBHOOK = "webhook", "Pix"
    STAFF = "staff", "Fornecedor"


class PaymentEffect(LabelEnum):
    """What a payment did."""

    SETTLED = "settled", "Quitou"
    PARTIAL = "partial", "Parcial"
    CREDITED = "credited", "Virou crédito"
    UNMATCHED = "unmatched", "Sem destino"


class Settling(Protocol):
    """What an invoice's state follows from."""

    @property
    def settled_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def cancelled_at(self) -> datetime | None: ...  # noqa: D102


def state_of(invoice: Settling) -> InvoiceState:
    """Return what became of an invoice; never both paid and cancelled."""
    if invoice.cancelled_at is not None:
        return InvoiceState.CANCELLED
    return InvoiceState.PAID if invoice.settled_at is not None else InvoiceState.OPEN


@dataclass(frozen=True)
class Receipt:
    """What an amount does to an invoice: whether it settles it, and how much of it becomes credit at once, and why."""

    effect: PaymentEffect
    credit_cents: int = 0
    credit_kind: CreditKind | None = None


def receive(state: InvoiceState, *, total_cents: int, received_cents: int, amount_cents: int) -> Receipt:
    """Return what an amount that arrives does (DOMAIN §5, "money that arrives is never refused").

    Partial: it stays open with its rest and nothing moves. Too much: the excess is credit. Settled or cancelled before:
    all of it is.
    """
    if state is not InvoiceState.OPEN:
        return Receipt(PaymentEffect.CREDITED, amount_cents, CreditKind.LATE)
    excess = received_cents + amount_cents - total_cents
    if excess < 0:
        return Receipt(PaymentEffect.PARTIAL)
    return Receipt(PaymentEffect.SETTLED, excess, CreditKind.EXCESS if excess else None)


def usable_credit(balance_cents: int, lines_cents: int) -> int:
    """Return the most credit that an invoice can use: never more than there is, nor than it asks for."""
    return max(0, min(balance_cents, lines_cents))


def split(cents: int, weights: Sequence[int]) -> list[int]:
    """Share an amount out in proportion to weights, to the cent: the largest remainders get what rounding leaves.

    Of equal remainders the first does; where all weights are nothing, the first share is everything.
    """
    total = sum(weights)
    if not total:
        return [cents, *([0] * (len(weights) - 1))]
    shares = [cents * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: -(cents * weights[place] % total))
    for place in by_remainder[: cents - sum(shares)]:
        shares[place] += 1
    return shares
