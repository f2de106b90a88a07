"""Reading partners for the vendor's staff: a page of the list, how many stand how, one of them, what was done to it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, or_, select, tuple_

from portal import listing
from portal.domain import documents
from portal.domain.errors import NotFound
from portal.domain.roles import Role
from portal.domain.search import fold
from portal.extensions import db
from portal.listing import Page
from portal.models import AuditEvent, ClientTally, Partner, User
from portal.models.types import AnyRow
from portal.partners.filters import PartnerFilter, Sort, State

PARTNER = Partner.__table__.c
COLUMNS = PARTNER.id, PARTNER.name, PARTNER.document, PARTNER.created_at, PARTNER.due_day, PARTNER.suspended_at
KEYS: dict[Sort, tuple[Any, ...]] = {
    Sort.NAME: (PARTNER.search_key, PARTNER.id),
    Sort.DOCUMENT: (PARTNER.document, PARTNER.id),
    Sort.REGISTERED: (PARTNER.created_at, PARTNER.id),
    Sort.DUE_DAY: (PARTNER.due_day, PARTNER.id),
}
"""What each sorting compares; the id makes every key unique, so that paging by key loses nobody."""

STATES: dict[State, ColumnElement[bool]] = {
    State.ACTIVE: PARTNER.suspended_at.is_(None),
    State.SUSPENDED: PARTNER.suspended_at.is_not(None),
}


def partners_page(criteria: PartnerFilter, size: int) -> Page:
    """Return the page that the criteria ask for."""
    return listing.page_of(_read, criteria, size)


def _read(criteria: PartnerFilter, most: int) -> Sequence[AnyRow]:
    keys, clauses = KEYS[criteria.sort], _matching(criteria)
    is_falling = criteria.is_descending != (criteria.before is not None)
    if cursor := criteria.before or criteria.after:
        place = db.session.execute(select(*keys).where(PARTNER.id == cursor)).one_or_none()
        if place is None:
            return []
        there = tuple_(*(literal(value, key.type) for value, key in zip(place, keys, strict=True)))
        clauses.append(tuple_(*keys) < there if is_falling else tuple_(*keys) > there)
    order = [key.desc() if is_falling else key.asc() for key in keys]
    return db.session.execute(select(*COLUMNS).where(*clauses).order_by(*order).limit(most)).all()


def _matching(criteria: PartnerFilter) -> list[ColumnElement[bool]]:
    clauses = [STATES[criteria.state]] if criteria.state else []
    if criteria.search:
        parts = {fold(criteria.search), documents.normalise(criteria.search).lower()} - {""}
        clauses.append(or_(*(PARTNER.search_key.contains(part, autoescape=True) for part in parts)))
    return clauses


def totals() -> dict[State, int]:
    """Return how many partners stand how."""
    counts = [func.count(case((clause, 1))) for clause in STATES.values()]
    return dict(zip(STATES, db.session.execute(select(*counts).select_from(Partner)).one(), strict=True))


def clients_of(partner_ids: Collection[int]) -> dict[int, int]:
    """Return how many clients some partners have; the counters are kept, no client is read."""
    query = select(ClientTally.partner_id, func.sum(ClientTally.clients)).where(ClientTally.partner_id.in_(partner_ids))
    return {partner_id: int(count) for partner_id, count in db.session.execute(query.group_by(ClientTally.partner_id))}


def get_partner(partner_id: int) -> Partner:
    """Return a partner.

    Raises:
        NotFound: there is none with this id.
    """
    partner: Partner | None = db.session.get(Partner, partner_id)
    if partner is None:
        raise NotFound
    return partner


def by_document(document: str) -> Partner | None:
    """Return the partner with a (normalised) CNPJ, if there is one."""
    partner: Partner | None = db.session.scalar(select(Partner).where(Partner.document == document))
    return partner


def admins(partner_id: int) -> Sequence[User]:
    """Return a partner's active Administradores."""
    which = User.partner_id == partner_id, User.role == Role.ADMIN, User.deactivated_at.is_(None)
    return db.session.scalars(select(User).where(*which).order_by(User.name, User.id)).all()


def events(partner_id: int, actions: Collection[str]) -> Sequence[AuditEvent]:
    """Return what the vendor did about a partner itself, the newest first."""
    query = select(AuditEvent).where(AuditEvent.partner_id == partner_id, AuditEvent.action.in_(actions))
    return db.session.scalars(query.order_by(AuditEvent.id.desc()).limit(50)).all()
