"""What the demo's partners ask their end clients: retail prices, the charges that a night would issue, one of them paid."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select

from portal.billing import issuing
from portal.domain.catalogue import RenewalMethod
from portal.domain.invoices import PaymentSource
from portal.extensions import db
from portal.models import Client, LicenseItem, Price, RetailCharge, RetailPrice
from portal.payments import service as payments
from portal.payments.service import Arrival

PAYER = "D'Ávila Autopeças e Serviços Ltda"
"""Whose charge is paid, so that its license is renewed and the margin is credit."""

AT_COST = 4
"""Every fourth client is billed at cost: its partner has set no prices."""


def bill(now: datetime) -> None:
    """Set the prices, issue what is due, and let one end client pay. Commits."""
    db.session.add_all(_prices())
    db.session.commit()
    issuing.issue_due(now)
    query = select(RetailCharge).join(Client, Client.id == RetailCharge.client_id).where(Client.name == PAYER)
    for charge in db.session.scalars(query).all():
        payments.receive(_arrival(charge, now), now=now)


def _prices() -> list[RetailPrice]:
    """Return half as much again as an item costs, rounded to end with ,90."""
    has_prices = or_(Client.id % AT_COST > 0, Client.name == PAYER)
    billed = Client.renewal_method == RenewalMethod.BILLING, has_prices
    rows = db.session.execute(
        select(Client.id, LicenseItem.item, Price.cents)
        .join(LicenseItem, LicenseItem.client_id == Client.id)
        .join(Price, (Price.product == Client.product) & (Price.item == LicenseItem.item))
        .where(*billed)
    )
    return [
        RetailPrice(client_id=client_id, item=item, cents=cents * 3 // 200 * 100 + 90)
        for client_id, item, cents in rows
    ]


def _arrival(charge: RetailCharge, now: datetime) -> Arrival:
    return Arrival(f"E00000000DEMO{charge.id:019d}", charge.txid, charge.amount_cents, now, PaymentSource.WEBHOOK)
