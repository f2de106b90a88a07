"""What rows the criteria mean, as conditions: the same rules that Python reads, in SQL."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, time, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    and_,
    bindparam,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
)

from portal import clock
from portal.clients import noticed
from portal.clients.filters import RENEWAL, ClientFilter
from portal.domain import devices, search
from portal.domain.statuses import RULES, DueRange, Status, to_renew
from portal.listing import Placed
from portal.models import Client, Contact

CLIENT = Client.__table__.c
"""The columns themselves: rows of a list are no objects, and a query without objects costs half."""

LAST_DAY = literal_column("'9999-12-31'", Date)
DUE = func.coalesce(CLIENT.due_on, LAST_DAY, type_=Date)
"""Due dates with "none yet" last; spelled exactly as the indexes spell it."""

ID = func.abs(CLIENT.id, type_=Integer)
"""Ids in an order that only the partner's own index has (``models.client.ID_ORDER``)."""

ANY_DAY = date(2000, 1, 2)
"""For what a rule says of every day alike: which ends of its range are open."""

_FLAGS: dict[str, Any] = {
    "pending": CLIENT.pending_at,
    "hidden": CLIENT.hidden_at,
    "suspended": CLIENT.suspended_at,
}


def status_clauses(status: Status, today: date | None, due: Any = DUE) -> list[ColumnElement[bool]]:
    """Return the conditions under which a row has a status: the same rule that ``derive_status`` reads.

    ``today`` is None in a statement that is built once for all days: ``status_days`` are its parameters. ``due`` is DUE
    where an index by due date shall help, or the bare column where none may lure the planner away from the order of the
    list. Both mean the same: only a pending client has no due date, and its status asks for none.
    """
    rule = RULES[status]
    clauses: list[ColumnElement[bool]] = [
        column.is_not(None) if wanted else column.is_(None)
        for name, column in _FLAGS.items()
        if (wanted := getattr(rule, name)) is not None
    ]
    if rule.due is None:
        return clauses
    return clauses + due_clauses(rule.due(today) if today else _left_open(status, rule.due), due)


def status_days(today: date) -> dict[str, date]:
    """Return today's due dates of all statuses, for statements that left today open."""
    named = (
        (f"{status.value}_{end}", day)
        for status, rule in RULES.items()
        if rule.due
        for end, day in rule.due(today)._asdict().items()
    )
    return {name: day for name, day in named if day is not None}


def _left_open(status: Status, due: Callable[[date], DueRange]) -> Any:
    """Return a status's range of due dates as parameters."""
    ends = due(ANY_DAY)._asdict().items()
    return DueRange(*(day and bindparam(f"{status.value}_{end}", type_=Date) for end, day in ends))  # type: ignore[arg-type]


def any_status(statuses: Collection[Status], today: date | None, due: Any = DUE) -> list[ColumnElement[bool]]:
    """Return the condition that a row has one of several statuses, by the shorter of two ways to say it."""
    others = [status for status in Status if status not in statuses]
    if not others:
        return []
    if len(others) < len(statuses):
        return [not_(and_(*status_clauses(status, today, due))) for status in others]
    return [or_(*(and_(*status_clauses(status, today, due)) for status in statuses))]


def due_clauses(wanted: DueRange, due: Any = DUE) -> list[ColumnElement[bool]]:
    """Return the conditions that a due date lies in a range."""
    clauses = []
    if wanted.first is not None:
        clauses.append(due >= wanted.first)
    if wanted.last is not None:
        clauses.append(due <= wanted.last)
    return clauses


def due_range(criteria: ClientFilter, today: date) -> DueRange | None:
    """Return the due dates that "a renovar" or "vence em até N dias" means, today included."""
    if criteria.due_within is None:
        return None
    if criteria.due_within == RENEWAL:
        return to_renew(today)
    return DueRange(today, today + timedelta(days=criteria.due_within))


def matching(partner_id: int, criteria: ClientFilter, today: date, due: Any = DUE) -> list[ColumnElement[bool]]:
    """Return the conditions of the criteria, the statuses apart."""
    clauses: list[ColumnElement[bool]] = [CLIENT.partner_id == partner_id, CLIENT.archived_at.is_(None)]
    if criteria.search:
        clauses.append(_found(criteria))
    if criteria.product:
        clauses.append(CLIENT.product == criteria.product)
    if wanted := due_range(criteria, today):
        clauses += [CLIENT.pending_at.is_(None), *due_clauses(wanted, due)]
    if criteria.method:
        clauses.append(CLIENT.renewal_method == criteria.method)
    if criteria.uf:
        clauses.append(CLIENT.uf == criteria.uf)
    if criteria.is_code_unused:
        clauses.append(CLIENT.unused_codes > literal_column("0"))
    if criteria.has_open_charge:
        clauses.append(CLIENT.open_charges > literal_column("0"))
    if criteria.silent_days:
        clauses.append(_is_silent(partner_id, devices.silent_through(criteria.silent_days, today)))
    if criteria.notice:
        clauses.append(noticed.is_told_of(partner_id, criteria.notice, today))
    return clauses


def _is_silent(partner_id: int, through: date) -> ColumnElement[bool]:
    """Say whether a client's programs were last heard of on a day or before; one that never was heard of is not silent."""
    contact, until = Contact.__table__.c, clock.moment_of(through + timedelta(days=1), time())
    silent = select(contact.client_id).where(contact.partner_id == partner_id, contact.last_seen_at < until)
    is_silent: ColumnElement[bool] = CLIENT.id.in_(silent)
    return is_silent


def _found(criteria: ClientFilter) -> ColumnElement[bool]:
    """Say whether a row is found: by a part of its name, by a part of its document (mask or not), by its ID."""
    wanted = search.sought(criteria.search)
    ways: list[ColumnElement[bool]] = [CLIENT.search_key.contains(part, autoescape=True) for part in wanted.parts]
    return or_(*ways, *([CLIENT.id == wanted.client_id] if wanted.client_id else []))


def by_name(partner_id: int, criteria: Placed) -> tuple[list[ColumnElement[bool]], tuple[Any, ...]]:
    """Return what a list of clients by name is read by: the condition of standing behind its cursor, and the order.

    A forged cursor has nobody behind it.
    """
    here = CLIENT.search_key, CLIENT.id
    order = here if criteria.before is None else tuple(key.desc() for key in here)
    cursor = criteria.before or criteria.after
    if cursor is None:
        return [], order
    place = select(CLIENT.search_key).where(CLIENT.id == cursor, CLIENT.partner_id == partner_id).correlate(None)
    begin: Any = tuple_(place.scalar_subquery(), literal(cursor))
    return [tuple_(*here) < begin if criteria.before else tuple_(*here) > begin], order
