"""Reading notices: the groups of banner and inbox, one group's notices, the mutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import bindparam, func, select, tuple_

from portal.clients.noticed import open_notices
from portal.domain.errors import NotFound
from portal.domain.ids import LARGEST_ID
from portal.domain.notices import ABOUT_REQUESTS, CERTIFICATE_DAYS, CODE_AGES, NoticeKind
from portal.extensions import db
from portal.models import (
    Certificate,
    Client,
    CreditEntry,
    Notice,
    NoticeMute,
    NoticeTally,
    RegistrationCode,
    RequestEntry,
    ServiceRequest,
)
from portal.models.types import AnyRow
from portal.notifications.filters import PAGE_SIZE, Key

ORDER = (Notice.effective_on, Notice.id)


class Group(NamedTuple):
    """The open notices of a kind: how many, and the due dates that they are about (9999-12-31 for codes)."""

    kind: NoticeKind
    notices: int
    first_due: date
    last_due: date


@dataclass(frozen=True)
class Page:
    """One page of a group's notices, with the clients, codes, credit and certificates that they are about."""

    rows: Sequence[AnyRow]
    next_after: int | None

    def following(self, key: Key) -> int | None:
        """Return the notice that comes after a place in the order; None where the page has none."""
        return next((row[0].id for row in self.rows if (row[0].effective_on, row[0].id) > key), None)


_TALLY = NoticeTally.__table__.c
_GROUPS = (
    select(_TALLY.kind, func.sum(_TALLY.notices), func.min(_TALLY.due_on), func.max(_TALLY.due_on))
    .where(
        _TALLY.partner_id == bindparam("partner_id"),
        _TALLY.postponed_to <= bindparam("today", type_=_TALLY.postponed_to.type),
        _TALLY.notices > 0,
    )
    .group_by(_TALLY.kind)
)
"""Every page asks it, so it is put together once."""


def groups(partner_id: int, today: date) -> list[Group]:
    """Return a partner's groups of open notices, most urgent first; a few dozen kept counters, whatever their numbers."""
    found = {row[0]: Group(*row) for row in db.session.execute(_GROUPS, {"partner_id": partner_id, "today": today})}
    return [found[kind] for kind in NoticeKind if kind in found]


def group(partner_id: int, kind: NoticeKind, today: date) -> Group | None:
    """Return one group, or None where nothing of the kind is open."""
    return next((found for found in groups(partner_id, today) if found.kind is kind), None)


def notices_page(partner_id: int, kind: NoticeKind, today: date, after: int | None) -> Page:
    """Return a page of a group, the earliest effective dates first; ``after`` is the notice that it begins behind.

    Where nothing is left behind that one, the first page.
    """
    rows = _notices_after(partner_id, kind, today, after)
    if not rows and after is not None:
        rows = _notices_after(partner_id, kind, today, None)
    shown = rows[:PAGE_SIZE]
    return Page(shown, shown[-1][0].id if len(rows) > PAGE_SIZE else None)


def _notices_after(partner_id: int, kind: NoticeKind, today: date, after: int | None) -> Sequence[AnyRow]:
    """Return a page's rows and one more, which says that there is another page."""
    is_of_code, is_of_credit = Notice.kind.in_(list(CODE_AGES)), Notice.kind == NoticeKind.CREDITED
    is_of_certificate, is_of_request = Notice.kind.in_(list(CERTIFICATE_DAYS)), Notice.kind.in_(list(ABOUT_REQUESTS))
    about = RegistrationCode.issued_at, RegistrationCode.item, CreditEntry, Certificate.not_after, ServiceRequest
    query = (
        select(Notice, Client, *about)
        .join(Client, Client.id == Notice.client_id)
        .outerjoin(RegistrationCode, (RegistrationCode.id == Notice.subject_id) & is_of_code)
        .outerjoin(CreditEntry, (CreditEntry.id == Notice.subject_id) & is_of_credit)
        .outerjoin(Certificate, (Certificate.id == Notice.subject_id) & is_of_certificate)
        .outerjoin(RequestEntry, (RequestEntry.id == Notice.subject_id) & is_of_request)
        .outerjoin(ServiceRequest, ServiceRequest.id == RequestEntry.request_id)
        .where(*open_notices(partner_id, kind, today))
    )
    if after is not None:
        begin = select(*ORDER).where(Notice.id == after, Notice.partner_id == partner_id)
        query = query.where(tuple_(*ORDER) > begin.scalar_subquery())
    return db.session.execute(query.order_by(*ORDER).limit(PAGE_SIZE + 1)).all()


def newest_id() -> int:
    """Return the id of the newest notice there is: what a form about a whole group was shown with."""
    return db.session.scalar(select(func.max(Notice.id))) or 0


def get_notice(partner_id: int, notice_id: int) -> Notice:
    """Return a partner's notice.

    Raises:
        NotFound: there is none with this id at this partner.
    """
    notice: Notice | None = None
    if notice_id <= LARGEST_ID:
        notice = db.session.scalar(select(Notice).where(Notice.id == notice_id, Notice.partner_id == partner_id))
    if notice is None:
        raise NotFound
    return notice


def mutes(partner_id: int) -> Sequence[AnyRow]:
    """Return what a partner does not want to hear of: the client's id and name, the kind, since when."""
    query = (
        select(NoticeMute.client_id, Client.name, NoticeMute.kind, NoticeMute.muted_at)
        .join(Client, Client.id == NoticeMute.client_id)
        .where(NoticeMute.partner_id == partner_id)
    )
    return db.session.execute(query.order_by(Client.search_key, Client.id, NoticeMute.kind)).all()


def client_name(client_id: int, partner_id: int | None = None) -> str:
    """Return a client's name; of a partner's own where one is named.

    Raises:
        NotFound: there is none with this id at this partner.
    """
    query = select(Client.name).where(Client.id == client_id)
    if partner_id is not None:
        query = query.where(Client.partner_id == partner_id)
    name = db.session.scalar(query) if client_id <= LARGEST_ID else None
    if name is None:
        raise NotFound
    return name
