"""Forgetting orders for many clients: drafts that nobody confirmed, and what was carried out long ago."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.orm import aliased

from portal.domain import retention
from portal.extensions import db
from portal.models import BulkLine, BulkOrder

AT_ONCE = 5
"""Orders deleted in one transaction, with at most 20,000 lines each: other writers wait no longer than for this."""


def forget(now: datetime) -> int:
    """Delete what was kept long enough, a few orders at a time, and return how many orders. Commits after each few."""
    deleted = 0
    old = select(BulkOrder.id).where(_forgettable(now)).limit(AT_ONCE).with_for_update(of=BulkOrder)
    while order_ids := db.session.scalars(old).all():
        db.session.execute(delete(BulkLine).where(BulkLine.order_id.in_(order_ids)))
        db.session.execute(delete(BulkOrder).where(BulkOrder.id.in_(order_ids)))
        db.session.commit()
        deleted += len(order_ids)
    db.session.commit()
    return deleted


def count_forgettable(now: datetime) -> int:
    """Return how many orders ``forget`` would begin with; those that they take back follow."""
    return db.session.scalar(select(func.count()).select_from(BulkOrder).where(_forgettable(now))) or 0


def _forgettable(now: datetime) -> ColumnElement[bool]:
    """Return what is forgotten; an order that another one takes back stays as long as that one."""
    undoing = aliased(BulkOrder)
    is_taken_back = select(undoing.id).where(undoing.undoes_id == BulkOrder.id).exists()
    is_old_draft = and_(BulkOrder.confirmed_at.is_(None), BulkOrder.created_at < now - retention.BULK_DRAFTS)
    return and_(or_(is_old_draft, BulkOrder.confirmed_at < now - retention.BULK_ORDERS), ~is_taken_back)
