"""Reading what is billed to end clients: a page of the list, one charge with its lines and payments, a client's charges."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select

from portal import listing
from portal.billing.conditions import CHARGE, CLIENT, has_charge, sells_below
from portal.billing.filters import PAGE_SIZE, BillingFilter, Standing
from portal.catalogue.queries import price_table
from portal.clients.conditions import any_status, by_name, matching
from portal.clients.filters import ClientFilter
from portal.domain import cycle
from portal.domain.catalogue import RenewalMethod
from portal.domain.errors import NotFound
from portal.domain.ids import LARGEST_ID
from portal.domain.statuses import DEFAULT_STATUSES, Status
from portal.extensions import db
from portal.listing import Page
from portal.models import Client, Partner, Payment, RetailCharge, RetailLine
from portal.models.types import AnyRow

COLUMNS = (
    CLIENT.id, CLIENT.partner_id, CLIENT.name, CLIENT.document, CLIENT.product, CLIENT.due_on, CLIENT.due_day,
    CLIENT.pending_at, CLIENT.hidden_at, CLIENT.suspended_at, CLIENT.uses_both_at, CLIENT.paused_at, CLIENT.phone,
)  # fmt: skip
CHARGES_OF_CLIENT = 6
TOKEN = re.compile(r"[\w-]{1,43}", re.ASCII)
LISTED = DEFAULT_STATUSES - {Status.PENDING}
"""Whom the list shows: a registration that waits has no cycle yet."""


def billing_page(partner_id: int, criteria: BillingFilter, today: date) -> Page:
    """Return the page that the criteria ask for: clients in the order of their names."""

    def read(asked: BillingFilter, most: int) -> Sequence[AnyRow]:
        beyond, order = by_name(partner_id, asked)
        query = select(*COLUMNS).where(*_matching(partner_id, asked, today), *beyond)
        return db.session.execute(query.order_by(*order).limit(most)).all()

    return listing.page_of(read, criteria, PAGE_SIZE)


def _matching(partner_id: int, criteria: BillingFilter, today: date) -> list[ColumnElement[bool]]:
    asked = ClientFilter(search=criteria.search, method=RenewalMethod.BILLING)
    clauses = [*matching(partner_id, asked, today, CLIENT.due_on), *any_status(LISTED, today, CLIENT.due_on)]
    if month := criteria.month:
        due_then = CLIENT.due_on.between(month, cycle.last_of_month(month))
        clauses.append(or_(due_then, has_charge(*in_view(month, today))))
    if criteria.standing:
        clauses += _standing(criteria.standing, criteria.month, today)
    return clauses


def in_view(month: date | None, today: date) -> list[ColumnElement[bool]]:
    """Return the conditions of the charges that the list shows: a month's, or those in hand.

    In hand are open ones, that of the present due date, and the one that paid for the present cycle until the next can
    be issued.
    """
    if month:
        return [CHARGE.due_on.between(month, cycle.last_of_month(month))]
    window_opens = CLIENT.due_on > today + timedelta(days=cycle.RENEWAL_WINDOW_DAYS)
    paid_for = and_(CHARGE.next_due_on == CLIENT.due_on, window_opens)
    return [or_(CHARGE.paid_at.is_(None), CHARGE.due_on == CLIENT.due_on, paid_for)]


def _standing(standing: Standing, month: date | None, today: date) -> list[ColumnElement[bool]]:
    """Return the conditions of a tab."""
    shown = in_view(month, today)
    is_open = has_charge(*shown, CHARGE.paid_at.is_(None))
    match standing:
        case Standing.OPEN:
            return [is_open]
        case Standing.PAID:
            return [~is_open, has_charge(*shown)]
        case Standing.UNISSUED:
            return [~has_charge(*shown), CLIENT.paused_at.is_(None)]
        case Standing.HELD_BACK:
            is_held = or_(CLIENT.open_charges > 0, sells_below(price_table(today).version))
            return [~has_charge(*shown), CLIENT.paused_at.is_(None), is_held]
        case Standing.PAUSED:
            return [CLIENT.paused_at.is_not(None)]


def charges_in_view(client_ids: Collection[int], month: date | None, today: date) -> dict[int, RetailCharge]:
    """Return the charge that the list shows of each of some clients: an open one first, then the latest."""
    query = select(RetailCharge).join(Client, CLIENT.id == CHARGE.client_id)
    shown = CHARGE.client_id.in_(client_ids), CHARGE.cancelled_at.is_(None), *in_view(month, today)
    found = db.session.scalars(query.where(*shown).order_by(CHARGE.paid_at.is_(None), CHARGE.due_on, CHARGE.id))
    return {charge.client_id: charge for charge in found}


def open_total(partner_id: int) -> tuple[int, int]:
    """Return how many charges to end clients are open, and what is left to pay of them, in cents."""
    rest = func.coalesce(func.sum(CHARGE.amount_cents - CHARGE.received_cents), 0)
    is_open = CHARGE.partner_id == partner_id, CHARGE.paid_at.is_(None), CHARGE.cancelled_at.is_(None)
    count, cents = db.session.execute(select(func.count(), rest).where(*is_open)).one()
    return count, int(cents)


def get_charge(partner_id: int, charge_id: int) -> tuple[RetailCharge, Client]:
    """Return a partner's charge to an end client, with the client.

    Raises:
        NotFound: there is none with this id at this partner.
    """
    if charge_id > LARGEST_ID:
        raise NotFound
    query = select(RetailCharge, Client).join(Client, CLIENT.id == CHARGE.client_id)
    row = db.session.execute(query.where(CHARGE.id == charge_id, CHARGE.partner_id == partner_id)).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def by_token(token: str) -> tuple[RetailCharge, Client, Partner]:
    """Return what the page of an end client shows.

    Raises:
        NotFound: nobody's token, or none at all: PostgreSQL would stumble over a NUL.
    """
    if not TOKEN.fullmatch(token):
        raise NotFound
    query = select(RetailCharge, Client, Partner).join(Client, CLIENT.id == CHARGE.client_id)
    query = query.join(Partner, Partner.id == CHARGE.partner_id)
    row = db.session.execute(query.where(CHARGE.token == token)).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1], row[2]


def lines_of(charge_id: int) -> Sequence[RetailLine]:
    """Return a charge's lines."""
    return db.session.scalars(select(RetailLine).where(RetailLine.retail_charge_id == charge_id)).all()


def payments_of(charge_id: int) -> Sequence[Payment]:
    """Return what arrived for a charge, oldest first."""
    return db.session.scalars(select(Payment).where(Payment.retail_charge_id == charge_id).order_by(Payment.id)).all()


def charges_of(client_id: int) -> Sequence[RetailCharge]:
    """Return a client's newest charges to its end customer."""
    query = select(RetailCharge).where(CHARGE.client_id == client_id).order_by(CHARGE.id.desc())
    found: Iterable[RetailCharge] = db.session.scalars(query.limit(CHARGES_OF_CLIENT))
    return list(found)
