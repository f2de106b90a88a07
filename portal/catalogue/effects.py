"""Whom another price table touches: clients and partners, what they pay together, retail prices that fall below cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, distinct, false, func, or_, select

from portal.domain import cycle, prices
from portal.domain.catalogue import RenewalMethod
from portal.domain.prices import PriceKey
from portal.extensions import db
from portal.models import Client, LicenseItem, RetailPrice


@dataclass(frozen=True)
class Count:
    """So many clients of so many partners."""

    clients: int
    partners: int


@dataclass(frozen=True)
class Effects:
    """What another table does, by what clients hold today: ``moved`` is in cents a unit, ``units`` what is held of it."""

    moved: Mapping[PriceKey, int]
    units: Mapping[PriceKey, int]
    touched: Count
    below_cost: Count

    @property
    def monthly_cents(self) -> int:
        """What all partners together pay more (or less) a month."""
        return prices.monthly_move(self.moved, self.units)


def of(before: Mapping[PriceKey, int], after: Mapping[PriceKey, int], today: date) -> Effects:
    """Return what going from one table to another does to the clients that can be renewed; three queries."""
    moved = prices.moves(before, after)
    return Effects(moved, _units(moved, today), _touched(moved, today), _below(moved, after, today))


def _live(today: date) -> list[ColumnElement[bool]]:
    """Return the conditions of a client whose license can be renewed."""
    return [Client.due_on >= cycle.first_of_month(today), Client.pending_at.is_(None), Client.archived_at.is_(None)]


def _units(moved: Mapping[PriceKey, int], today: date) -> dict[PriceKey, int]:
    query = select(Client.product, LicenseItem.item, func.sum(LicenseItem.quantity))
    query = query.join(Client, Client.id == LicenseItem.client_id).where(*_live(today), _of_some(moved))
    rows = db.session.execute(query.group_by(Client.product, LicenseItem.item))
    return {(product, item): int(units) for product, item, units in rows}


def _touched(moved: Mapping[PriceKey, int], today: date) -> Count:
    query = select(func.count(distinct(Client.id)), func.count(distinct(Client.partner_id)))
    query = query.join(LicenseItem, LicenseItem.client_id == Client.id)
    return Count(*db.session.execute(query.where(*_live(today), _of_some(moved))).one())


def _of_some(moved: Mapping[PriceKey, int]) -> ColumnElement[bool]:
    """Say that a client holds something whose price moves."""
    return or_(false(), *(and_(Client.product == product, LicenseItem.item == item) for product, item in moved))


def _below(moved: Mapping[PriceKey, int], after: Mapping[PriceKey, int], today: date) -> Count:
    """Count those billed by their partner below what the item will cost, of the items that become dearer."""
    dearer: list[Any] = [
        and_(Client.product == key[0], RetailPrice.item == key[1], RetailPrice.cents < after[key])
        for key, cents in moved.items()
        if cents > 0
    ]
    held = LicenseItem.client_id == RetailPrice.client_id, LicenseItem.item == RetailPrice.item
    query = select(func.count(distinct(Client.id)), func.count(distinct(Client.partner_id)))
    query = query.join(RetailPrice, RetailPrice.client_id == Client.id).join(LicenseItem, and_(*held))
    billed = Client.renewal_method == RenewalMethod.BILLING
    return Count(*db.session.execute(query.where(*_live(today), billed, or_(false(), *dearer))).one())
