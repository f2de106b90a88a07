"""What becomes of an invoice: settled by the money that arrived, or cancelled (DOMAIN §5).

Whoever calls holds the invoice's row (``locked``) before any client, and clients before the credit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update

from portal import audit
from portal.audit import Actor
from portal.credit import service as credit
from portal.credit.service import Origin
from portal.domain import invoices, renewals
from portal.domain.errors import InvoiceClosed
from portal.domain.invoices import CreditKind, InvoiceKind, InvoiceState, LineOutcome
from portal.domain.statuses import derive_status
from portal.extensions import db
from portal.invoices import queries
from portal.models import AuditEvent, Charge, Client, Invoice, InvoiceLine
from portal.renewals import service as renewing
from portal.renewals.service import Renewal

SETTLED, CANCELLED = "invoice_paid", "invoice_cancelled"
"""What the record calls them."""


def locked(*which: Any) -> Invoice | None:
    """Return an invoice as it is now, which nobody else changes until the transaction ends, or None."""
    query = select(Invoice).where(*which).with_for_update(key_share=True)
    return db.session.scalar(query.execution_options(populate_existing=True))


def settle(
    invoice: Invoice, *, paid_on: date, now: datetime, actor: Actor | None, payment_id: int | None = None
) -> list[InvoiceLine]:
    """Settle an invoice in the caller's transaction, and return the lines whose money became credit.

    ``paid_on`` is the day on which the payer's bank moved the money: a client whose month was not over then is renewed,
    even where the news comes later.
    """
    lines = queries.lines_of(invoice.id)
    clients = _locked_clients(lines)
    if invoice.kind is InvoiceKind.RENEWAL:
        moved = [line for line in lines if _is_renewable(clients[line.client_id], line, paid_on)]
        steps = [Renewal(clients[line.client_id], line.next_due_on) for line in moved if line.next_due_on]
        renewing.renew(steps, now=now, actor=actor, reason=f"Fatura {invoice.number}")
    else:
        moved = _paid_charges(lines, now)
    left = _close(lines, moved)
    for line in (line for line in left if line.amount_cents):
        origin = Origin(invoice_id=invoice.id, payment_id=payment_id, client_id=line.client_id)
        credit.move(invoice.partner_id, CreditKind.NOT_RENEWED, line.amount_cents, now=now, origin=origin)
    invoice.settled_at = now
    after = {"number": invoice.number, "cents": invoice.lines_cents, "moved": len(moved), "credited": len(left)}
    audit.record(SETTLED, actor=actor, now=now, partner_id=invoice.partner_id, after=after)
    credit.touch(invoice.partner_id)
    return left


def _locked_clients(lines: Sequence[InvoiceLine]) -> dict[int, Client]:
    ids = {line.client_id for line in lines}
    query = select(Client).where(Client.id.in_(ids)).order_by(Client.id).with_for_update(key_share=True)
    return {client.id: client for client in db.session.scalars(query.execution_options(populate_existing=True))}


def _is_renewable(client: Client, line: InvoiceLine, paid_on: date) -> bool:
    if line.due_on is None or client.due_on is None:
        return False
    return renewals.is_renewable(derive_status(client, paid_on), client.due_on, line.due_on)


def _paid_charges(lines: Sequence[InvoiceLine], now: datetime) -> list[InvoiceLine]:
    """Mark the lines' charges as paid where they are open still, and return those lines."""
    ids = [line.charge_id for line in lines]
    unpaid = Charge.id.in_(ids), Charge.paid_at.is_(None), Charge.reversed_at.is_(None)
    statement = update(Charge).where(*unpaid).values(paid_at=now).returning(Charge.id)
    paid = set(db.session.scalars(statement, execution_options={"synchronize_session": False}))
    return [line for line in lines if line.charge_id in paid]


def _close(lines: Sequence[InvoiceLine], moved: Iterable[InvoiceLine]) -> list[InvoiceLine]:
    """Write down what became of each line, and return those that did not move."""
    done = {line.id for line in moved}
    for line in lines:
        line.is_open = False
        line.outcome = LineOutcome.MOVED if line.id in done else LineOutcome.CREDITED
    return [line for line in lines if line.id not in done]


def cancel(invoice_id: int, *, now: datetime, actor: Actor | None, reason: str = "") -> AuditEvent | None:
    """Cancel an open invoice: its cycles and charges are free again, credit comes back. Commits.

    What had arrived in part becomes credit. Returns the event, the protocol of it; None where it was cancelled before.

    Raises:
        InvoiceClosed: it is paid.
    """
    invoice = locked(Invoice.id == invoice_id)
    if invoice is None:
        raise ValueError("the caller has found the invoice")
    if invoices.state_of(invoice) is InvoiceState.CANCELLED:
        return None
    event = cancel_held(invoice, now=now, actor=actor, reason=reason)
    db.session.commit()
    return event


def cancel_held(invoice: Invoice, *, now: datetime, actor: Actor | None, reason: str) -> AuditEvent:
    """Cancel an invoice that the caller has locked, in the caller's transaction.

    Raises:
        InvoiceClosed: it is not open.
    """
    if (state := invoices.state_of(invoice)) is not InvoiceState.OPEN:
        raise InvoiceClosed(state)
    free = update(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id).values(is_open=False)
    db.session.execute(free, execution_options={"synchronize_session": "fetch"})
    origin = Origin(invoice_id=invoice.id)
    for kind, cents in ((CreditKind.RETURNED, invoice.credit_cents), (CreditKind.PARTIAL, invoice.received_cents)):
        if cents:
            credit.move(invoice.partner_id, kind, cents, now=now, origin=origin)
    invoice.cancelled_at = now
    after = {"number": invoice.number, "credit_cents": invoice.credit_cents + invoice.received_cents}
    credit.touch(invoice.partner_id)
    return audit.record(CANCELLED, actor=actor, now=now, partner_id=invoice.partner_id, after=after, reason=reason)
