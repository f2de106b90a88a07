"""Reading the record: a page of it, one event, all of what was asked for. Never more than the asker's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, false, literal, or_, select, tuple_

from portal import clock, listing
from portal.domain import documents
from portal.domain.errors import NotFound
from portal.domain.ids import parse_id
from portal.extensions import db
from portal.listing import Page
from portal.models import AuditEvent, Client, Partner, User
from portal.models.types import AnyRow
from portal.trail.filters import ITSELF, TrailFilter
from portal.trail.words import TOLD

EVENT, CLIENT, PARTNER = AuditEvent.__table__.c, Client.__table__.c, Partner.__table__.c

COLUMNS = (
    EVENT.id, EVENT.at, EVENT.action, EVENT.actor_name, EVENT.partner_id, EVENT.client_id, EVENT.reason,
    PARTNER.name.label("partner_name"), CLIENT.name.label("client_name"), CLIENT.archived_at,
)  # fmt: skip
WHOLE = (EVENT.before, EVENT.after)

MOST_PARTNERS = 10


@dataclass(frozen=True)
class Scope:
    """Whose record is read: a partner's, what it may be told of it; or, for the vendor's staff, everybody's."""

    partner_id: int | None

    @property
    def clauses(self) -> list[ColumnElement[bool]]:
        """The conditions that no criterion widens."""
        if self.partner_id is None:
            return []
        return [EVENT.partner_id == self.partner_id, EVENT.action.in_(TOLD)]


def partners_named(text: str) -> Sequence[AnyRow]:
    """Return the partners that a typed text may mean: the one with this id, else a document or a part of a name."""
    query = select(PARTNER.id, PARTNER.name)
    number = parse_id(text)
    if number and (found := db.session.execute(query.where(PARTNER.id == number)).all()):
        return found
    if not text:
        return ()
    alike = or_(PARTNER.name.icontains(text, autoescape=True), PARTNER.document == documents.normalise(text))
    return db.session.execute(query.where(alike).order_by(PARTNER.name).limit(MOST_PARTNERS)).all()


def events_page(scope: Scope, criteria: TrailFilter, size: int) -> Page:
    """Return the page that the criteria ask for, by the moment and then id."""
    return listing.page_of(partial(_read, scope), criteria, size)


def all_rows(scope: Scope, criteria: TrailFilter) -> Iterator[AnyRow]:
    """Yield every event of the criteria, newest first (exports)."""
    return listing.all_of(partial(_read, scope), criteria)


_PLACE = tuple_(EVENT.at, EVENT.id)


def _read(scope: Scope, criteria: TrailFilter, most: int) -> Sequence[AnyRow]:
    clauses = [*scope.clauses, *_matching(scope, criteria)]
    if criteria.before is not None:
        clauses.append(_PLACE > _place_of(scope, criteria.before))
    elif criteria.after is not None:
        clauses.append(_PLACE < _place_of(scope, criteria.after))
    order = (EVENT.at, EVENT.id) if criteria.before is not None else (EVENT.at.desc(), EVENT.id.desc())
    return db.session.execute(_joined(*COLUMNS).where(*clauses).order_by(*order).limit(most)).all()


def _place_of(scope: Scope, event_id: int) -> Any:
    """Return where an event stands; nothing stands behind or in front of one that is not there to be seen."""
    at = select(EVENT.at).where(EVENT.id == event_id, *scope.clauses).correlate(None).scalar_subquery()
    return tuple_(at, literal(event_id))


def _joined(*columns: Any) -> Any:
    return (
        select(*columns)
        .select_from(AuditEvent)
        .outerjoin(Partner, PARTNER.id == EVENT.partner_id)
        .outerjoin(Client, CLIENT.id == EVENT.client_id)
    )


def _matching(scope: Scope, criteria: TrailFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if criteria.protocol:
        found.append(EVENT.id == criteria.protocol)
    if criteria.client:
        found.append(EVENT.client_id == criteria.client)
    if criteria.action:
        found.append(EVENT.action == criteria.action)
    if criteria.from_on:
        found.append(EVENT.at >= clock.moment_of(criteria.from_on, time()))
    if criteria.to_on:
        found.append(EVENT.at < clock.moment_of(criteria.to_on + timedelta(days=1), time()))
    return found + _of_whom(criteria) + _of_which(scope, criteria)


def _of_whom(criteria: TrailFilter) -> list[ColumnElement[bool]]:
    if not criteria.who:
        return []
    if criteria.who == ITSELF:
        return [EVENT.actor_id.is_(None)]
    person = db.session.scalar(select(User.id).where(User.email == criteria.who))
    return [EVENT.actor_id == person if person else false()]


def _of_which(scope: Scope, criteria: TrailFilter) -> list[ColumnElement[bool]]:
    """Return the condition of the partner that staff ask for: the one that is meant, where it is one."""
    if scope.partner_id is not None or not criteria.partner:
        return []
    found = partners_named(criteria.partner)
    return [EVENT.partner_id == found[0].id if len(found) == 1 else false()]


def get_event(scope: Scope, event_id: int) -> AnyRow:
    """Return one event with what it was before and after.

    Raises:
        NotFound: there is none with this id within the scope.
    """
    query = _joined(*COLUMNS, *WHOLE).where(EVENT.id == event_id, *scope.clauses)
    row: AnyRow | None = db.session.execute(query).one_or_none()
    if row is None:
        raise NotFound
    return row
