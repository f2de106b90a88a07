"""Reading charges: a page of the ledger and its totals, one charge with its lines, what one client owes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, tuple_

from portal import listing
from portal.charges.filters import ChargeFilter
from portal.domain import cycle, search
from portal.domain.charges import STATES, ChargeState
from portal.domain.errors import NotFound
from portal.extensions import db
from portal.listing import Page
from portal.models import Charge, ChargeLine, Client, Invoice, InvoiceLine, LicenseOrder, PriceVersion
from portal.models.types import AnyRow, AnySelect
from portal.tabs import Total

CHARGE, CLIENT, INVOICE, ASKING = (table.__table__.c for table in (Charge, Client, Invoice, InvoiceLine))

COLUMNS = (
    CHARGE.id, CHARGE.client_id, CHARGE.kind, CHARGE.charged_on, CHARGE.through_on, CHARGE.amount_cents,
    CHARGE.paid_at, CHARGE.reversed_at, INVOICE.id.label("invoice_id"), INVOICE.number.label("invoice_number"),
)  # fmt: skip
"""A charge, and the open invoice that asks for it, if one does."""
WHOSE = (CLIENT.name, CLIENT.document, CLIENT.archived_at)
ORIGIN = (CHARGE.price_version_id, PriceVersion.valid_from, LicenseOrder.event_id)
LINE = (
    ChargeLine.item, ChargeLine.quantity, ChargeLine.unit_cents, ChargeLine.days, ChargeLine.divisor,
    ChargeLine.amount_cents.label("line_cents"),
)  # fmt: skip

CLIENT_CHARGES = 10
"""How many of a client's charges its page shows; the others stand in its history and in the ledger."""


def state_clauses(state: ChargeState) -> list[ColumnElement[bool]]:
    """Return the conditions under which a charge has a state: the same table that ``state_of`` reads."""
    marks = STATES[state]
    found = [(CHARGE.paid_at, marks.paid), (CHARGE.reversed_at, marks.reversed)]
    return [column.is_not(None) if wanted else column.is_(None) for column, wanted in found if wanted is not None]


def charges_page(partner_id: int, criteria: ChargeFilter, size: int) -> Page:
    """Return the page that the criteria ask for, by day and then id."""
    return listing.page_of(partial(_read, partner_id), criteria, size)


def all_rows(partner_id: int, criteria: ChargeFilter) -> Iterator[AnyRow]:
    """Yield every charge of the criteria, newest first (exports)."""
    return listing.all_of(partial(_read, partner_id), criteria)


def _read(partner_id: int, criteria: ChargeFilter, most: int) -> Sequence[AnyRow]:
    clauses = _matching(partner_id, criteria)
    if criteria.before is not None:
        clauses.append(_PLACE > _place_of(partner_id, criteria.before))
    elif criteria.after is not None:
        clauses.append(_PLACE < _place_of(partner_id, criteria.after))
    is_backward = criteria.before is not None
    order = (CHARGE.charged_on, CHARGE.id) if is_backward else (CHARGE.charged_on.desc(), CHARGE.id.desc())
    return db.session.execute(_joined(*COLUMNS, *WHOSE).where(*clauses).order_by(*order).limit(most)).all()


_PLACE = tuple_(CHARGE.charged_on, CHARGE.id)
"""Where a charge stands in the ledger."""


def _place_of(partner_id: int, charge_id: int) -> Any:
    """Return the place of a charge; nothing stands behind or in front of one that is forged or gone."""
    day = select(CHARGE.charged_on).where(CHARGE.id == charge_id, CHARGE.partner_id == partner_id)
    return tuple_(day.correlate(None).scalar_subquery(), literal(charge_id))


def _joined(*columns: Any) -> AnySelect:
    asks = and_(ASKING.client_id == CHARGE.client_id, ASKING.charge_id == CHARGE.id, InvoiceLine.is_open)
    return (
        select(*columns)
        .select_from(Charge)
        .join(Client, CLIENT.id == CHARGE.client_id)
        .outerjoin(InvoiceLine, asks)
        .outerjoin(Invoice, INVOICE.id == ASKING.invoice_id)
    )


def _matching(partner_id: int, criteria: ChargeFilter) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = [CHARGE.partner_id == partner_id]
    if criteria.state:
        clauses += state_clauses(criteria.state)
    if criteria.month:
        last_on = cycle.last_of_month(criteria.month)
        clauses += [CHARGE.charged_on >= criteria.month, CHARGE.charged_on <= last_on]
    if criteria.search:
        clauses.append(CHARGE.client_id.in_(_found(partner_id, criteria.search)))
    return clauses


def _found(partner_id: int, text: str) -> Any:
    """Return the query for the clients that a typed text may mean; undone registrations too, whose charges stay."""
    wanted = search.sought(text)
    ways: list[ColumnElement[bool]] = [CLIENT.search_key.contains(part, autoescape=True) for part in wanted.parts]
    ways += [CLIENT.id == wanted.client_id] if wanted.client_id else []
    return select(CLIENT.id).where(CLIENT.partner_id == partner_id, or_(*ways))


def totals(partner_id: int, criteria: ChargeFilter) -> dict[ChargeState, Total]:
    """Return number and sum of the charges of each state; the criterion of a state apart, everything else narrows them."""
    state = case(*((and_(*state_clauses(state)), state.value) for state in ChargeState))
    query = select(state, func.count(), func.sum(CHARGE.amount_cents)).group_by(state)
    rows = db.session.execute(query.where(*_matching(partner_id, replace(criteria, state=None))))
    found = {ChargeState(value): Total(count, int(cents)) for value, count, cents in rows}  # type: ignore[call-arg]
    return {state: found.get(state, Total()) for state in ChargeState}


def open_total(partner_id: int) -> Total:
    """Return what a partner owes; the index of open charges holds nothing else."""
    query = select(func.count(), func.coalesce(func.sum(CHARGE.amount_cents), 0))
    owed = query.where(CHARGE.partner_id == partner_id, *state_clauses(ChargeState.OPEN))
    count, cents = db.session.execute(owed).one()
    return Total(count, int(cents))


def get_charge(partner_id: int, charge_id: int) -> Sequence[AnyRow]:
    """Return a partner's charge with where it comes from: a row for each of its lines.

    Raises:
        NotFound: there is none with this id at this partner.
    """
    query = _with_lines(*COLUMNS, *WHOSE).where(CHARGE.id == charge_id, CHARGE.partner_id == partner_id)
    rows = db.session.execute(query).all()
    if not rows:
        raise NotFound
    return rows


def of_client(client_id: int) -> Sequence[AnyRow]:
    """Return a client's newest charges, a row for each line; ``owed_cents`` is the sum of all that are open, newest or not."""
    its_own = CHARGE.client_id == client_id
    newest = select(CHARGE.id).where(its_own).order_by(CHARGE.id.desc()).limit(CLIENT_CHARGES)
    owed = select(func.coalesce(func.sum(CHARGE.amount_cents), 0)).where(its_own, *state_clauses(ChargeState.OPEN))
    owed_cents = owed.correlate(None).scalar_subquery().label("owed_cents")
    query = _with_lines(*COLUMNS, *WHOSE, owed_cents).where(CHARGE.id.in_(newest.correlate(None)))
    return db.session.execute(query.order_by(CHARGE.id.desc())).all()


def _with_lines(*columns: Any) -> AnySelect:
    return (
        _joined(*columns, *ORIGIN, *LINE)
        .join(PriceVersion, PriceVersion.id == CHARGE.price_version_id)
        .join(LicenseOrder, LicenseOrder.id == CHARGE.order_id)
        .outerjoin(ChargeLine, ChargeLine.charge_id == CHARGE.id)
    )
