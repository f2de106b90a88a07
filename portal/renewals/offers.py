"""What renewing some clients would cost and what stands in the way: read by the desk and by the making of invoices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from portal.catalogue.queries import price_table
from portal.domain import cycle, renewals
from portal.domain.catalogue import Item, Product
from portal.domain.charges import ChargeKind, Quote
from portal.domain.errors import PriceMissing
from portal.domain.licenses import Holding
from portal.domain.prices import PriceTable
from portal.domain.renewals import Blocker, Case, Decision, Guard, Place
from portal.domain.statuses import Status, derive_status
from portal.extensions import db
from portal.licenses.queries import holdings_of
from portal.models import Charge, ChargeLine, Client, InvoiceLine, RenewalDecision, RetailCharge


@dataclass(frozen=True)
class Offer:
    """One client with its case and what the coming cycle costs; no quote where an item has no price.

    ``client`` is a loaded Client or a row of its columns.
    """

    client: Any
    case: Case
    holding: Holding
    quote: Quote | None
    today: date

    @property
    def decision(self) -> Decision:
        """What was decided, or what holds by default."""
        return renewals.decision_of(self.case)

    @property
    def blocker(self) -> Blocker | None:
        """What keeps it from being invoiced today."""
        return renewals.blocker(self.case, self.today)

    @property
    def place(self) -> Place:
        """Where the desk lists it."""
        return renewals.place_of(self.case, self.today)

    @property
    def is_chosen(self) -> bool:
        """Whether an invoice made now holds it."""
        return self.decision is Decision.RENEW and self.blocker is None


def of(clients: Sequence[Any], today: date) -> list[Offer]:
    """Return the offers of clients that have a due date, in their order; the number of queries does not grow with them."""
    ids = [client.id for client in clients]
    facts, holdings, prices = _Facts.read(clients, today), holdings_of(ids, today), price_table(today)
    charged = charged_ahead(ids)
    offers = []
    for client in clients:
        quote = _quote(client, holdings[client.id], prices, charged)
        case = facts.case(client, is_priced=quote is not None)
        offers.append(Offer(client, case, holdings[client.id], quote, today))
    return offers


def _quote(
    client: Any, holding: Holding, prices: PriceTable, charged: dict[tuple[int, date], dict[Item, int]]
) -> Quote | None:
    ahead = charged.get((client.id, cycle.next_due(client.due_on, client.due_day)))
    try:
        return renewals.quote(
            client.product, holding, due_on=client.due_on, due_day=client.due_day, prices=prices, charged=ahead
        )
    except PriceMissing:
        return None


def charged_ahead(client_ids: Collection[int]) -> dict[tuple[int, date], dict[Item, int]]:
    """Return the units that additions have charged, by client and the cycle's end that they pay through."""
    standing = Charge.kind == ChargeKind.ADDITION, Charge.reversed_at.is_(None), Charge.through_on > Client.due_on
    rows = db.session.execute(
        select(Charge.client_id, Charge.through_on, ChargeLine.item, func.sum(ChargeLine.quantity))
        .join(ChargeLine, ChargeLine.charge_id == Charge.id)
        .join(Client, Client.id == Charge.client_id)
        .where(Charge.client_id.in_(client_ids), *standing)
        .group_by(Charge.client_id, Charge.through_on, ChargeLine.item)
    )
    charged: dict[tuple[int, date], dict[Item, int]] = defaultdict(dict)
    for client_id, through_on, item, units in rows:
        charged[client_id, through_on][item] = int(units)
    return charged


@dataclass(frozen=True)
class _Facts:
    """What the cases of some clients are made of, beside their own columns."""

    today: date
    open_cents: dict[int, int]
    invoiced: set[tuple[int, date | None]]
    billed: set[tuple[int, date]]
    decided: dict[tuple[int, date], Decision]
    twins: dict[str, tuple[Status, bool]]

    @classmethod
    def read(cls, clients: Sequence[Any], today: date) -> _Facts:
        ids = [client.id for client in clients]
        return cls(today, _open_cents(ids), _invoiced(ids), _billed(ids), _decided(ids), _twins(clients, today))

    def case(self, client: Any, *, is_priced: bool) -> Case:
        cycle_of = (client.id, client.due_on)
        return Case(
            status=derive_status(client, self.today),
            due_on=client.due_on,
            open_cents=self.open_cents.get(client.id, 0),
            is_invoiced=cycle_of in self.invoiced,
            has_retail_charge=cycle_of in self.billed,
            is_priced=is_priced,
            guard=self.guard(client),
            decision=self.decided.get(cycle_of),
        )

    def guard(self, client: Any) -> Guard:
        status, is_code_unused = self.twins.get(client.document, (None, False))
        is_both = client.uses_both_at is not None
        return renewals.guard_of(client.product, status, is_code_unused=is_code_unused, uses_both=is_both)


def _open_cents(ids: Collection[int]) -> dict[int, int]:
    is_open = Charge.client_id.in_(ids), Charge.paid_at.is_(None), Charge.reversed_at.is_(None)
    rows = db.session.execute(
        select(Charge.client_id, func.sum(Charge.amount_cents)).where(*is_open).group_by(Charge.client_id)
    )
    return {client_id: int(cents) for client_id, cents in rows}


def _invoiced(ids: Collection[int]) -> set[tuple[int, date | None]]:
    lines = InvoiceLine.client_id.in_(ids), InvoiceLine.is_open, InvoiceLine.due_on.is_not(None)
    rows = db.session.execute(select(InvoiceLine.client_id, InvoiceLine.due_on).where(*lines))
    return {(client_id, due_on) for client_id, due_on in rows}


def _billed(ids: Collection[int]) -> set[tuple[int, date]]:
    is_open = RetailCharge.client_id.in_(ids), RetailCharge.paid_at.is_(None), RetailCharge.cancelled_at.is_(None)
    rows = db.session.execute(select(RetailCharge.client_id, RetailCharge.due_on).where(*is_open))
    return {(row[0], row[1]) for row in rows}


def _decided(ids: Collection[int]) -> dict[tuple[int, date], Decision]:
    columns = RenewalDecision.client_id, RenewalDecision.due_on, RenewalDecision.decision
    rows = db.session.execute(select(*columns).where(RenewalDecision.client_id.in_(ids)))
    return {(client_id, due_on): decision for client_id, due_on, decision in rows}


def _twins(clients: Sequence[Any], today: date) -> dict[str, tuple[Status, bool]]:
    """Return the partner's Link registration on each Navi client's document: its status, and whether its code is unused."""
    navis = [client for client in clients if client.product is Product.NAVI]
    if not navis:
        return {}
    columns = (
        Client.document,
        Client.due_on,
        Client.pending_at,
        Client.hidden_at,
        Client.suspended_at,
        Client.unused_codes,
    )
    links = (
        Client.partner_id == navis[0].partner_id,
        Client.product == Product.LINK,
        Client.archived_at.is_(None),
        Client.document.in_([client.document for client in navis]),
    )
    rows = db.session.execute(select(*columns).where(*links))
    return {row.document: (derive_status(row, today), row.unused_codes > 0) for row in rows}
