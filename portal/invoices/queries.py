"""Reading invoices: a page of the list and its totals, one invoice with its lines, what arrived for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, and_, case, distinct, func, or_, select

from portal import listing
from portal.domain import cycle, search
from portal.domain.errors import NotFound
from portal.domain.ids import parse_id
from portal.domain.invoices import InvoiceKind, InvoiceState, LineOutcome
from portal.extensions import db
from portal.invoices.filters import InvoiceFilter
from portal.listing import Page
from portal.models import AuditEvent, Charge, ChargeLine, Client, Invoice, InvoiceItem, InvoiceLine, Payment
from portal.models.types import AnyRow, AnySelect
from portal.tabs import Total

INVOICE, LINE, CLIENT, CHARGE = (table.__table__.c for table in (Invoice, InvoiceLine, Client, Charge))

_CLIENTS = (
    select(func.count(distinct(LINE.client_id)))
    .where(LINE.invoice_id == INVOICE.id)
    .correlate(Invoice)
    .scalar_subquery()
    .label("clients")
)
COLUMNS = (
    INVOICE.id, INVOICE.number, INVOICE.kind, INVOICE.month_on, INVOICE.issued_on, INVOICE.lines_cents,
    INVOICE.credit_cents, INVOICE.total_cents, INVOICE.received_cents, INVOICE.settled_at, INVOICE.cancelled_at, _CLIENTS,
)  # fmt: skip
LINE_COLUMNS = (
    LINE.id, LINE.client_id, LINE.client_name, LINE.client_document, LINE.charge_id, LINE.due_on, LINE.next_due_on,
    LINE.amount_cents, LINE.outcome, CLIENT.archived_at, CHARGE.kind, CHARGE.charged_on,
)  # fmt: skip


@dataclass(frozen=True)
class Summary:
    """What the lines of an invoice come to: how many, of how many clients, and how much of it became credit."""

    lines: int
    clients: int
    credited_cents: int


def state_clauses(state: InvoiceState) -> list[ColumnElement[bool]]:
    """Return the conditions under which an invoice has a state: what ``state_of`` says, in SQL."""
    ends = {InvoiceState.PAID: INVOICE.settled_at, InvoiceState.CANCELLED: INVOICE.cancelled_at}
    if state in ends:
        return [ends[state].is_not(None)]
    return [column.is_(None) for column in ends.values()]


def invoices_page(partner_id: int, criteria: InvoiceFilter, size: int) -> Page:
    """Return the page that the criteria ask for, by id."""
    return listing.page_of(partial(_read, partner_id), criteria, size)


def all_rows(partner_id: int, criteria: InvoiceFilter) -> Iterator[AnyRow]:
    """Yield every invoice of the criteria, newest first (exports)."""
    return listing.all_of(partial(_read, partner_id), criteria)


def _read(partner_id: int, criteria: InvoiceFilter, most: int) -> Sequence[AnyRow]:
    place = listing.beyond(INVOICE.id, criteria)
    query = select(*COLUMNS).where(*_matching(partner_id, criteria), *place.clauses).order_by(place.order)
    return db.session.execute(query.limit(most)).all()


def _matching(partner_id: int, criteria: InvoiceFilter) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = [INVOICE.partner_id == partner_id]
    if criteria.state:
        clauses += state_clauses(criteria.state)
    if criteria.month:
        clauses += [INVOICE.issued_on.between(criteria.month, cycle.last_of_month(criteria.month))]
    if criteria.search:
        clauses.append(_found(partner_id, criteria.search))
    return clauses


def _found(partner_id: int, text: str) -> ColumnElement[bool]:
    """Say whether an invoice is meant by a typed text: by its number, or by a client on it."""
    wanted = search.sought(text)
    ways: list[ColumnElement[bool]] = [CLIENT.search_key.contains(part, autoescape=True) for part in wanted.parts]
    clients = select(CLIENT.id).where(CLIENT.partner_id == partner_id, or_(*ways))
    holds = INVOICE.id.in_(select(LINE.invoice_id).where(LINE.client_id.in_(clients)))
    number = parse_id(text)
    return or_(holds, INVOICE.number == number) if number else holds


def totals(partner_id: int, criteria: InvoiceFilter) -> dict[InvoiceState, Total]:
    """Return number and sum of the invoices of each state; the criterion of a state apart, everything else narrows them."""
    state = case(*((and_(*state_clauses(state)), state.value) for state in InvoiceState))
    query = select(state, func.count(), func.sum(INVOICE.total_cents)).group_by(state)
    rows = db.session.execute(query.where(*_matching(partner_id, replace(criteria, state=None))))
    found = {InvoiceState(value): Total(count, int(cents)) for value, count, cents in rows}  # type: ignore[call-arg]
    return {state: found.get(state, Total()) for state in InvoiceState}


def get_invoice(partner_id: int, invoice_id: int) -> Invoice:
    """Return a partner's invoice.

    Raises:
        NotFound: there is none with this id at this partner.
    """
    which = Invoice.id == invoice_id, Invoice.partner_id == partner_id
    invoice: Invoice | None = db.session.scalar(select(Invoice).where(*which))
    if invoice is None:
        raise NotFound
    return invoice


def made_by(key: str) -> tuple[Invoice, AuditEvent] | None:
    """Return the invoice that a form's key made, with its event, or None."""
    made = select(Invoice, AuditEvent).join(AuditEvent, AuditEvent.id == Invoice.event_id).where(Invoice.key == key)
    row = db.session.execute(made).one_or_none()
    return (row[0], row[1]) if row else None


def lines_of(invoice_id: int) -> Sequence[InvoiceLine]:
    """Return an invoice's lines in their order."""
    return db.session.scalars(
        select(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id).order_by(InvoiceLine.id)
    ).all()


def summary(invoice_id: int) -> Summary:
    """Return what an invoice's lines come to."""
    credited = func.sum(case((LINE.outcome == LineOutcome.CREDITED, LINE.amount_cents), else_=0))
    query = select(func.count(), func.count(distinct(LINE.client_id)), func.coalesce(credited, 0))
    lines, clients, cents = db.session.execute(query.where(LINE.invoice_id == invoice_id)).one()
    return Summary(lines, clients, int(cents))


def shown_lines(invoice_id: int, *, after: int | None = None, size: int | None = None) -> Sequence[AnyRow]:
    """Return an invoice's lines with the charges that they ask for, in their order: one more than a page, or all."""
    query = select(*LINE_COLUMNS).select_from(InvoiceLine).join(Client, CLIENT.id == LINE.client_id)
    query = query.outerjoin(Charge, CHARGE.id == LINE.charge_id).where(LINE.invoice_id == invoice_id)
    if after is not None:
        query = query.where(LINE.id > after)
    return db.session.execute(query.order_by(LINE.id).limit(None if size is None else size + 1)).all()


def items_of(line_ids: Collection[int]) -> Sequence[AnyRow]:
    """Return the arithmetic of some lines: that of a renewal, or that of the charge which it asks for."""
    rows: list[AnyRow] = []
    ids = sorted(line_ids)
    for start in range(0, len(ids), listing.ROWS_A_QUERY):
        some = LINE.id.in_(ids[start : start + listing.ROWS_A_QUERY])
        rows += db.session.execute(_items(InvoiceItem, InvoiceItem.line_id == LINE.id, some).union_all(
            _items(ChargeLine, ChargeLine.charge_id == LINE.charge_id, some)
        ))  # fmt: skip
    return rows


def _items(table: Any, is_of: ColumnElement[bool], some: ColumnElement[bool]) -> AnySelect:
    names = ("item", "quantity", "unit_cents", "days", "divisor", "amount_cents")
    columns = [getattr(table, name) for name in names]
    return select(LINE.id.label("line_id"), *columns).select_from(InvoiceLine).join(table, is_of).where(some)


def charge_items(charge_ids: Collection[int]) -> Sequence[AnyRow]:
    """Return the arithmetic of some charges; ``line_id`` is the charge's id."""
    columns = [
        getattr(ChargeLine, name) for name in ("item", "quantity", "unit_cents", "days", "divisor", "amount_cents")
    ]
    query = select(ChargeLine.charge_id.label("line_id"), *columns)
    return db.session.execute(query.where(ChargeLine.charge_id.in_(charge_ids))).all()


def payments_of(invoice_id: int) -> Sequence[Payment]:
    """Return what arrived for an invoice, in its order."""
    return db.session.scalars(select(Payment).where(Payment.invoice_id == invoice_id).order_by(Payment.id)).all()


def asking_for(partner_id: int, kind: InvoiceKind, client_ids: Collection[int] | None = None) -> Sequence[AnyRow]:
    """Return a partner's open invoices of a kind, oldest first: those that hold one of some clients, or all."""
    which = INVOICE.partner_id == partner_id, INVOICE.kind == kind
    query = select(*COLUMNS).where(*which, *state_clauses(InvoiceState.OPEN))
    if client_ids is not None:
        held = select(LINE.invoice_id).where(LINE.client_id.in_(client_ids), InvoiceLine.is_open)
        query = query.where(INVOICE.id.in_(held))
    return db.session.execute(query.order_by(INVOICE.id)).all()


def open_of_client(client_id: int) -> Sequence[AnyRow]:
    """Return the open invoices that hold a client, oldest first."""
    columns = INVOICE.id, INVOICE.number, INVOICE.kind, INVOICE.month_on, INVOICE.total_cents, INVOICE.received_cents
    query = select(*columns).join(InvoiceLine, LINE.invoice_id == INVOICE.id).distinct()
    return db.session.execute(query.where(LINE.client_id == client_id, InvoiceLine.is_open).order_by(INVOICE.id)).all()
