"""Reading what a client holds today and from later days on, and the orders behind it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, null, select, union_all

from portal.domain.catalogue import Item
from portal.domain.licenses import Holding, Pending
from portal.domain.orders import REVERSING
from portal.extensions import db
from portal.models import (
    AuditEvent,
    Charge,
    Client,
    Installation,
    InvoiceLine,
    LicenseItem,
    LicenseOrder,
    PendingChange,
    RegistrationCode,
    RetailCharge,
)
from portal.models.types import AnyRow


def holding_of(client_id: int, today: date) -> Holding:
    """Return what a client holds; changes whose day has come count, whether or not the nightly job has folded them."""
    return holdings_of([client_id], today)[client_id]


def holdings_of(client_ids: Collection[int], today: date) -> dict[int, Holding]:
    """Return what each of some clients holds, with one query."""
    now: dict[int, dict[Item, int]] = {client_id: {} for client_id in client_ids}
    pending: dict[int, list[Pending]] = {client_id: [] for client_id in client_ids}
    rows: Iterable[AnyRow] = db.session.execute(_HELD, {"client_ids": list(now)})
    for client_id, item, effective_on, quantity in rows:
        if effective_on is None:
            now[client_id][item] = quantity
        else:
            pending[client_id].append(Pending(item, effective_on, quantity))
    return {client_id: _as_of(Holding(now[client_id], tuple(pending[client_id])), today) for client_id in now}


_WHOSE: Any = bindparam("client_ids", expanding=True)
_HELD: Any = union_all(
    select(PendingChange.client_id, PendingChange.item, PendingChange.effective_on, PendingChange.quantity).where(
        PendingChange.client_id.in_(_WHOSE)
    ),
    select(LicenseItem.client_id, LicenseItem.item, null(), LicenseItem.quantity).where(
        LicenseItem.client_id.in_(_WHOSE)
    ),
)
"""Built once, as every statement is that nearly every answer asks: to build it takes longer than to execute it."""


def _as_of(holding: Holding, today: date) -> Holding:
    """Return the same holding with the changes folded whose day has come."""
    later = [change for change in holding.pending if change.effective_on > today]
    return Holding(holding.on(today), tuple(sorted(later, key=_place)))


def _place(change: Pending) -> tuple[date, int]:
    """Return what changes are ordered by: their day, then the catalogue's order."""
    return change.effective_on, list(Item).index(change.item)


def last_order(client_id: int) -> LicenseOrder | None:
    """Return a client's newest order that changed its license and was not undone, or None."""
    standing = LicenseOrder.client_id == client_id, LicenseOrder.reversed_at.is_(None), LicenseOrder.kind.in_(REVERSING)
    return db.session.scalar(select(LicenseOrder).where(*standing).order_by(LicenseOrder.id.desc()).limit(1))


def order_of(event: AuditEvent) -> LicenseOrder | None:
    """Return the order that an event recorded, or None."""
    return db.session.scalar(select(LicenseOrder).where(LicenseOrder.event_id == event.id))


def charge_of(order: LicenseOrder) -> Charge | None:
    """Return the charge that an order made, or None."""
    return db.session.scalar(select(Charge).where(Charge.order_id == order.id))


def open_cents(client_id: int) -> int:
    """Return what a client's charges that are neither paid nor reversed add up to."""
    is_open = Charge.client_id == client_id, Charge.paid_at.is_(None), Charge.reversed_at.is_(None)
    return int(db.session.scalar(select(func.coalesce(func.sum(Charge.amount_cents), 0)).where(*is_open)) or 0)


def billed_through(client_id: int, due_on: date) -> date:
    """Return the end of the last cycle that is paid or billed, to the partner or to the end client (DOMAIN §5, R21).

    Whatever is left open of another due date (its month ended, or the client was renewed in another way) bills nothing.
    """
    lines = select(InvoiceLine.next_due_on).where(
        InvoiceLine.client_id == client_id, InvoiceLine.is_open, InvoiceLine.due_on == due_on
    )
    charges = select(RetailCharge.next_due_on).where(*_asks(client_id, due_on))
    ends: Iterable[date | None] = db.session.scalars(union_all(lines, charges)).all()
    return max([due_on, *filter(None, ends)])


def is_invoiced(client: Client, charge: Charge | None) -> bool:
    """Say whether an open invoice asks for an order's charge, or anything open for the cycle that the order changed.

    What is left open of another due date asks for none. An order that was charged for the coming cycle by itself came
    after that cycle was billed: it is not part of it.
    """
    of_client = InvoiceLine.client_id == client.id, InvoiceLine.is_open
    asked = [select(InvoiceLine.id).where(*of_client, InvoiceLine.charge_id == charge.id)] if charge else []
    is_beside = charge is not None and client.due_on is not None and charge.through_on > client.due_on
    if client.due_on is not None and not is_beside:
        asked.append(select(InvoiceLine.id).where(*of_client, InvoiceLine.due_on == client.due_on))
        asked.append(select(RetailCharge.id).where(*_asks(client.id, client.due_on)))
    return bool(asked) and db.session.scalar(union_all(*asked).limit(1)) is not None


def _asks(client_id: int, due_on: date) -> tuple[ColumnElement[bool], ...]:
    is_open = RetailCharge.paid_at.is_(None), RetailCharge.cancelled_at.is_(None)
    return RetailCharge.client_id == client_id, RetailCharge.due_on == due_on, *is_open


def devices(client_id: int, item: Item) -> int:
    """Return on how many devices an item of a client is activated."""
    living = Installation.client_id == client_id, Installation.item == item, Installation.revoked_at.is_(None)
    return int(db.session.scalar(select(func.count()).select_from(Installation).where(*living)) or 0)


def is_any_consumed(code_ids: Collection[int]) -> bool:
    """Say whether one of some codes has activated something."""
    consumed = RegistrationCode.id.in_(code_ids), RegistrationCode.consumed_at.is_not(None)
    return bool(code_ids) and db.session.scalar(select(RegistrationCode.id).where(*consumed).limit(1)) is not None
