"""Payments that the bank took back, booked by staff as new open charges: a license that moved stays moved (DOMAIN §5)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from portal import audit, clock
from portal.audit import Actor
from portal.credit import service as credit
from portal.domain.charges import ChargeKind, OrderKind
from portal.domain.errors import PriceMissing, RepeatMismatch
from portal.domain.invoices import split
from portal.extensions import db
from portal.models import Charge, Client, InvoiceLine, LicenseOrder, Payment, PriceVersion, RetailCharge
from portal.payments import service
from portal.payments.service import Outcome

RETURNED = "payment_returned"
"""What the record calls it."""


@dataclass(frozen=True)
class Debt:
    """What one line owes again: whose, how much, and the price table that it was priced by."""

    client_id: int
    cents: int
    price_version: int


def book(payment_id: int, cents: int, *, now: datetime, actor: Actor) -> Outcome:
    """Book that so much of a payment was taken back: its lines owe it again, each in proportion. Commits.

    All of it becomes debt, what had become credit too: that may be used up. Of money without a destination nothing is owed.
    The same again answers what was done.

    Raises:
        NotFound: no such payment.
        RepeatMismatch: another amount was booked before.
        PriceMissing: there is no price table at all.
    """
    payment = service.locked(payment_id)
    if payment.returned_at is not None:
        if payment.returned_cents != cents:
            raise RepeatMismatch
        return Outcome(payment, is_repeat=True)
    owed = debts(payment, cents)
    dues = _lock_clients({debt.client_id for debt in owed})
    for debt in owed:
        _owe(debt, payment, dues[debt.client_id] or clock.local_date(now), now=now, actor=actor)
    payment.returned_at, payment.returned_by_id, payment.returned_cents = now, actor.user_id, cents
    after = {"payment": payment.id, "cents": cents}
    audit.record(RETURNED, actor=actor, now=now, partner_id=payment.partner_id, after=after)
    if payment.partner_id is not None:
        credit.touch(payment.partner_id)
    db.session.commit()
    return Outcome(payment)


def _lock_clients(client_ids: Collection[int]) -> dict[int, date | None]:
    """Take the clients in the order in which everybody does (a new charge changes its client's counter); return their dues."""
    its = select(Client.id, Client.due_on).where(Client.id.in_(client_ids)).order_by(Client.id)
    return {row.id: row.due_on for row in db.session.execute(its.with_for_update(key_share=True))}


def debts(payment: Payment, cents: int) -> list[Debt]:
    """Return what is owed again if so much of a payment goes back, by its lines; whole cents, together all of it."""
    lines = _lines(payment)
    shares = split(cents, [amount for _client, amount, _version in lines]) if lines else []
    return [
        Debt(client_id, share, version or _newest_version())
        for (client_id, _amount, version), share in zip(lines, shares, strict=True)
        if share
    ]


def _lines(payment: Payment) -> list[tuple[int, int, int | None]]:
    """Return what a payment was for: client, amount, price table."""
    if payment.invoice_id is not None:
        columns = InvoiceLine.client_id, InvoiceLine.amount_cents, InvoiceLine.price_version_id
        query = select(*columns).where(InvoiceLine.invoice_id == payment.invoice_id).order_by(InvoiceLine.id)
    else:
        columns = RetailCharge.client_id, RetailCharge.amount_cents, RetailCharge.price_version_id
        query = select(*columns).where(RetailCharge.id == payment.retail_charge_id)
    return [(client_id, amount, version) for client_id, amount, version in db.session.execute(query)]


def _newest_version() -> int:
    version: int | None = db.session.scalar(select(func.max(PriceVersion.id)))
    if version is None:
        raise PriceMissing
    return version


def _owe(debt: Debt, payment: Payment, through_on: date, *, now: datetime, actor: Actor) -> None:
    """Add the charge with its order, whose event is its protocol; it has no lines: it is no product's price."""
    today = clock.local_date(now)
    whose: dict[str, Any] = {"partner_id": payment.partner_id, "client_id": debt.client_id}
    after = {"payment": payment.id, "cents": debt.cents}
    event = audit.record(RETURNED, actor=actor, now=now, after=after, **whose)
    order = LicenseOrder(**whose, kind=OrderKind.RETURN, event_id=event.id, ordered_on=today, before={}, after={})
    db.session.add(order)
    db.session.flush()
    charge = Charge(
        **whose,
        order_id=order.id,
        kind=ChargeKind.RETURN,
        charged_at=now,
        charged_on=today,
        through_on=through_on,
        amount_cents=debt.cents,
        price_version_id=debt.price_version,
    )
    db.session.add(charge)
    db.session.flush()
