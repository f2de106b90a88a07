"""Reading clients: one row, a page of the list, the counters, what a row expands to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import CTE, ColumnElement, false, literal, select, tuple_
from sqlalchemy import union_all as union

from portal.clients import noticed
from portal.clients.conditions import CLIENT, DUE, ID, LAST_DAY, any_status, due_range, matching, status_clauses
from portal.clients.filters import ClientFilter, Sort
from portal.clients.tallies import Counters
from portal.domain.errors import NotFound
from portal.domain.ids import LARGEST_ID
from portal.domain.notices import CERTIFICATE_DAYS, CODE_AGES
from portal.domain.statuses import Status, derive_status
from portal.extensions import db
from portal.listing import Page
from portal.models import Client
from portal.models.types import AnyRow, AnySelect

COLUMNS = (
    CLIENT.id, CLIENT.name, CLIENT.document, CLIENT.product, CLIENT.registered_on, CLIENT.due_on,
    CLIENT.pending_at, CLIENT.hidden_at, CLIENT.suspended_at,
    CLIENT.released_due_on, CLIENT.released_through_on,
)  # fmt: skip

KEYS: dict[Sort, tuple[Any, ...]] = {
    Sort.ID: (ID,),
    Sort.NAME: (CLIENT.search_key, CLIENT.id),
    Sort.DOCUMENT: (CLIENT.document, CLIENT.product),
    Sort.REGISTERED: (CLIENT.registered_on, CLIENT.id),
    Sort.PRODUCT: (CLIENT.product, CLIENT.id),
    Sort.DUE: (DUE, CLIENT.id),
    Sort.STATUS: (DUE, CLIENT.id),  # within one status; the statuses follow each other
}
"""What each sorting compares; every key is unique within a partner, so that paging by key loses nobody."""

Stretch = tuple[list[ColumnElement[bool]], tuple[Any, ...]]
"""Rows that follow each other in an index: their conditions, and the keys that still differ among them."""


def get_client(partner_id: int, client_id: int) -> Client:
    """Return a partner's client.

    Raises:
        NotFound: there is none with this id at this partner.
    """
    client: Client | None = None
    if client_id <= LARGEST_ID:
        query = select(Client).where(Client.id == client_id, Client.partner_id == partner_id)
        client = db.session.scalar(query.where(Client.archived_at.is_(None)))
    if client is None:
        raise NotFound
    return client


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
    beyond = _beyond(criteria.sort, cursor, is_descending=is_descending)
    order = _order(KEYS[criteria.sort], is_descending=is_descending)
    if _is_sorting_cheaper(criteria, today, counters):
        few = _few(partner_id, criteria, today)
        return select(*COLUMNS).join(few, few.c.id == CLIENT.id).where(*beyond).order_by(*order)
    due = DUE if criteria.sort is Sort.DUE else CLIENT.due_on
    clauses = matching(partner_id, criteria, today, due) + any_status(criteria.statuses, today, due)
    if criteria.sort is Sort.DUE and cursor is not None:
        stretches = [([*part, *clauses], keys) for part, keys in _behind(cursor, is_descending=is_descending)]
        return _by_due(stretches, criteria.size, is_descending=is_descending)
    return select(*COLUMNS).where(*clauses, *beyond).order_by(*order)


def _few(partner_id: int, criteria: ClientFilter, today: date) -> CTE:
    """Return the ids of all rows of the criteria, collected status by status, each from its own index by due date.

    The bound that no due date exceeds is for SQLite: without it, nothing tells it one index from another.
    """
    clauses = [*matching(partner_id, criteria, today), DUE <= LAST_DAY]
    parts = [
        select(CLIENT.id).where(*clauses, *status_clauses(status, today))
        for status in Status
        if status in criteria.statuses
    ]
    return union(*parts).cte("few").prefix_with("MATERIALIZED")


def _is_sorting_cheaper(criteria: ClientFilter, today: date, counters: Counters) -> bool:
    """Ask the counters; the notices of unused codes and of certificates are few, those of due dates are about the clients due then."""
    if criteria.notice in CODE_AGES.keys() | CERTIFICATE_DAYS.keys():
        return True
    told_of = noticed.due_range(criteria.notice, today) if criteria.notice else None
    return counters.is_sorting_cheaper(criteria, told_of or due_range(criteria, today))


def _by_status(
    partner_id: int, criteria: ClientFilter, today: date, cursor: AnyRow | None, *, is_descending: bool
) -> AnySelect:
    """Return the rows status by status."""
    order = list(reversed(Status)) if is_descending else list(Status)
    begin = derive_status(cursor, today) if cursor else order[0]
    statuses = [status for status in order[order.index(begin) :] if status in criteria.statuses]
    if not statuses:
        return select(*COLUMNS).where(false())
    clauses, stretches = matching(partner_id, criteria, today), []
    for status in statuses:
        behind = _behind(cursor if status is begin else None, is_descending=is_descending)
        stretches += [([*part, *clauses, *status_clauses(status, today)], keys) for part, keys in behind]
    return _by_due(stretches, criteria.size, is_descending=is_descending)


def _behind(cursor: AnyRow | None, *, is_descending: bool) -> list[Stretch]:
    """Return what stands behind the cursor by due date as two stretches: the rest of its date, then the other dates.

    As one comparison of pairs they would be read from the date's first row on: SQLite looks up no more than the first
    half of a pair that holds an expression, and a date may be shared by tens of thousands. They stand in front of other
    conditions, because of two bounds on the same side SQLite looks up the first.
    """
    if cursor is None:
        return [([], KEYS[Sort.DUE])]
    is_later = CLIENT.id < cursor.id if is_descending else CLIENT.id > cursor.id
    is_beyond = cursor.due > DUE if is_descending else cursor.due < DUE
    return [([cursor.due == DUE, is_later], (CLIENT.id,)), ([is_beyond], KEYS[Sort.DUE])]


def _by_due(stretches: Sequence[Stretch], size: int, *, is_descending: bool) -> AnySelect:
    """Return stretches of rows one after the other: each is read only as far into its index as the page needs."""
    parts = [
        select(*COLUMNS, DUE.label("due"), literal(rank).label("rank"))
        .where(*clauses)
        .order_by(*_order(keys, is_descending=is_descending))
        .limit(size + 1)
        .subquery()
        for rank, (clauses, keys) in enumerate(stretches)
    ]
    rows = union(*(select(part) for part in parts)).subquery()
    return select(rows).order_by(rows.c.rank, *_order((rows.c.due, rows.c.id), is_descending=is_descending))


def _order(keys: Sequence[Any], *, is_descending: bool) -> list[Any]:
    return [key.desc() if is_descending else key.asc() for key in keys]


def _beyond(sort: Sort, cursor: AnyRow | None, *, is_descending: bool) -> list[ColumnElement[bool]]:
    """Return the condition that a row stands behind the cursor in the order of reading."""
    if cursor is None:
        return []
    keys = KEYS[sort]
    if sort is Sort.ID:
        return [cursor.id > ID if is_descending else cursor.id < ID]
    values = [cursor.due if key is DUE else getattr(cursor, key.key) for key in keys]
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
