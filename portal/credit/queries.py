"""Reading a partner's credit: the balance, and a page of the ledger with what each entry comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import ColumnElement, case, func, select

from portal import listing
from portal.credit.filters import CreditFilter, Way
from portal.domain import cycle
from portal.extensions import db
from portal.listing import Page
from portal.models import Client, CreditAccount, CreditEntry, Invoice, Payment, RetailCharge
from portal.models.types import AnyRow

ENTRY = CreditEntry.__table__.c

COLUMNS = (
    ENTRY.id,
    ENTRY.kind,
    ENTRY.amount_cents,
    ENTRY.balance_cents,
    ENTRY.booked_on,
    ENTRY.invoice_id,
    ENTRY.client_id,
)
ORIGIN = (
    Invoice.number, Invoice.settled_at, Invoice.cancelled_at,
    Client.name, Client.archived_at,
    RetailCharge.due_on,
    Payment.end_to_end_id,
)  # fmt: skip


@dataclass(frozen=True)
class Totals:
    """How many entries, what came and what went."""

    count: int
    in_cents: int
    out_cents: int


def balance(partner_id: int) -> int:
    """Return a partner's credit, in cents."""
    query = select(CreditAccount.balance_cents).where(CreditAccount.partner_id == partner_id)
    return int(db.session.scalar(query) or 0)


def entries_page(partner_id: int, criteria: CreditFilter, size: int) -> Page:
    """Return the page that the criteria ask for, by id."""
    return listing.page_of(partial(_read, partner_id), criteria, size)


def all_rows(partner_id: int, criteria: CreditFilter) -> Iterator[AnyRow]:
    """Yield every entry of the criteria, newest first (exports)."""
    return listing.all_of(partial(_read, partner_id), criteria)


def _read(partner_id: int, criteria: CreditFilter, most: int) -> Sequence[AnyRow]:
    place = listing.beyond(ENTRY.id, criteria)
    query = (
        select(*COLUMNS, *ORIGIN)
        .select_from(CreditEntry)
        .outerjoin(Invoice, Invoice.id == ENTRY.invoice_id)
        .outerjoin(Client, Client.id == ENTRY.client_id)
        .outerjoin(RetailCharge, RetailCharge.id == ENTRY.retail_charge_id)
        .outerjoin(Payment, Payment.id == ENTRY.payment_id)
        .where(*_matching(partner_id, criteria), *place.clauses)
    )
    return db.session.execute(query.order_by(place.order).limit(most)).all()


def _matching(partner_id: int, criteria: CreditFilter) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = [ENTRY.partner_id == partner_id]
    if criteria.way:
        clauses.append(ENTRY.amount_cents > 0 if criteria.way is Way.IN else ENTRY.amount_cents < 0)
    if criteria.month:
        clauses.append(ENTRY.booked_on.between(criteria.month, cycle.last_of_month(criteria.month)))
    return clauses


def totals(partner_id: int, criteria: CreditFilter) -> Totals:
    """Return what came and went; the criterion of the way apart, everything else narrows it."""
    came = func.coalesce(func.sum(case((ENTRY.amount_cents > 0, ENTRY.amount_cents), else_=0)), 0)
    went = func.coalesce(func.sum(case((ENTRY.amount_cents < 0, -ENTRY.amount_cents), else_=0)), 0)
    count = func.count() if criteria.way is None else func.sum(_is(criteria.way))
    query = select(count, came, went).where(*_matching(partner_id, replace(criteria, way=None)))
    found = db.session.execute(query).one()
    return Totals(*(int(value or 0) for value in found))


def _is(way: Way) -> ColumnElement[int]:
    return case((ENTRY.amount_cents > 0 if way is Way.IN else ENTRY.amount_cents < 0, 1), else_=0)
