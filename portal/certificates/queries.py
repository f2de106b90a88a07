"""Reading certificates: a client's current one, all of a client's, a partner's by their end. Nothing sealed is read here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select, tuple_

from portal import clock
from portal.clients.conditions import any_status
from portal.domain.certificates import NOTICE_DAYS
from portal.domain.notices import TOLD_OF_CERTIFICATES
from portal.extensions import db
from portal.models import Certificate, Client, User
from portal.models.types import AnyRow

SIZE = 25
MOST_OF_CLIENT = 12

CERTIFICATE, CLIENT = Certificate.__table__.c, Client.__table__.c
IS_CURRENT = CERTIFICATE.ended_at.is_(None)
"""The condition of the partial indexes of current certificates."""

_COLUMNS = (
    CERTIFICATE.id, CERTIFICATE.client_id, CERTIFICATE.holder, CERTIFICATE.document, CERTIFICATE.issuer,
    CERTIFICATE.csc_id, CERTIFICATE.not_after, CERTIFICATE.uploaded_at, CERTIFICATE.ended_at, CERTIFICATE.ended_as,
    CLIENT.name.label("client_name"), CLIENT.document.label("client_document"),
)  # fmt: skip


def current_of(client_id: int) -> Certificate | None:
    """Return a client's current certificate, with what is sealed."""
    query = select(Certificate).where(Certificate.client_id == client_id, IS_CURRENT)
    return db.session.scalar(query)


def certificates_of(client_id: int) -> Sequence[AnyRow]:
    """Return what may be shown of a client's certificates, the current one and then the newest first."""
    query = (
        select(*_COLUMNS, User.name.label("uploaded_by"))
        .select_from(Certificate)
        .join(Client, CLIENT.id == CERTIFICATE.client_id)
        .join(User, User.id == CERTIFICATE.uploaded_by_id)
        .where(CERTIFICATE.client_id == client_id)
    )
    return db.session.execute(query.order_by(CERTIFICATE.id.desc()).limit(MOST_OF_CLIENT)).all()


def in_use(partner_id: int, today: date) -> list[ColumnElement[bool]]:
    """Return the conditions of current certificates, joined with their clients, that serve one who may have one (DOMAIN §2)."""
    whose = CERTIFICATE.partner_id == partner_id, IS_CURRENT, CLIENT.archived_at.is_(None)
    return [*whose, *any_status(TOLD_OF_CERTIFICATES, today)]


def ending(today: date) -> ColumnElement[bool]:
    """Return the condition that a certificate's end is told of today, past ones included."""
    end: ColumnElement[bool] = CERTIFICATE.not_after < clock.moment_of(
        today + timedelta(days=max(NOTICE_DAYS) + 1), time()
    )
    return end


def count_ending(partner_id: int, today: date) -> int:
    """Return how many certificates end within 30 days or have ended; the partial index by end holds them side by side."""
    query = select(func.count()).select_from(Certificate).join(Client, CLIENT.id == CERTIFICATE.client_id)
    return db.session.scalar(query.where(*in_use(partner_id, today), ending(today))) or 0


def page(partner_id: int, today: date, after: int | None) -> Sequence[AnyRow]:
    """Return current certificates, those that end first in front, one more than a page shows."""
    query = select(*_COLUMNS).select_from(Certificate).join(Client, CLIENT.id == CERTIFICATE.client_id)
    query = query.where(*in_use(partner_id, today))
    if begin := _place(partner_id, after):
        key: Any = tuple_(literal(begin.not_after, CERTIFICATE.not_after.type), literal(begin.id))
        query = query.where(tuple_(CERTIFICATE.not_after, CERTIFICATE.id) > key)
    return db.session.execute(query.order_by(CERTIFICATE.not_after, CERTIFICATE.id).limit(SIZE + 1)).all()


def _place(partner_id: int, certificate_id: int | None) -> AnyRow | None:
    """Return the certificate that a page begins behind; a forged or vanished one counts as none."""
    if certificate_id is None:
        return None
    query = select(CERTIFICATE.not_after, CERTIFICATE.id)
    return db.session.execute(
        query.where(CERTIFICATE.id == certificate_id, CERTIFICATE.partner_id == partner_id)
    ).one_or_none()
