"""Reading the desk: a page of a month's dues, what they add up to by place, who was renewed, what the next invoice will be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select, tuple_

from portal.catalogue.queries import price_table
from portal.clients.conditions import CLIENT, DUE
from portal.domain import cycle
from portal.domain.catalogue import Item
from portal.domain.errors import NotFound
from portal.domain.invoices import LineOutcome
from portal.domain.prices import PriceTable
from portal.domain.renewals import Place
from portal.extensions import db
from portal.models import Client, Invoice, InvoiceLine, LicenseItem
from portal.models.types import AnyRow
from portal.renewals import conditions, offers
from portal.renewals.filters import PAGE_SIZE, RenewalFilter, offered
from portal.renewals.offers import Offer
from portal.tabs import Total

COLUMNS = (
    CLIENT.id, CLIENT.partner_id, CLIENT.name, CLIENT.document, CLIENT.product, CLIENT.due_on, CLIENT.due_day,
    CLIENT.pending_at, CLIENT.hidden_at, CLIENT.suspended_at, CLIENT.uses_both_at, CLIENT.renewal_method, CLIENT.version,
)  # fmt: skip


@dataclass(frozen=True)
class Page:
    """One page of the desk, by due date, then by name; ``invoices`` are those that its clients stand on, by client."""

    offers: list[Offer]
    invoices: Mapping[int, AnyRow]
    has_next: bool


Totals = Mapping[Place, Total]


@dataclass(frozen=True)
class Forecast:
    """What the next invoice of renewals would be: of how many clients, how much, due in which month."""

    count: int
    cents: int
    month: date


def open_month(partner_id: int, today: date) -> date:
    """Return the month whose dues the desk shows by itself.

    It is this month's, until nobody is due in it any more and the next month's first window has opened.
    """
    this, following = offered(today)
    opens_on, _last_on = cycle.renewal_window(following)
    if today < opens_on:
        return this
    left = select(CLIENT.id).where(*conditions.due_in(partner_id, this)).limit(1)
    return this if db.session.scalar(left) else following


def desk_page(partner_id: int, criteria: RenewalFilter, today: date, prices: PriceTable) -> Page:
    """Return the page that the criteria ask for, paged by key; where nothing is left behind the cursor, the first one."""
    rows = _rows(partner_id, criteria, today, prices)
    if criteria.after and not rows:
        rows = _rows(partner_id, replace(criteria, after=None), today, prices)
    found = offers.of(rows[:PAGE_SIZE], today)
    invoiced = [offer.client.id for offer in found if offer.case.is_invoiced]
    return Page(found, invoices_of(invoiced), has_next=len(rows) > PAGE_SIZE)


def _rows(partner_id: int, criteria: RenewalFilter, today: date, prices: PriceTable) -> Sequence[AnyRow]:
    clauses = conditions.matching(partner_id, criteria)
    query = select(*COLUMNS).where(*clauses).order_by(DUE, CLIENT.search_key, CLIENT.id).limit(PAGE_SIZE + 1)
    if criteria.place:
        where = conditions.place(today, prices) == criteria.place.value
        query = query.select_from(conditions.decided_join()).where(where)
    if criteria.after:
        query = query.where(tuple_(DUE, CLIENT.search_key, CLIENT.id) > _place_of(partner_id, criteria.after))
    return db.session.execute(query).all()


def _place_of(partner_id: int, client_id: int) -> Any:
    """Return where a client stands in the list; nothing stands behind one that is forged or gone."""
    own = Client.__table__.alias("cursor").c
    mine = own.id == client_id, own.partner_id == partner_id
    key = (select(column).where(*mine).scalar_subquery() for column in (own.due_on, own.search_key))
    return tuple_(*key, literal(client_id))


def month_offers(partner_id: int, month: date, today: date) -> list[Offer]:
    """Return the offers of everybody whom the desk of a month lists, in its order."""
    query = select(*COLUMNS).where(*conditions.due_in(partner_id, month))
    rows = db.session.execute(query.order_by(DUE, CLIENT.search_key, CLIENT.id)).all()
    return offers.of(rows, today) if rows else []


def offer_of(partner_id: int, client_id: int, month: date, today: date) -> Offer:
    """Return the offer of one client on the desk of a month.

    Raises:
        NotFound: the partner has no such client, or it is not due in that month, or not renewed by hand.
    """
    query = select(*COLUMNS).where(CLIENT.id == client_id, *conditions.due_in(partner_id, month))
    rows = db.session.execute(query).all()
    if not rows:
        raise NotFound
    return offers.of(rows, today)[0]


def invoices_of(client_ids: Collection[int]) -> dict[int, AnyRow]:
    """Return id and number of the open renewal invoice of each of some clients, by client."""
    if not client_ids:
        return {}
    query = select(InvoiceLine.client_id, Invoice.id, Invoice.number).join(
        Invoice, Invoice.id == InvoiceLine.invoice_id
    )
    lines = InvoiceLine.client_id.in_(client_ids), InvoiceLine.is_open, InvoiceLine.due_on.is_not(None)
    return {row.client_id: row for row in db.session.execute(query.where(*lines))}


def totals(partner_id: int, criteria: RenewalFilter, today: date, prices: PriceTable) -> Totals:
    """Return number and sum of the clients of each place; the criterion of a place apart, everything else narrows them.

    Most renewals bill what the client holds today: those are counted by the database. The others are worked out one by one.
    """
    clauses = conditions.matching(partner_id, criteria)
    found: dict[Place, Total] = defaultdict(Total)
    for stands, count, cents in _plain(clauses, today, prices):
        found[stands] = found[stands].plus(count, cents)
    for offer in _special(clauses, today):
        cents = offer.quote.total_cents if offer.quote else 0
        found[offer.place] = found[offer.place].plus(1, cents)
    return {stands: found[stands] for stands in Place}


def _plain(clauses: list[ColumnElement[bool]], today: date, prices: PriceTable) -> Iterable[tuple[Place, int, int]]:
    """Yield how many clients, and how many cents, by place, product and item; everybody has one base license at least."""
    stands = conditions.place(today, prices).label("stands")
    desk = (
        select(CLIENT.id, CLIENT.product, stands)
        .select_from(conditions.decided_join())
        .where(*clauses, ~conditions.is_special())
        .cte("desk")
        .prefix_with("MATERIALIZED")
    )
    held = LicenseItem.__table__.c
    groups = desk.c.stands, desk.c.product, held.item
    items = desk.join(LicenseItem.__table__, held.client_id == desk.c.id)
    query = select(*groups, func.count(), func.sum(held.quantity)).select_from(items).group_by(*groups)
    for place, product, item, clients, units in db.session.execute(query):
        cents = int(units) * prices.cents.get((product, item), 0)
        yield Place(place), int(clients) if item is Item.BASE else 0, cents  # type: ignore[call-arg]


def _special(clauses: list[ColumnElement[bool]], today: date) -> list[Offer]:
    rows = db.session.execute(select(*COLUMNS).where(*clauses, conditions.is_special())).all()
    return offers.of(rows, today) if rows else []


def forecast(partner_id: int, today: date) -> Forecast:
    """Return what an invoice of the next dues that are on none would be, by today's decisions, prices and pending changes.

    Windows that have not opened yet count: it tells what is coming.
    """
    this, following = offered(today)
    prices = price_table(today)
    coming = _coming(partner_id, this, today, prices)
    return coming if coming.count else _coming(partner_id, following, today, prices)


def _coming(partner_id: int, month: date, today: date, prices: PriceTable) -> Forecast:
    found = totals(partner_id, RenewalFilter(month), today, prices)
    ready, waiting = found[Place.READY], found[Place.WAITING]
    return Forecast(ready.count + waiting.count, ready.cents + waiting.cents, month)


def renewed_count(partner_id: int, month: date) -> int:
    """Return how many renewals of a month's dues the partner's invoices have paid for."""
    lines = InvoiceLine.due_on.between(month, cycle.last_of_month(month)), InvoiceLine.outcome == LineOutcome.MOVED
    earliest_on, _last_on = cycle.renewal_window(month)
    query = select(func.count()).select_from(InvoiceLine).join(Invoice, Invoice.id == InvoiceLine.invoice_id)
    return int(
        db.session.scalar(query.where(Invoice.partner_id == partner_id, Invoice.issued_on >= earliest_on, *lines)) or 0
    )
