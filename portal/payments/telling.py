"""Telling the partner of money that became credit, because it could renew nobody or came too late (DOMAIN §5)."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy import func, select

from portal import clock
from portal.domain.invoices import CreditKind
from portal.domain.notices import NoticeKind
from portal.extensions import db
from portal.models import CreditEntry, InvoiceLine
from portal.notifications import telling

log = logging.getLogger(__name__)

TOLD = {CreditKind.NOT_RENEWED, CreditKind.LATE}
"""What nobody meant to happen; a margin, or what was paid too much, is seen in the ledger."""


def tell_of_credit(partner_id: int, payment_id: int, now: datetime) -> None:
    """Make a notice for each such line of the ledger, in the caller's transaction; failing takes no money back."""
    try:
        with db.session.begin_nested():
            _tell(partner_id, payment_id, now)
    except Exception:
        log.exception("payment %s became credit, and nobody is told", payment_id)


def _tell(partner_id: int, payment_id: int, now: datetime) -> None:
    first = select(InvoiceLine.client_id).where(InvoiceLine.invoice_id == CreditEntry.invoice_id)
    client_id = func.coalesce(CreditEntry.client_id, first.order_by(InvoiceLine.id).limit(1).scalar_subquery())
    of_payment = CreditEntry.partner_id == partner_id, CreditEntry.payment_id == payment_id
    rows = db.session.execute(select(CreditEntry.id, client_id).where(*of_payment, CreditEntry.kind.in_(TOLD)))
    for entry_id, whose in rows.all():
        telling.tell(
            NoticeKind.CREDITED,
            partner_id=partner_id,
            client_id=whose,
            subject_id=entry_id,
            effective_on=clock.local_date(now),
            now=now,
        )
