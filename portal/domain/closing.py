"""Closing a month: every sum is read from two ledgers and has to be the same in both (docs/closing.md). Cents throughout."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from portal.domain.invoices import CreditKind
from portal.domain.labels import LabelEnum

FROM_MONEY = frozenset(CreditKind) - {CreditKind.REDEMPTION, CreditKind.RETURNED, CreditKind.REFUSED}
"""The credit that is money which arrived; the rest is credit that was used, or given back."""

AT_ONCE = frozenset({CreditKind.EXCESS, CreditKind.LATE})
"""The credit that a payment becomes at once."""

LEFT = frozenset({CreditKind.NOT_RENEWED, CreditKind.MARGIN, CreditKind.RETAIL})
"""The credit that is left where what was paid for is settled."""


class Check(LabelEnum):
    """What is compared."""

    RECEIVED = "received", "Pagamentos recebidos e o que fizeram"
    SETTLED = "settled", "Recebido das faturas pagas e seus pagamentos"
    LINES = "lines", "Faturas pagas e seus itens"
    ADDITIONS = "additions", "Cobranças pagas e itens de fatura"
    INVOICES = "invoices", "Faturas emitidas, pagas, canceladas e em aberto"
    CREDIT = "credit", "Saldo de crédito e seus movimentos"
    BALANCE = "balance", "Saldo da conta de crédito e último movimento"
    USED = "used", "Crédito usado e faturas emitidas"
    RETURNED = "returned", "Crédito devolvido e faturas canceladas"
    AT_ONCE = "at_once", "Crédito de pagamentos e pagamentos"
    PARTIAL = "partial", "Crédito de valores parciais e cancelamentos"
    LEFT = "left", "Crédito de itens e cobranças e suas quitações"
    REFUSED = "refused", "Crédito de importações recusadas e suas cobranças"
    CLIENTS = "clients", "Pagamentos por cliente e seus destinos"


@dataclass(frozen=True)
class Finding:
    """A check with both sums."""

    check: Check
    one_cents: int
    other_cents: int

    @property
    def difference(self) -> int:
        """What the one ledger has more than the other; nothing where they agree."""
        return self.one_cents - self.other_cents


@dataclass(frozen=True)
class Share:
    """One client's part of a month, or the part that is no single client's.

    ``payments_cents`` is what was settled for it, with money or credit, and what arrived beside that.
    """

    renewals_cents: int = 0
    additions_cents: int = 0
    credits_cents: int = 0
    payments_cents: int = 0

    @property
    def difference(self) -> int:
        """What was paid and went nowhere; nothing where all is accounted for."""
        return self.payments_cents - self.renewals_cents - self.additions_cents - self.credits_cents

    def __add__(self, other: Share) -> Share:
        """Return both added up."""
        return Share(
            self.renewals_cents + other.renewals_cents,
            self.additions_cents + other.additions_cents,
            self.credits_cents + other.credits_cents,
            self.payments_cents + other.payments_cents,
        )


@dataclass(frozen=True)
class Books:
    """A month's sums, each read from one ledger. "Held" is money of invoices and charges still open at that moment.

    ``credit`` are the movements of the month by kind, uses below nothing.
    """

    received_cents: int = 0
    received_credit_cents: int = 0
    held_before_cents: int = 0
    held_after_cents: int = 0
    settled_lines_cents: int = 0
    settled_total_cents: int = 0
    settled_received_cents: int = 0
    settled_payments_cents: int = 0
    line_cents: int = 0
    charge_line_cents: int = 0
    credited_line_cents: int = 0
    paid_charges_cents: int = 0
    refused_charges_cents: int = 0
    open_before_cents: int = 0
    issued_cents: int = 0
    issued_credit_cents: int = 0
    cancelled_cents: int = 0
    cancelled_credit_cents: int = 0
    cancelled_received_cents: int = 0
    open_after_cents: int = 0
    retail_paid_cents: int = 0
    retail_cost_cents: int = 0
    credit: Mapping[CreditKind, int] = field(default_factory=dict)
    credit_before_cents: int = 0
    credit_after_cents: int = 0
    account_cents: int = 0
    last_balance_cents: int = 0

    def credited(self, *kinds: CreditKind) -> int:
        """Return the movements of some kinds."""
        return sum(self.credit.get(kind, 0) for kind in kinds)


def reconcile(books: Books, shares: Collection[Share]) -> list[Finding]:
    """Compare the ledgers of a month, sum by sum; none may differ."""
    spent = books.settled_total_cents + books.retail_paid_cents + books.credited(*AT_ONCE, CreditKind.PARTIAL)
    left = books.credited_line_cents + books.retail_paid_cents - books.retail_cost_cents
    clients = sum(shares, Share())
    sums = {
        Check.RECEIVED: (books.received_cents, spent + books.held_after_cents - books.held_before_cents),
        Check.SETTLED: (books.settled_received_cents, books.settled_payments_cents),
        Check.LINES: (books.settled_lines_cents, books.line_cents),
        Check.ADDITIONS: (books.paid_charges_cents, books.charge_line_cents),
        Check.INVOICES: (
            books.open_before_cents + books.issued_cents,
            books.settled_lines_cents + books.cancelled_cents + books.open_after_cents,
        ),
        Check.CREDIT: (books.credit_before_cents + sum(books.credit.values()), books.credit_after_cents),
        Check.BALANCE: (books.account_cents, books.last_balance_cents),
        Check.USED: (-books.credited(CreditKind.REDEMPTION), books.issued_credit_cents),
        Check.RETURNED: (books.credited(CreditKind.RETURNED), books.cancelled_credit_cents),
        Check.AT_ONCE: (books.credited(*AT_ONCE), books.received_credit_cents),
        Check.PARTIAL: (books.credited(CreditKind.PARTIAL), books.cancelled_received_cents),
        Check.LEFT: (books.credited(*LEFT), left),
        Check.REFUSED: (books.credited(CreditKind.REFUSED), books.refused_charges_cents),
        Check.CLIENTS: (clients.payments_cents, clients.payments_cents - sum(abs(one.difference) for one in shares)),
    }
    return [Finding(check, *both) for check, both in sums.items()]
