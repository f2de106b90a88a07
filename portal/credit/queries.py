"""Reading a partner's credit."""

from __future__ import annotations

from sqlalchemy import select

from portal.extensions import db
from portal.models import CreditAccount


def balance(partner_id: int) -> int:
    """Return a partner's credit, in cents."""
    query = select(CreditAccount.balance_cents).where(CreditAccount.partner_id == partner_id)
    return int(db.session.scalar(query) or 0)
