"""What an invoice would hold, before it is made: shown to be confirmed, and made from the same (DOMAIN §5, "quote is charge")."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import select

from portal import audit
from portal.domain.charges import Line
from portal.domain.errors import RenewalBlocked
from portal.domain.renewals import Blocker
from portal.extensions import db
from portal.models import Charge, Client, InvoiceLine
from portal.renewals.offers import Offer

MADE = "invoice_made"
"""What the record calls an invoice that was made."""


@dataclass(frozen=True)
class Draft:
    """A line to be: whose, of which charge or cycle, and the arithmetic of a renewal."""

    client: Any
    amount_cents: int
    price_version: int | None
    lines: tuple[Line, ...] = ()
    charge: Charge | None = None
    next_due_on: date | None = None

    @property
    def charge_id(self) -> int | None:
        """The open charge that it asks for, or None for a renewal."""
        return self.charge.id if self.charge else None

    @property
    def facts(self) -> list[object]:
        """What has to be the same when the invoice is confirmed."""
        arithmetic = [[line.item.value, line.quantity, line.unit_cents, line.days, line.divisor] for line in self.lines]
        return [self.client.id, self.charge_id, str(self.next_due_on), self.amount_cents, arithmetic]


def seen_as(drafts: Sequence[Draft]) -> str:
    """Return what the page with the values sends back with "Confirmar": all that the total follows from."""
    total = sum(draft.amount_cents for draft in drafts)
    facts = sorted((draft.facts for draft in drafts), key=str)
    return f"{total}-{audit.fingerprint(MADE, {'lines': facts})}"


def renewal_drafts(chosen: Collection[Offer]) -> list[Draft]:
    """Return the lines of an invoice that renews what was chosen."""
    return [
        Draft(
            client=offer.client,
            amount_cents=offer.quote.total_cents,
            price_version=offer.quote.price_version or None,
            lines=offer.quote.lines,
            next_due_on=offer.quote.due_on,
        )
        for offer in chosen
        if offer.quote is not None
    ]


def charge_drafts(partner_id: int, client_ids: Collection[int]) -> list[Draft]:
    """Return the lines of an invoice for every open charge of some clients that no open invoice asks for yet."""
    line = InvoiceLine.client_id == Charge.client_id, InvoiceLine.charge_id == Charge.id, InvoiceLine.is_open
    asked = select(InvoiceLine.id).where(*line)
    rows = db.session.execute(
        select(Charge, Client)
        .join(Client, Client.id == Charge.client_id)
        .where(Charge.partner_id == partner_id, Charge.client_id.in_(client_ids))
        .where(Charge.paid_at.is_(None), Charge.reversed_at.is_(None), ~asked.exists())
        .order_by(Charge.id)
    )
    return [Draft(client, charge.amount_cents, charge.price_version_id, charge=charge) for charge, client in rows]


def on_own_account(offer: Offer) -> Offer:
    """Return the offer as it is where the partner pays itself: a retail charge stands in no way then (DOMAIN §5)."""
    return replace(offer, case=replace(offer.case, has_retail_charge=False))


def ensure_unblocked(offer: Offer) -> None:
    """Refuse a client that cannot be invoiced now.

    Raises:
        RenewalBlocked: with the first reason.
    """
    if why := offer.blocker:
        raise RenewalBlocked(why, offer.case.open_cents if why is Blocker.OPEN_CHARGES else 0)
