"""What the end clients of some clients would be asked for, and why not: read by the list, the prices page and the night."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from portal.domain import retail
from portal.domain.catalogue import Item
from portal.domain.renewals import Decision, Guard
from portal.domain.retail import Case, Hindrance, RetailQuote
from portal.extensions import db
from portal.models import Client, RetailCharge, RetailPrice
from portal.models.types import AnyRow
from portal.renewals import offers
from portal.renewals.offers import Offer

Prices = dict[Item, int]


@dataclass(frozen=True)
class Bill:
    """One client with what renewing it costs, what its end client is asked for that, and the case that decides.

    ``prices`` are the partner's own; ``quote`` is None where the price table lacks a price.
    """

    offer: Offer
    prices: Prices
    quote: RetailQuote | None
    case: Case

    @property
    def client(self) -> Any:
        """The client, or the row of its columns."""
        return self.offer.client

    @property
    def hindrance(self) -> Hindrance | None:
        """What keeps the night from issuing its charge today."""
        return retail.hindrance(self.case, self.offer.today)


def of(clients: Sequence[Any], today: date) -> list[Bill]:
    """Return the bills of clients of one partner that have a due date, in their order; the number of queries is constant."""
    ids = [client.id for client in clients]
    prices, charges = prices_of(ids), _charges_of(ids)
    return [_bill(offer, prices[offer.client.id], charges) for offer in offers.of(clients, today)]


def prices_of(client_ids: Collection[int]) -> dict[int, Prices]:
    """Return the partner's own prices by client and item."""
    found: dict[int, Prices] = defaultdict(dict)
    rows = db.session.execute(
        select(RetailPrice.client_id, RetailPrice.item, RetailPrice.cents).where(RetailPrice.client_id.in_(client_ids))
    )
    for client_id, item, cents in rows:
        found[client_id][item] = cents
    return found


def _charges_of(client_ids: Collection[int]) -> dict[int, list[AnyRow]]:
    """Return, by client, the charges that were made for its present due date; cancelled ones too."""
    found: dict[int, list[AnyRow]] = defaultdict(list)
    columns = RetailCharge.client_id, RetailCharge.cancelled_at
    query = select(*columns).join(Client, Client.id == RetailCharge.client_id)
    rows = db.session.execute(query.where(RetailCharge.client_id.in_(client_ids), RetailCharge.due_on == Client.due_on))
    for row in rows:
        found[row.client_id].append(row)
    return found


def _bill(offer: Offer, prices: Prices, charges: dict[int, list[AnyRow]]) -> Bill:
    quote = retail.quote(offer.quote, prices) if offer.quote else None
    made = charges[offer.client.id]
    case = Case(
        status=offer.case.status,
        due_on=offer.case.due_on,
        quote=quote,
        is_paused=offer.client.paused_at is not None,
        has_charge=any(charge.cancelled_at is None for charge in made),
        was_cancelled=bool(made),
        is_invoiced=offer.case.is_invoiced,
        is_guarded=offer.case.guard is not Guard.NONE,
        is_skipped=offer.case.decision is Decision.SKIP,
        open_cents=offer.case.open_cents,
    )
    return Bill(offer, prices, quote, case)
