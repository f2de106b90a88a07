"""Reading codes: those that wait, one with its client, all of a client, the sendings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, select, tuple_

from portal import clock
from portal.clients.conditions import any_status, matching
from portal.clients.filters import ClientFilter
from portal.codes.filters import CodeFilter, Sent
from portal.domain.catalogue import Item
from portal.domain.codes import Age, issued_range
from portal.domain.errors import NotFound
from portal.domain.statuses import LIVE_STATUSES, DueRange
from portal.extensions import db
from portal.models import Client, CodeSending, Installation, RegistrationCode, User
from portal.models.types import AnyRow, AnySelect

SIZE = 25
MOST_OF_CLIENT = 50

CODE, CLIENT, SENDING = RegistrationCode.__table__.c, Client.__table__.c, CodeSending.__table__.c

UNUSED = (RegistrationCode.consumed_at.is_(None), RegistrationCode.revoked_at.is_(None))
"""The condition of the partial index of waiting codes."""

_LAST_SENDING = select(func.max(SENDING.id)).where(SENDING.code_id == CODE.id).correlate(RegistrationCode.__table__)
_COLUMNS = (
    CODE.id, CODE.code, CODE.item, CODE.issued_at, CODE.consumed_at, CODE.revoked_at, CODE.supersedes_id,
    CLIENT.id.label("client_id"), CLIENT.name, CLIENT.document, CLIENT.product, CLIENT.email, CLIENT.phone,
    CLIENT.due_on, CLIENT.pending_at, CLIENT.hidden_at, CLIENT.suspended_at,
    SENDING.id.label("sending_id"), SENDING.way, SENDING.sent_at, User.name.label("sent_by"),
)  # fmt: skip


def _with_client_and_sending(*columns: Any) -> AnySelect:
    """Return the query for codes, each with its client and its last sending."""
    return (
        select(*columns)
        .select_from(RegistrationCode)
        .join(Client, CLIENT.id == CODE.client_id)
        .outerjoin(CodeSending, SENDING.id == _LAST_SENDING.scalar_subquery())
        .outerjoin(User, User.id == SENDING.user_id)
    )


def waiting(partner_id: int, criteria: CodeFilter, today: date) -> list[ColumnElement[bool]]:
    """Return the conditions of the codes that the funnel shows: sold, not activated, their client able to (DOMAIN §3)."""
    clauses = [
        CODE.partner_id == partner_id,
        *UNUSED,
        *matching(partner_id, ClientFilter(search=criteria.search), today),
        *any_status(LIVE_STATUSES, today),
    ]
    if criteria.age:
        clauses += _issued_in(issued_range(criteria.age, today))
    if criteria.sent:
        clauses.append(SENDING.id.is_(None) if criteria.sent is Sent.NO else SENDING.id.is_not(None))
    return clauses


def _issued_in(days: DueRange) -> list[ColumnElement[bool]]:
    """Return the conditions that a code was issued on certain days of São Paulo."""
    clauses = []
    if days.first is not None:
        clauses.append(CODE.issued_at >= clock.moment_of(days.first, time()))
    if days.last is not None:
        clauses.append(CODE.issued_at < clock.moment_of(days.last + timedelta(days=1), time()))
    return clauses


def codes_page(partner_id: int, criteria: CodeFilter, today: date) -> Sequence[AnyRow]:
    """Return the waiting codes of the criteria, oldest first, one more than a page shows."""
    query = _with_client_and_sending(*_COLUMNS).where(*waiting(partner_id, criteria, today))
    if begin := _place(partner_id, criteria.after):
        key = tuple_(literal(begin.issued_at, CODE.issued_at.type), literal(begin.id))
        query = query.where(tuple_(CODE.issued_at, CODE.id) > key)
    return db.session.execute(query.order_by(CODE.issued_at, CODE.id).limit(SIZE + 1)).all()


def _place(partner_id: int, code_id: int | None) -> AnyRow | None:
    """Return the code that a page begins behind; a forged or vanished one counts as none."""
    if code_id is None:
        return None
    query = select(CODE.issued_at, CODE.id).where(CODE.id == code_id, CODE.partner_id == partner_id)
    return db.session.execute(query).one_or_none()


def counts(partner_id: int, today: date) -> dict[Age, int]:
    """Return how many codes of each age wait; one pass over the partner's waiting codes, which are few beside its clients."""
    age = case(*((and_(*_issued_in(issued_range(age, today))), age.value) for age in Age))
    query = select(age, func.count()).select_from(RegistrationCode).join(Client, CLIENT.id == CODE.client_id)
    rows: Iterable[AnyRow] = db.session.execute(query.where(*waiting(partner_id, CodeFilter(), today)).group_by(age))
    found = {str(value): int(number) for value, number in rows}
    return {age: found.get(age.value, 0) for age in Age}


def get_code(partner_id: int, code_id: int) -> tuple[RegistrationCode, Client]:
    """Return a partner's code with its client.

    Raises:
        NotFound: there is none with this id at this partner.
    """
    query = select(RegistrationCode, Client).join(Client, CLIENT.id == CODE.client_id)
    whose = CODE.id == code_id, CODE.partner_id == partner_id, CLIENT.archived_at.is_(None)
    found = db.session.execute(query.where(*whose)).one_or_none()
    if found is None:
        raise NotFound
    return found[0], found[1]


def get_row(partner_id: int, code_id: int) -> AnyRow:
    """Return the same as a row of the funnel, whatever has become of the code.

    Raises:
        NotFound: there is none with this id at this partner.
    """
    whose = CODE.id == code_id, CODE.partner_id == partner_id, CLIENT.archived_at.is_(None)
    row = db.session.execute(_with_client_and_sending(*_COLUMNS).where(*whose)).one_or_none()
    if row is None:
        raise NotFound
    return row


def find(partner_id: int, code: str) -> int | None:
    """Return the id of a partner's code by what it says; another partner's is as unknown as one that nobody has."""
    query = select(CODE.id).join(Client, CLIENT.id == CODE.client_id)
    return db.session.scalar(
        query.where(CODE.code == code, CODE.partner_id == partner_id, CLIENT.archived_at.is_(None))
    )


def sendings(code_id: int) -> Sequence[AnyRow]:
    """Return how a code was handed on, newest first: id, way, moment, whose hand."""
    query = select(SENDING.id, SENDING.way, SENDING.sent_at, User.name.label("sent_by"))
    query = query.join(User, User.id == SENDING.user_id).where(SENDING.code_id == code_id)
    return db.session.execute(query.order_by(SENDING.id.desc()).limit(MOST_OF_CLIENT)).all()


def codes_of(client_id: int) -> Sequence[AnyRow]:
    """Return a client's codes, used and revoked ones too, newest first, each with its last sending."""
    query = _with_client_and_sending(*_COLUMNS).where(CODE.client_id == client_id)
    return db.session.execute(query.order_by(CODE.id.desc()).limit(MOST_OF_CLIENT)).all()


def living(client_id: int, item: Item | None = None) -> Sequence[Installation]:
    """Return a client's installations whose keys work, of one item or of all."""
    query = select(Installation).where(Installation.client_id == client_id, Installation.revoked_at.is_(None))
    if item is not None:
        query = query.where(Installation.item == item)
    return db.session.scalars(query.order_by(Installation.id)).all()
