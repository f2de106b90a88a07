"""Reading requests: a page of a list, how many are in each state, one request with its line of time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, tuple_

from portal import listing
from portal.clients.conditions import any_status, matching
from portal.clients.filters import ClientFilter
from portal.domain import search
from portal.domain.actions import ALLOWED, Action
from portal.domain.errors import NotFound
from portal.domain.ids import LARGEST_ID, parse_id
from portal.domain.requests import PRODUCTS, RequestKind, RequestState
from portal.extensions import db
from portal.listing import Page
from portal.models import Charge, Client, InvoiceLine, Partner, RequestEntry, RequestFile, ServiceRequest, User
from portal.models.types import AnyRow, AnySelect
from portal.requests.filters import PAGE_SIZE, RequestFilter, Sort, Waiting

REQUEST, CLIENT, CHARGE, ENTRY = (
    table.__table__.c for table in (ServiceRequest, Client, Charge, RequestEntry)
)  # fmt: skip

ENTRIES = 50
"""How many lines of its time a request's page shows at once."""

_PLACES = {state.value: place for place, state in enumerate(RequestState)}
KEYS: dict[Sort, ColumnElement[Any]] = {
    Sort.NUMBER: REQUEST.id,
    Sort.CLIENT: CLIENT.search_key,
    Sort.CHANGED: REQUEST.changed_at,
    Sort.STATE: case(_PLACES, value=REQUEST.state),
}
"""What each sorting compares first; the id decides among equals."""

PAID: ColumnElement[bool] = and_(CHARGE.paid_at.is_not(None), CHARGE.reversed_at.is_(None))
_COLUMNS = (
    REQUEST.id, REQUEST.kind, REQUEST.state, REQUEST.sent_at, REQUEST.changed_at, REQUEST.is_unanswered,
    REQUEST.terminals, REQUEST.acquirer, REQUEST.system, REQUEST.system_version,
    CLIENT.name.label("client_name"), PAID.label("is_paid"),
)  # fmt: skip


@dataclass(frozen=True)
class Whose:
    """Whose requests a list may hold: a partner's of one kind or, for staff, all; ``user_id`` is who asks."""

    partner_id: int | None
    kind: RequestKind | None
    user_id: int = 0

    @property
    def clauses(self) -> list[ColumnElement[bool]]:
        """The conditions of it."""
        found = [] if self.partner_id is None else [REQUEST.partner_id == self.partner_id]
        return found if self.kind is None else [*found, REQUEST.kind == self.kind]


def requests_page(whose: Whose, criteria: RequestFilter) -> Page:
    """Return the page that the criteria ask for, paged by key."""
    return listing.page_of(partial(_read, whose), criteria, PAGE_SIZE)


def _read(whose: Whose, criteria: RequestFilter, most: int) -> Sequence[AnyRow]:
    key, is_backward = KEYS[criteria.sort], criteria.before is not None
    clauses = [*whose.clauses, *_matching(whose, criteria)]
    if criteria.state:
        clauses.append(REQUEST.state == criteria.state)
    is_falling = criteria.is_descending is not is_backward
    if cursor := criteria.before or criteria.after:
        here, place = tuple_(key, REQUEST.id), tuple_(_key_of(whose, key, cursor), literal(cursor))
        clauses.append(here < place if is_falling else here > place)
    order = [column.desc() if is_falling else column.asc() for column in (key, REQUEST.id)]
    return db.session.execute(_joined(whose).where(*clauses).order_by(*order).limit(most)).all()


def _key_of(whose: Whose, key: ColumnElement[Any], request_id: int) -> Any:
    """Return what a request is sorted by; nothing stands behind or in front of one that is forged or gone."""
    query = select(key).select_from(ServiceRequest).join(Client, CLIENT.id == REQUEST.client_id)
    return query.where(REQUEST.id == request_id, *whose.clauses).correlate(None).scalar_subquery()


def _joined(whose: Whose) -> AnySelect:
    """Return the query for rows of a list; staff see which partner sent each, a partner has its own alone."""
    query = select(*_COLUMNS).select_from(ServiceRequest).join(Client, CLIENT.id == REQUEST.client_id)
    query = query.outerjoin(Charge, CHARGE.id == REQUEST.charge_id)
    if whose.partner_id is not None:
        return query
    return query.add_columns(Partner.name.label("partner_name")).join(Partner, Partner.id == REQUEST.partner_id)


def _matching(whose: Whose, criteria: RequestFilter) -> list[ColumnElement[bool]]:
    """Return the conditions of the criteria, the state apart."""
    clauses: list[ColumnElement[bool]] = [_found(criteria.search)] if criteria.search else []
    if criteria.kind:
        clauses.append(REQUEST.kind == criteria.kind)
    match criteria.waiting:
        case Waiting.ANSWER:
            clauses.append(REQUEST.is_unanswered)
        case Waiting.MINE:
            clauses.append(REQUEST.handler_id == whose.user_id)
        case Waiting.START:
            paid = select(Charge.id).where(PAID).where(CHARGE.id == REQUEST.charge_id).correlate(ServiceRequest)
            clauses += [REQUEST.state == RequestState.AWAITING, paid.exists()]
    return clauses


def _found(text: str) -> ColumnElement[bool]:
    """Say whether a typed text means a request, joined with its client: by its number, or by name, document or ID."""
    wanted, number = search.sought(text), parse_id(text)
    ways: list[ColumnElement[bool]] = [CLIENT.search_key.contains(part, autoescape=True) for part in wanted.parts]
    ways += [CLIENT.id == wanted.client_id] if wanted.client_id else []
    return or_(*ways, REQUEST.id == number) if number else or_(*ways)


def counts(whose: Whose, criteria: RequestFilter) -> dict[RequestState, int]:
    """Return how many requests are in each state; the criterion of the state apart, everything else narrows it."""
    query = select(REQUEST.state, func.count()).select_from(ServiceRequest)
    if criteria.search:
        query = query.join(Client, CLIENT.id == REQUEST.client_id)
    query = query.where(*whose.clauses, *_matching(whose, criteria))
    rows: Iterable[AnyRow] = db.session.execute(query.group_by(REQUEST.state))
    found = {state: int(number) for state, number in rows}
    return {state: found.get(state, 0) for state in RequestState}


def get_request(partner_id: int, request_id: int) -> ServiceRequest:
    """Return a partner's request.

    Raises:
        NotFound: there is none with this id at this partner.
    """
    return _get(request_id, ServiceRequest.partner_id == partner_id)


def get_queued(request_id: int) -> ServiceRequest:
    """Return any partner's request: for staff, whom it was sent to.

    Raises:
        NotFound: there is none with this id.
    """
    return _get(request_id)


def _get(request_id: int, *which: ColumnElement[bool]) -> ServiceRequest:
    query = select(ServiceRequest).where(ServiceRequest.id == request_id, *which)
    found: ServiceRequest | None = db.session.scalar(query) if request_id <= LARGEST_ID else None
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class Standing:
    """What a request's moves follow from, with the money that it costs and the open invoice that asks for it."""

    kind: RequestKind
    state: RequestState
    charge: Charge | None
    invoice_id: int | None

    @property
    def is_paid(self) -> bool:
        """Whether the money for it has arrived."""
        charge = self.charge
        return charge is not None and charge.paid_at is not None and charge.reversed_at is None


def standing_of(request: ServiceRequest) -> Standing:
    """Return how a request stands now."""
    if request.charge_id is None:
        return Standing(request.kind, request.state, None, None)
    asks = and_(
        InvoiceLine.client_id == request.client_id, InvoiceLine.charge_id == request.charge_id, InvoiceLine.is_open
    )
    query = select(Charge, InvoiceLine.invoice_id).outerjoin(InvoiceLine, asks).where(Charge.id == request.charge_id)
    charge, invoice_id = db.session.execute(query, execution_options={"populate_existing": True}).one()
    return Standing(request.kind, request.state, charge, invoice_id)


def subject_of(request: ServiceRequest) -> AnyRow:
    """Return whom a request is about: its client, its partner's name, the name of who handles it, its file."""
    query = (
        select(Client, Partner.name.label("partner_name"), User.name.label("handler_name"), RequestFile)
        .join(Partner, Partner.id == Client.partner_id)
        .outerjoin(User, User.id == request.handler_id)
        .outerjoin(RequestFile, RequestFile.request_id == request.id)
    )
    return db.session.execute(query.where(Client.id == request.client_id)).one()


def entries_of(request_id: int, before: int | None = None) -> Sequence[RequestEntry]:
    """Return the newest lines of a request's time, or those before one: one more than a page shows."""
    query = select(RequestEntry).where(RequestEntry.request_id == request_id)
    if before is not None:
        query = query.where(RequestEntry.id < before)
    return db.session.scalars(query.order_by(RequestEntry.id.desc()).limit(ENTRIES + 1)).all()


def file_of(request: ServiceRequest) -> RequestFile | None:
    """Return the file that was sent along with a request, or None."""
    return db.session.get(RequestFile, request.id)


CHOICES = 10
"""How many clients the form offers to choose from."""

_EDITABLE = frozenset(status for status, actions in ALLOWED.items() if Action.EDIT in actions)


def askable(partner_id: int, kind: RequestKind, text: str, today: date) -> Sequence[AnyRow]:
    """Return the clients that a typed text may mean and that a kind may be asked for, by name: one more than are offered."""
    found = matching(partner_id, ClientFilter(search=text), today)
    fitting = CLIENT.product.in_(PRODUCTS[kind]), *any_status(_EDITABLE, today)
    query = select(CLIENT.id, CLIENT.name, CLIENT.document).where(*found, *fitting)
    return db.session.execute(query.order_by(CLIENT.search_key, CLIENT.id).limit(CHOICES + 1)).all()
