"""Reading registrations of all partners that are Pendente, and what stands against each. For the vendor's staff only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, select, tuple_

from portal import listing
from portal.domain import documents
from portal.domain.errors import NotFound
from portal.domain.search import fold
from portal.evaluations.filters import EvaluationFilter, Turn
from portal.extensions import db
from portal.listing import Page
from portal.models import AuditEvent, Client, Partner
from portal.models.types import AnyRow
from portal.registrations.evaluation import APPROVED, REJECTED
from portal.registrations.queries import REGISTER

CLIENT = Client.__table__.c
COLUMNS = (
    CLIENT.id, CLIENT.name, CLIENT.document, CLIENT.product, CLIENT.pending_at, CLIENT.rejected_at,
    CLIENT.pending_reason, Partner.name.label("partner_name"),
)  # fmt: skip

PENDING = CLIENT.pending_at.is_not(None), CLIENT.archived_at.is_(None)
TURNS: dict[Turn, ColumnElement[bool]] = {
    Turn.VENDOR: CLIENT.rejected_at.is_(None),
    Turn.PARTNER: CLIENT.rejected_at.is_not(None),
}
_PLACE = tuple_(CLIENT.pending_at, CLIENT.id)


def evaluations_page(criteria: EvaluationFilter, size: int) -> Page:
    """Return the page that the criteria ask for: who waits longest comes first."""
    return listing.page_of(_read, criteria, size)


def _read(criteria: EvaluationFilter, most: int) -> Sequence[AnyRow]:
    clauses, order = [*PENDING, TURNS[criteria.turn], *_searched(criteria.search)], [CLIENT.pending_at, CLIENT.id]
    if criteria.before is not None:
        clauses.append(_PLACE < _place_of(criteria.before))
        order = [key.desc() for key in order]
    elif criteria.after is not None:
        clauses.append(_PLACE > _place_of(criteria.after))
    query = select(*COLUMNS).select_from(Client).join(Partner, Partner.id == CLIENT.partner_id)
    return db.session.execute(query.where(*clauses).order_by(*order).limit(most)).all()


def _place_of(client_id: int) -> Any:
    """Return the place of a registration; nothing stands behind or in front of one that is forged or decided."""
    moment = select(CLIENT.pending_at).where(CLIENT.id == client_id)
    return tuple_(moment.correlate(None).scalar_subquery(), literal(client_id))


def _searched(text: str) -> list[ColumnElement[bool]]:
    """Look for a part of the client's or the partner's name or document."""
    if not text:
        return []
    parts = {fold(text), documents.normalise(text).lower()} - {""}
    keys = CLIENT.search_key, Partner.search_key
    return [or_(*(key.contains(part, autoescape=True) for part in parts for key in keys))]


def waiting() -> dict[Turn, int]:
    """Return how many registrations wait for whom."""
    counts = [func.count(case((clause, 1))) for clause in TURNS.values()]
    row = db.session.execute(select(*counts).select_from(Client).where(*PENDING)).one()
    return dict(zip(TURNS, row, strict=True))


@dataclass(frozen=True)
class Evidence:
    """A registration with what is known about it: whose it is, what happened to it, who else holds its document.

    ``others`` are rows of (id, product, registered_on, due_on, pending_at, hidden_at, suspended_at, partner_name).
    """

    client: Client
    partner: Partner
    events: Sequence[AuditEvent]
    others: Sequence[AnyRow]

    @property
    def is_pending(self) -> bool:
        """Whether there is something to decide."""
        return self.client.pending_at is not None and self.client.archived_at is None


def get_client(registration_id: int) -> Client:
    """Return a client that is Pendente, was given up, or was decided about here; no other client is the vendor's to see.

    Raises:
        NotFound: there is none with this id.
    """
    decided = exists().where(AuditEvent.client_id == Client.id, AuditEvent.action.in_((APPROVED, REJECTED)))
    query = select(Client).where(Client.id == registration_id, or_(Client.pending_at.is_not(None), decided))
    client: Client | None = db.session.scalar(query)
    if client is None:
        raise NotFound
    return client


def evidence(client: Client) -> Evidence:
    """Return what there is to know about a registration; of one that is decided only what became of it."""
    partner = db.session.get_one(Partner, client.partner_id)
    is_pending = client.pending_at is not None and client.archived_at is None
    return Evidence(client, partner, _events(client.id), _others(client) if is_pending else [])


def _events(client_id: int) -> Sequence[AuditEvent]:
    """Return what was done about a registration as such, the newest first."""
    told = (REGISTER, APPROVED, REJECTED, "correct", "withdraw")
    query = select(AuditEvent).where(AuditEvent.client_id == client_id, AuditEvent.action.in_(told))
    return db.session.scalars(query.order_by(AuditEvent.id.desc()).limit(20)).all()


def _others(client: Client) -> Sequence[AnyRow]:
    """Return the registrations of other partners with the same document, those of the same product first."""
    columns = (CLIENT.id, CLIENT.product, CLIENT.registered_on, CLIENT.due_on, CLIENT.pending_at, CLIENT.hidden_at,
               CLIENT.suspended_at, Partner.name.label("partner_name"))  # fmt: skip
    held = and_(
        CLIENT.document == client.document, CLIENT.archived_at.is_(None), CLIENT.partner_id != client.partner_id
    )
    same_first = case((CLIENT.product == client.product, 0), else_=1)
    query = select(*columns).select_from(Client).join(Partner, Partner.id == CLIENT.partner_id).where(held)
    return db.session.execute(query.order_by(same_first, CLIENT.id).limit(20)).all()
