"""Who holds Cloud today and in which state it is, as conditions: the same rules that Python reads, in SQL."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select

from portal.domain.catalogue import Item
from portal.domain.cloud import HEARD_WITHIN, SYNCED_WITHIN, CloudState, Health
from portal.models import CloudBackup, Contact, LicenseItem, PendingChange

OPEN = (CloudBackup.done_at.is_(None), CloudBackup.cancelled_at.is_(None))
"""A backup that was asked for and neither made nor taken back: at most one per client."""


def holds_cloud(client_id: Any, today: date) -> ColumnElement[bool]:
    """Say whether a client holds Cloud: changes whose day has come count, folded or not (``licenses.holdings_of``).

    ``client_id`` is a column of the query around, or a number.
    """
    change, held = PendingChange.__table__.c, LicenseItem.__table__.c
    due = change.client_id == client_id, change.item == Item.CLOUD, change.effective_on <= today
    last = select(change.quantity).where(*due).order_by(change.effective_on.desc()).limit(1).scalar_subquery()
    now = select(held.quantity).where(held.client_id == client_id, held.item == Item.CLOUD).scalar_subquery()
    return func.coalesce(last, now, 0) > 0


def state_at(now: datetime) -> ColumnElement[str]:
    """Return the state of a Cloud as a column, of a query that joins its contact or finds none: the same as ``state_of``."""
    told = Contact.__table__.c
    synced = told.cloud_synced_at
    return case(
        (or_(told.cloud_health.is_(None), told.cloud_reported_at.is_(None)), CloudState.UNSYNCED.value),
        (told.cloud_reported_at <= now - HEARD_WITHIN, CloudState.OFFLINE.value),
        (told.cloud_health == Health.ERROR, CloudState.ERROR.value),
        (or_(synced.is_(None), synced <= now - SYNCED_WITHIN), CloudState.UNSYNCED.value),
        else_=CloudState.ONLINE.value,
    )
