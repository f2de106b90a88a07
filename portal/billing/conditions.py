"""Conditions about clients and their end clients' charges, in SQL: shared by the list and by the night."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select

from portal.extensions import db
from portal.models import Client as ClientModel
from portal.models import LicenseItem, PendingChange, Price, PriceVersion, RetailCharge, RetailPrice

CLIENT = ClientModel.__table__.c
CHARGE = RetailCharge.__table__.c


def has_charge(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Say that a client has a charge that was not cancelled, of some kind."""
    standing = CHARGE.client_id == CLIENT.id, CHARGE.cancelled_at.is_(None)
    return select(CHARGE.id).where(*standing, *which).correlate(ClientModel.__table__).exists()


def sells_below(version: Any) -> ColumnElement[bool]:
    """Say that a client holds an item on, whose own retail price is below what it costs by a version of the price table."""
    held = LicenseItem.client_id == RetailPrice.client_id, LicenseItem.item == RetailPrice.item
    goes = PendingChange.client_id == RetailPrice.client_id, PendingChange.item == RetailPrice.item
    cost = Price.version_id == version, Price.product == CLIENT.product, Price.item == RetailPrice.item
    return (
        select(RetailPrice.client_id)
        .join(Price, Price.item == RetailPrice.item)
        .where(RetailPrice.client_id == CLIENT.id, *cost, RetailPrice.cents < Price.cents)
        .where(select(LicenseItem.client_id).where(*held).exists())
        .where(~select(PendingChange.client_id).where(*goes, PendingChange.quantity == 0).exists())
        .correlate(ClientModel.__table__)
        .exists()
    )


def coming_versions(today: date) -> list[tuple[date, int]]:
    """Return the price table's versions that hold from a later day on: (day, version), the newest of each day."""
    query = select(PriceVersion.valid_from, func.max(PriceVersion.id)).where(
        PriceVersion.valid_from > today, PriceVersion.withdrawn_at.is_(None)
    )
    rows = db.session.execute(query.group_by(PriceVersion.valid_from).order_by(PriceVersion.valid_from))
    return [(row[0], row[1]) for row in rows]
