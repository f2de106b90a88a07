"""Reading a month: the sums of every ledger, each by itself, and each client's part. The number of queries is constant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from portal.closing.spans import Span, open_at, summed
from portal.domain import cycle
from portal.domain.charges import ChargeKind
from portal.domain.closing import FROM_MONEY, Books, Finding, Share, reconcile
from portal.domain.invoices import CreditKind, LineOutcome, PaymentEffect
from portal.extensions import db
from portal.models import (
    AuditEvent,
    Charge,
    Client,
    CreditAccount,
    CreditEntry,
    Invoice,
    InvoiceLine,
    Payment,
    RetailCharge,
)
from portal.models.types import AnyRow, UtcDateTime
from portal.payments.service import ASSIGNED

Shares = dict[int | None, Share]

IDS_A_QUERY = 10_000
"""How many clients are asked for by name at a time: SQLite binds some 32,000 values."""


@dataclass(frozen=True)
class Closing:
    """A month of a partner: its books, what each client has part in (None: no single one), who they are, the findings.

    ``uninvoiced_cents`` are charges that were marked as paid without any invoice.
    """

    books: Books
    shares: Shares
    clients: Sequence[AnyRow]
    uninvoiced_cents: int

    @cached_property
    def findings(self) -> list[Finding]:
        """Every check of the month."""
        return reconcile(self.books, list(self.shares.values()))

    @property
    def is_right(self) -> bool:
        """Whether all ledgers agree to the cent."""
        return not any(finding.difference for finding in self.findings)

    @property
    def total(self) -> Share:
        """All parts added up."""
        return sum(self.shares.values(), Share())


def closing(partner_id: int, month: date) -> Closing:
    """Return a partner's month, from its first day."""
    span, shares = Span.of(month), defaultdict[int | None, Share](Share)
    sums = _invoices(partner_id, span) | _credit_edges(partner_id, span)
    shares[None] = Share(payments_cents=sums["cancelled_received_cents"])
    for part in (_lines, _retail, _entries, _payments, _charges):
        sums |= part(partner_id, span, shares)
    sums["cancelled_received_cents"] += sums.pop("retail_cancelled_cents")
    parts = {client_id: share for client_id, share in shares.items() if share != Share()}
    uninvoiced = sums.pop("uninvoiced_cents")
    return Closing(Books(**sums), parts, _who(parts), uninvoiced)


def _row(names: Iterable[str], query: Any) -> dict[str, Any]:
    values = db.session.execute(query).one()
    return {name: int(value or 0) for name, value in zip(names, values, strict=True)}


def _invoices(partner_id: int, span: Span) -> dict[str, Any]:
    """Read the heads of invoices."""
    ends = (Invoice.settled_at, Invoice.cancelled_at)
    settled, cancelled, issued = span.holds(ends[0]), span.holds(ends[1]), span.has(Invoice.issued_on)
    sums = {
        "settled_lines_cents": summed(Invoice.lines_cents, settled),
        "settled_total_cents": summed(Invoice.total_cents, settled),
        "settled_received_cents": summed(Invoice.received_cents, settled),
        "cancelled_cents": summed(Invoice.lines_cents, cancelled),
        "cancelled_credit_cents": summed(Invoice.credit_cents, cancelled),
        "cancelled_received_cents": summed(Invoice.received_cents, cancelled),
        "issued_cents": summed(Invoice.lines_cents, issued),
        "issued_credit_cents": summed(Invoice.credit_cents, issued),
        "open_before_cents": summed(Invoice.lines_cents, open_at(span.start, Invoice.issued_at, ends)),
        "open_after_cents": summed(Invoice.lines_cents, open_at(span.end, Invoice.issued_at, ends)),
    }
    return _row(sums, select(*sums.values()).where(Invoice.partner_id == partner_id))


def _lines(partner_id: int, span: Span, shares: Shares) -> dict[str, int]:
    """Read the lines of the invoices that were settled."""
    groups = InvoiceLine.client_id, InvoiceLine.charge_id.is_(None), InvoiceLine.outcome
    rows = db.session.execute(
        select(*groups, func.sum(InvoiceLine.amount_cents))
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(Invoice.partner_id == partner_id, span.holds(Invoice.settled_at))
        .group_by(*groups)
    )
    sums = {"line_cents": 0, "charge_line_cents": 0, "credited_line_cents": 0}
    for client_id, is_renewal, outcome, cents in rows:
        is_moved = outcome is LineOutcome.MOVED
        renewal, addition = (cents if is_moved and is_renewal else 0), (cents if is_moved and not is_renewal else 0)
        shares[client_id] += Share(int(renewal), int(addition), 0, int(cents))
        sums["line_cents"] += int(cents)
        sums["charge_line_cents"] += int(addition)
        sums["credited_line_cents"] += 0 if is_moved else int(cents)
    return sums


def _retail(partner_id: int, span: Span, shares: Shares) -> dict[str, int]:
    """Read the charges to end clients that were paid or cancelled: what renewed a client, at cost, and what did not."""
    kinds = CreditEntry.kind.in_((CreditKind.RETAIL, CreditKind.NOT_RENEWED))
    mine = CreditEntry.partner_id == partner_id, CreditEntry.retail_charge_id.is_not(None), kinds
    is_credited = RetailCharge.id.in_(select(CreditEntry.retail_charge_id).where(*mine))
    paid, cancelled = span.holds(RetailCharge.paid_at), span.holds(RetailCharge.cancelled_at)
    rows = db.session.execute(
        select(
            RetailCharge.client_id,
            summed(RetailCharge.amount_cents, paid),
            summed(RetailCharge.cost_cents, paid, ~is_credited),
            summed(RetailCharge.received_cents, cancelled),
        )
        .where(RetailCharge.partner_id == partner_id, or_(paid, cancelled))
        .group_by(RetailCharge.client_id)
    )
    sums = {"retail_paid_cents": 0, "retail_cost_cents": 0, "retail_cancelled_cents": 0}
    for client_id, *cents in rows:
        amount, cost, back = map(int, cents)
        shares[client_id] += Share(renewals_cents=cost, payments_cents=amount + back)
        for name, value in zip(sums, (amount, cost, back), strict=True):
            sums[name] += value
    return sums


def _entries(partner_id: int, span: Span, shares: Shares) -> dict[str, Any]:
    """Read the movements of credit."""
    rows = db.session.execute(
        select(CreditEntry.client_id, CreditEntry.kind, func.sum(CreditEntry.amount_cents))
        .where(CreditEntry.partner_id == partner_id, span.has(CreditEntry.booked_on))
        .group_by(CreditEntry.client_id, CreditEntry.kind)
    )
    credit = defaultdict[CreditKind, int](int)
    for client_id, kind, cents in rows:
        credit[kind] += int(cents)
        if kind in FROM_MONEY:
            shares[client_id] += Share(credits_cents=int(cents))
    return {"credit": dict(credit)}


def _credit_edges(partner_id: int, span: Span) -> dict[str, Any]:
    """Read the balances on both sides of the month, and those of today: of the account, and of its last entry."""
    mine = CreditEntry.partner_id == partner_id

    def last(*clauses: ColumnElement[bool]) -> Any:
        query = select(CreditEntry.balance_cents).where(mine, *clauses).order_by(CreditEntry.id.desc()).limit(1)
        return query.scalar_subquery()

    balance = select(CreditAccount.balance_cents).where(CreditAccount.partner_id == partner_id).scalar_subquery()
    sums = {
        "credit_before_cents": last(CreditEntry.booked_on < span.first),
        "credit_after_cents": last(CreditEntry.booked_on <= cycle.last_of_month(span.first)),
        "account_cents": balance,
        "last_balance_cents": last(),
    }
    return _row(sums, select(*sums.values()))


def _payments(partner_id: int, span: Span, shares: Shares) -> dict[str, int]:
    """Read the payments. One that staff gave a destination later counts from then on: until then it was nobody's."""
    came_at = _came_at(partner_id)
    ends = (Invoice.settled_at, Invoice.cancelled_at, RetailCharge.paid_at, RetailCharge.cancelled_at)
    is_partial, came = Payment.effect == PaymentEffect.PARTIAL, span.holds(came_at)
    is_of_settled = and_(span.holds(Invoice.settled_at), Payment.effect.in_(_OF_OPEN))
    sums = {
        "received_cents": summed(Payment.amount_cents, came),
        "received_credit_cents": summed(Payment.credit_cents, came),
        "held_before_cents": summed(Payment.amount_cents, is_partial, open_at(span.start, came_at, ends)),
        "held_after_cents": summed(Payment.amount_cents, is_partial, open_at(span.end, came_at, ends)),
        "settled_payments_cents": summed(Payment.amount_cents, is_of_settled),
    }
    joined = (
        select(RetailCharge.client_id, *sums.values())
        .select_from(Payment)
        .outerjoin(Invoice, Invoice.id == Payment.invoice_id)
        .outerjoin(RetailCharge, RetailCharge.id == Payment.retail_charge_id)
        .where(Payment.partner_id == partner_id, or_(came, is_partial, is_of_settled))
        .group_by(RetailCharge.client_id)
    )
    found = dict.fromkeys(sums, 0)
    for client_id, *values in db.session.execute(joined):
        for name, value in zip(sums, values, strict=True):
            found[name] += int(value)
        shares[client_id] += Share(payments_cents=int(values[1]))
    return found


_OF_OPEN = (PaymentEffect.PARTIAL, PaymentEffect.SETTLED)
"""What a payment does to something that is open."""


def _came_at(partner_id: int) -> Any:
    """Return when a payment reached the partner: on arrival, or when staff found out that it was meant for it."""
    which = AuditEvent.partner_id == partner_id, AuditEvent.action == ASSIGNED
    found: Mapping[int, datetime] = {
        int(after["payment"]): at
        for after, at in db.session.execute(select(AuditEvent.after, AuditEvent.at).where(*which))
    }
    if not found:
        return Payment.received_at
    whens = [(Payment.id == number, db.literal(at, UtcDateTime())) for number, at in found.items()]
    return case(*whens, else_=Payment.received_at)


def _charges(partner_id: int, span: Span, _shares: Shares) -> dict[str, int]:
    """Read the charges that were paid, on an invoice and without one, and the imports given back after payment."""
    lines = select(InvoiceLine.charge_id).join(Invoice, Invoice.id == InvoiceLine.invoice_id)
    is_asked = Charge.id.in_(lines.where(Invoice.partner_id == partner_id, InvoiceLine.charge_id.is_not(None)))
    is_paid, is_given_back = span.holds(Charge.paid_at), span.holds(Charge.reversed_at)
    is_refused = and_(is_given_back, Charge.kind == ChargeKind.IMPORT, Charge.paid_at.is_not(None))
    sums = {
        "paid_charges_cents": summed(Charge.amount_cents, is_paid, is_asked),
        "uninvoiced_cents": summed(Charge.amount_cents, is_paid, ~is_asked),
        "refused_charges_cents": summed(Charge.amount_cents, is_refused),
    }
    return _row(sums, select(*sums.values()).where(Charge.partner_id == partner_id, or_(is_paid, is_given_back)))


def _who(shares: Shares) -> list[AnyRow]:
    """Return the clients that have part in a month, by name."""
    ids = sorted(client_id for client_id in shares if client_id is not None)
    columns = Client.id, Client.name, Client.document, Client.archived_at, Client.search_key
    found: list[AnyRow] = []
    for some in (ids[start : start + IDS_A_QUERY] for start in range(0, len(ids), IDS_A_QUERY)):
        found += db.session.execute(select(*columns).where(Client.id.in_(some))).all()
    return sorted(found, key=lambda client: (client.search_key, client.id))
