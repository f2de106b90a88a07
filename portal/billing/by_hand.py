"""Issuing one client's charge because a person asks for it, with the values that were shown (DOMAIN §5, R13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from portal import audit, clock
from portal.audit import Actor
from portal.billing import bills, issuing, warning
from portal.domain import retail
from portal.domain.errors import ChargeHindered, QuoteAged
from portal.domain.retail import Hindrance, RetailQuote
from portal.extensions import db
from portal.models import RetailCharge


@dataclass(frozen=True)
class Outcome:
    """The charge that a form asked for, and whether it was there before."""

    charge: RetailCharge
    is_repeat: bool = False


def seen_as(quote: RetailQuote) -> str:
    """Return what the page with the values sends back with "Emitir": all that the charge follows from."""
    lines = [[line.item.value, line.quantity, line.unit_cents, line.cost_cents] for line in quote.lines]
    return f"{quote.total_cents}-{audit.fingerprint(issuing.ISSUED, {'due_on': quote.due_on, 'lines': lines})}"


def issue(client_id: int, due_on: date, seen: str, *, now: datetime, actor: Actor) -> Outcome:
    """Issue a client's charge for a due date because a person asks for it, with the values that were shown. Commits.

    The same form again finds the charge that it made.

    Raises:
        ChargeHindered: with what stands in the way; a decision not to bill does not.
        QuoteAged: the values are others than those that were shown.
    """
    [client] = issuing.clients([client_id], lock=True)
    if standing := _standing(client_id, due_on):
        db.session.rollback()
        return Outcome(standing, is_repeat=True)
    if client.due_on is None or client.due_on != due_on:
        raise QuoteAged
    [bill] = bills.of([client], clock.local_date(now))
    why = retail.hindrance(bill.case, clock.local_date(now), by_hand=True)
    if why is not None or bill.quote is None:
        raise ChargeHindered(why or Hindrance.PRICE_MISSING)
    if seen != seen_as(bill.quote):
        raise QuoteAged
    [charge_id] = issuing.write([issuing.Issue(client, bill.quote)], now, actor)
    warning.settle(client.id)
    db.session.commit()
    return Outcome(db.session.get_one(RetailCharge, charge_id))


def _standing(client_id: int, due_on: date) -> RetailCharge | None:
    which = RetailCharge.client_id == client_id, RetailCharge.due_on == due_on, RetailCharge.cancelled_at.is_(None)
    charge: RetailCharge | None = db.session.scalar(select(RetailCharge).where(*which))
    return charge
