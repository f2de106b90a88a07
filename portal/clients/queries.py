"""Reading clients: one row, a page of the list, the counters, what a row expands to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, false, func, literal, literal_column, not_, or_, select, tuple_
from sqlalchemy import union_all as union

from portal.clients.filters import LARGEST_ID, ClientFilter, Sort
from portal.clients.tallies import Counters
from portal.domain import documents
from portal.domain.errors import NotFound
from portal.domain.statuses import RULES, DueRange, Status, derive_status
from portal.extensions import db
from portal.models import Client
from portal.models.types import AnyRow, AnySelect

CLIENT = Client.__table__.c
"""The columns themselves: rows of a list are no objects, and a query without objects costs half."""

COLUMNS = (
    CLIENT.id, CLIENT.name, CLIENT.document, CLIENT.product, CLIENT.registered_on, CLIENT.due_on,
    CLIENT.pending_at, CLIENT.hidden_at, CLIENT.suspended_at,
)  # fmt: skip

DUE = func.coalesce(CLIENT.due_on, literal_column("'9999-12-31'", Date), type_=Date)
"""Due dates with "none yet" last; spelled exactly as the indexes spell it."""

KEYS: dict[Sort, tuple[Any, ...]] = {
    Sort.ID: (CLIENT.id,),
    Sort.NAME: (CLIENT.search_key, CLIENT.id),
    Sort.DOCUMENT: (CLIENT.document, CLIENT.product),
    Sort.REGISTERED: (CLIENT.registered_on, CLIENT.id),
    Sort.PRODUCT: (CLIENT.product, CLIENT.id),
    Sort.DUE: (DUE, CLIENT.id),
    Sort.STATUS: (DUE, CLIENT.id),  # within one status; the statuses follow each other
}
"""What each sorting compares; every key is unique within a partner, so that paging by key loses nobody."""

_FLAGS: dict[str, Any] = {
    "pending": CLIENT.pending_at,
    "hidden": CLIENT.hidden_at,
    "suspended": CLIENT.suspended_at,
}


@dataclass(frozen=True)
class Page:
    """One page of the list: its rows in order, and whether there are others on either side."""

    rows: Sequence[AnyRow]
    has_previous: bool
    has_next: bool


def get_client(partner_id: int, client_id: int) -> Client:
    """Return a partner's client.

    Raises:
        NotFound: there is none with this id at this partner.
    """
    client: Client | None = None
    if client_id <= LARGEST_ID:
        client = db.session.scalar(select(Client).where(Client.id == client_id, Client.partner_id == partner_id))
    if client is None:
        raise NotFound
    return client


def status_clauses(status: Status, today: date) -> list[ColumnElement[bool]]:
    """Return the conditions under which a row has a status: the same rule that ``derive_status`` reads."""
    rule = RULES[status]
    clauses: list[ColumnElement[bool]] = [
        column.is_not(None) if wanted else column.is_(None)
        for name, column in _FLAGS.items()
        if (wanted := getattr(rule, name)) is not None
    ]
    return clauses + (_due_clauses(rule.due(today)) if rule.due else [])


def any_status(statuses: Collection[Status], today: date) -> list[ColumnElement[bool]]:
    """Return the condition that a row has one of several statuses, by the shorter of two ways to say it."""
    others = [status for status in Status if status not in statuses]
    if not others:
        return []
    if len(others) < len(statuses):
        return [not_(and_(*status_clauses(status, today))) for status in others]
    return [or_(*(and_(*status_clauses(status, today)) for status in statuses))]


def _due_clauses(due: DueRange) -> list[ColumnElement[bool]]:
    clauses = []
    if due.first is not None:
        clauses.append(due.first <= DUE)
    if due.last is not None:
        clauses.append(due.last >= DUE)
    return clauses


def due_range(criteria: ClientFilter, today: date) -> DueRange | None:
    """Return the due dates that "vence em até N dias" means, today included."""
    if criteria.due_within is None:
        return None
    return DueRange(today, today + timedelta(days=criteria.due_within))


def matching(partner_id: int, criteria: ClientFilter, today: date) -> list[ColumnElement[bool]]:
    """Return the conditions of the criteria, the statuses apart."""
    clauses: list[ColumnElement[bool]] = [CLIENT.partner_id == partner_id]
    if criteria.search:
        clauses.append(_found(criteria))
    if criteria.product:
        clauses.append(CLIENT.product == criteria.product)
    if due := due_range(criteria, today):
        clauses += [CLIENT.pending_at.is_(None), *_due_clauses(due)]
    if criteria.method:
        clauses.append(CLIENT.renewal_method == criteria.method)
    if criteria.uf:
        clauses.append(CLIENT.uf == criteria.uf)
    if criteria.is_code_unused:
        clauses.append(CLIENT.unused_codes > literal_column("0"))
    return clauses


def _found(criteria: ClientFilter) -> ColumnElement[bool]:
    """Say whether a row is found: by a part of its name, by a part of its document (mask or not), by its ID."""
    text, bare = criteria.folded, documents.normalise(criteria.search).lower()
    ways: list[ColumnElement[bool]] = [CLIENT.search_key.contains(text, autoescape=True)]
    if bare != text and bare.isalnum() and any(sign.isdigit() for sign in bare):
        ways.append(CLIENT.search_key.contains(bare, autoescape=True))
    if bare.isdecimal() and bare.isascii() and int(bare) <= LARGEST_ID:
        ways.append(CLIENT.id == int(bare))
    return or_(*ways)


def clients_page(partner_id: int, criteria: ClientFilter, today: date, counters: Counters) -> Page:
    """Return the page of the list that the criteria ask for, paged by key: no offset, no count over the rows.

    Where nothing is left on that side of the cursor (the rows changed meanwhile) it is the first page.
    """
    cursor = _cursor(partner_id, criteria)
    page = _page(partner_id, criteria, today, counters, cursor)
    if cursor is not None and not page.rows:
        return _page(partner_id, criteria, today, counters, None)
    return page


def _page(partner_id: int, criteria: ClientFilter, today: date, counters: Counters, cursor: AnyRow | None) -> Page:
    is_backward = criteria.before is not None and cursor is not None
    query = _ordered(partner_id, criteria, today, counters, cursor, is_backward=is_backward)
    rows = list(db.session.execute(query.limit(criteria.size + 1)))
    is_more = len(rows) > criteria.size
    rows = rows[: criteria.size]
    if is_backward:
        return Page(rows[::-1], has_previous=is_more, has_next=True)
    return Page(rows, has_previous=cursor is not None, has_next=is_more)


def _cursor(partner_id: int, criteria: ClientFilter) -> AnyRow | None:
    """Return the row that the page begins behind (or ends in front of); a forged or vanished one counts as none."""
    client_id = criteria.before or criteria.after
    if client_id is None:
        return None
    query = select(*COLUMNS, CLIENT.search_key, DUE.label("due"))
    return db.session.execute(query.where(CLIENT.id == client_id, CLIENT.partner_id == partner_id)).one_or_none()


def _ordered(
    partner_id: int,
    criteria: ClientFilter,
    today: date,
    counters: Counters,
    cursor: AnyRow | None,
    *,
    is_backward: bool,
) -> AnySelect:
    """Return the rows of the criteria in their order, from the cursor on (or back)."""
    is_descending = criteria.is_descending != is_backward
    if criteria.sort is Sort.STATUS:
        return _by_status(partner_id, criteria, today, cursor, is_descending=is_descending)
    clauses = matching(partner_id, criteria, today)
    wanted = any_status(criteria.statuses, today)
    beyond = _beyond(criteria.sort, cursor, is_descending=is_descending)
    order = _order(KEYS[criteria.sort], is_descending=is_descending)
    if counters.is_sorting_cheaper(criteria, due_range(criteria, today)):
        few = select(CLIENT.id).where(*clauses, *wanted).cte("few").prefix_with("MATERIALIZED")
        return select(*COLUMNS).join(few, few.c.id == CLIENT.id).where(*beyond).order_by(*order)
    return select(*COLUMNS).where(*clauses, *wanted, *beyond).order_by(*order)


def _by_status(
    partner_id: int, criteria: ClientFilter, today: date, cursor: AnyRow | None, *, is_descending: bool
) -> AnySelect:
    """Return the rows status by status: each reads only as far into its index as the page needs."""
    order = list(reversed(Status)) if is_descending else list(Status)
    begin = derive_status(cursor, today) if cursor else order[0]
    statuses = [status for status in order[order.index(begin) :] if status in criteria.statuses]
    if not statuses:
        return select(*COLUMNS).where(false())
    parts = []
    for rank, status in enumerate(statuses):
        beyond = _beyond(Sort.STATUS, cursor, is_descending=is_descending) if status is begin else []
        part = (
            select(*COLUMNS, DUE.label("due"), literal(rank).label("rank"))
            .where(*matching(partner_id, criteria, today), *status_clauses(status, today), *beyond)
            .order_by(*_order(KEYS[Sort.STATUS], is_descending=is_descending))
            .limit(criteria.size + 1)
        )
        parts.append(select(part.subquery()))
    rows = union(*parts).subquery()
    return select(rows).order_by(rows.c.rank, *_order((rows.c.due, rows.c.id), is_descending=is_descending))


def _order(keys: Sequence[Any], *, is_descending: bool) -> list[Any]:
    return [key.desc() if is_descending else key.asc() for key in keys]


def _beyond(sort: Sort, cursor: AnyRow | None, *, is_descending: bool) -> list[ColumnElement[bool]]:
    """Return the condition that a row stands behind the cursor in the order of reading."""
    if cursor is None:
        return []
    keys = KEYS[sort]
    values = [cursor.due if key is DUE else getattr(cursor, key.key) for key in keys]
    if len(keys) == 1:
        return [keys[0] < values[0] if is_descending else keys[0] > values[0]]
    left, right = tuple_(*keys), tuple_(*(literal(v, key.type) for v, key in zip(values, keys, strict=True)))
    return [left < right if is_descending else left > right]


def all_rows(partner_id: int, criteria: ClientFilter, today: date, counters: Counters) -> Iterator[AnyRow]:
    """Yield every row of the criteria in their order, some hundred at a time (exports)."""
    here = replace(criteria, size=500, after=None, before=None)
    while True:
        page = _page(partner_id, here, today, counters, _cursor(partner_id, here))
        yield from page.rows
        if not page.has_next:
            return
        here = replace(here, after=page.rows[-1].id)
