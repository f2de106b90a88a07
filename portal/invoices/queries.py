"""Reading invoices: one of a partner's, with its lines and their arithmetic."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from portal.domain.errors import NotFound
from portal.extensions import db
from portal.models import AuditEvent, Invoice, InvoiceLine


def get_invoice(partner_id: int, invoice_id: int) -> Invoice:
    """Return a partner's invoice.

    Raises:
        NotFound: there is none with this id at this partner.
    """
    which = Invoice.id == invoice_id, Invoice.partner_id == partner_id
    invoice: Invoice | None = db.session.scalar(select(Invoice).where(*which))
    if invoice is None:
        raise NotFound
    return invoice


def made_by(key: str) -> tuple[Invoice, AuditEvent] | None:
    """Return the invoice that a form's key made, with its event, or None."""
    made = select(Invoice, AuditEvent).join(AuditEvent, AuditEvent.id == Invoice.event_id).where(Invoice.key == key)
    row = db.session.execute(made).one_or_none()
    return (row[0], row[1]) if row else None


def lines_of(invoice_id: int) -> Sequence[InvoiceLine]:
    """Return an invoice's lines in their order."""
    return db.session.scalars(
        select(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id).order_by(InvoiceLine.id)
    ).all()
