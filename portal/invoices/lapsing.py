"""Cancelling renewal invoices that nobody paid while their clients could still be renewed: the work of the 1st (DOMAIN §5).

Each is a transaction of its own, its row locked first and the partner's credit last, as a payment of it does: whichever
comes first decides, the other finds it closed.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, select

from portal import clock
from portal.domain import cycle
from portal.domain.errors import InvoiceClosed
from portal.domain.invoices import InvoiceKind, InvoiceState
from portal.extensions import db
from portal.invoices import queries, settling
from portal.models import Invoice, InvoiceLine
from portal.models.types import AnySelect

log = logging.getLogger(__name__)

LAPSED = "Vencida sem pagamento"


def cancel_due(now: datetime) -> dict[str, int]:
    """Cancel every renewal invoice that is still open for dues of an earlier month; one that fails stops no other. Commits.

    Safe twice, anywhere, at once; a missed 1st is made up for by the next night.
    """
    counts = Counter[str]()
    for invoice_id in _lapsed(clock.local_date(now)):
        counts[_cancel(invoice_id, now)] += 1
    return {name: counts[name] for name in ("cancelled", "failed")}


def count_due(today: date) -> dict[str, int]:
    """Return what ``cancel_due`` would count on a day."""
    return {"cancelled": db.session.scalar(select(func.count()).select_from(_query(today).subquery())) or 0}


def _lapsed(today: date) -> Sequence[int]:
    found: Sequence[int] = db.session.scalars(_query(today).order_by(Invoice.id)).all()
    db.session.rollback()  # the reading ends here: on SQLite it would hold the write lock between two invoices
    return found


def _query(today: date) -> AnySelect:
    """Return the query for the open renewal invoices that hold a due date of an earlier month."""
    over = InvoiceLine.due_on < cycle.first_of_month(today)
    held = select(InvoiceLine.id).where(InvoiceLine.invoice_id == Invoice.id, over)
    open_ = queries.state_clauses(InvoiceState.OPEN)
    return select(Invoice.id).where(Invoice.kind == InvoiceKind.RENEWAL, *open_, held.exists())


def _cancel(invoice_id: int, now: datetime) -> str:
    """Cancel one, and return the counter that it moves: none where it was paid or cancelled meanwhile."""
    try:
        return "cancelled" if settling.cancel(invoice_id, now=now, actor=None, reason=LAPSED) else "closed"
    except InvoiceClosed:
        db.session.rollback()
        return "closed"
    except Exception:
        db.session.rollback()
        log.exception("invoice %s could not be cancelled", invoice_id)
        return "failed"
