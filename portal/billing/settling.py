"""What becomes of a retail charge: paid by the end client, or cancelled (DOMAIN §5, "Gestão de cobranças", R13).

Whoever calls holds the charge's row (``locked``) before its client, and the client before the credit.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from portal import audit
from portal.audit import Actor
from portal.credit import service as credit
from portal.credit.service import Origin
from portal.domain import renewals, retail
from portal.domain.invoices import CreditKind
from portal.domain.retail import RetailState
from portal.domain.statuses import derive_status
from portal.extensions import db
from portal.models import Client, RetailCharge
from portal.renewals import service as renewing
from portal.renewals.service import Renewal

PAID, CANCELLED = "retail_charge_paid", "retail_charge_cancelled"
"""What the record calls them."""


def locked(*which: Any) -> RetailCharge | None:
    """Return a retail charge as it is now, which nobody else changes until the transaction ends, or None."""
    query = select(RetailCharge).where(*which).with_for_update(key_share=True)
    return db.session.scalar(query.execution_options(populate_existing=True))


def hold(charge_ids: Collection[int]) -> None:
    """Lock charges that one transaction goes through one by one: each moves the partner's row, which comes after all."""
    query = select(RetailCharge.id).where(RetailCharge.id.in_(charge_ids)).order_by(RetailCharge.id)
    db.session.execute(query.with_for_update(key_share=True))


def settle(
    charge: RetailCharge, *, paid_on: date, now: datetime, actor: Actor | None, payment_id: int | None = None
) -> CreditKind:
    """Book a retail charge as paid in the caller's transaction, and return what its money became beside a renewal.

    Payment always renews and its margin becomes credit; where the client was renewed already, or can be no more, all of
    it does.
    """
    client = db.session.scalars(
        select(Client).where(Client.id == charge.client_id).with_for_update(key_share=True),
        execution_options={"populate_existing": True},
    ).one()
    kind, cents = _share(charge, client, paid_on)
    if kind is CreditKind.MARGIN:
        renewing.renew([Renewal(client, charge.next_due_on)], now=now, actor=actor, reason=f"Cobrança {charge.id}")
    if cents:
        origin = Origin(payment_id=payment_id, retail_charge_id=charge.id, client_id=client.id)
        credit.move(charge.partner_id, kind, cents, now=now, origin=origin)
    charge.paid_at = now
    after = {"retail_charge": charge.id, "cents": charge.amount_cents, "credit_cents": cents}
    audit.record(PAID, actor=actor, now=now, partner_id=charge.partner_id, client_id=client.id, after=after)
    credit.touch(charge.partner_id)
    return kind


def _share(charge: RetailCharge, client: Client, paid_on: date) -> tuple[CreditKind, int]:
    """Return what becomes the partner's credit, and why: the margin of a renewal, or everything."""
    if renewals.is_renewable(derive_status(client, paid_on), client.due_on, charge.due_on):
        return CreditKind.MARGIN, charge.amount_cents - charge.cost_cents
    is_renewed = client.due_on is not None and client.due_on > charge.due_on
    return (CreditKind.RETAIL if is_renewed else CreditKind.NOT_RENEWED), charge.amount_cents


def cancel(charge_id: int, *, now: datetime, actor: Actor | None, reason: str = "") -> bool:
    """Cancel an open retail charge; what had arrived in part becomes credit. Does not commit. Says False where it is not open."""
    charge = locked(RetailCharge.id == charge_id)
    if charge is None or retail.state_of(charge) is not RetailState.OPEN:
        return False
    if charge.received_cents:
        origin = Origin(retail_charge_id=charge.id, client_id=charge.client_id)
        credit.move(charge.partner_id, CreditKind.PARTIAL, charge.received_cents, now=now, origin=origin)
    charge.cancelled_at = now
    after = {"retail_charge": charge.id, "cents": charge.amount_cents}
    audit.record(
        CANCELLED,
        actor=actor,
        now=now,
        partner_id=charge.partner_id,
        client_id=charge.client_id,
        after=after,
        reason=reason,
    )
    credit.touch(charge.partner_id)
    return True
