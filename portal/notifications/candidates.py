"""Whom a notice is due for: the table of portal.domain.notices as one SELECT per kind, over all partners at once.

The night inserts what these statements select, the preview counts it. They leave its days open (``days``), and so are
built once (``statements``): building them takes longer than running them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Subquery,
    and_,
    cast,
    exists,
    func,
    join,
    literal,
    null,
    or_,
    outerjoin,
    select,
)

from portal import clock
from portal.clients.conditions import DUE, any_status
from portal.domain.notices import (
    CODE_AGES,
    EXPIRY_RULES,
    NOTIFIED_STATUSES,
    TOLD_AT_ONCE,
    TOLD_OF_CODES,
    NoticeKind,
    replaced_by,
)
from portal.domain.statuses import LIVE_STATUSES
from portal.models import Client, Notice, NoticeMute, Partner, RegistrationCode
from portal.models.notice import IS_UNSETTLED
from portal.models.types import AnySelect
from portal.notifications.days import FIRST, LAST, NOW, OLDEST, TODAY, effective_on, is_covered
from portal.notifications.silence import is_answered

_MADE = Notice.__table__.alias("made").c
"""Notices that exist already; one alias, because to make one costs more than a query."""

COLUMNS = ("partner_id", "kind", "subject_id", "client_id", "effective_on", "due_on", "created_at", "postponed_to")


def expiring(kind: NoticeKind) -> AnySelect:
    """Return a notice of a kind of license expiry for every client that the kind covers today."""
    subject = Subject(Client, Client.id, effective_on(kind), Client.due_on)
    earlier = ((other, effective_on(other)) for other in EXPIRY_RULES[kind].answered_by)
    return rows_about(kind, subject).where(
        Client.partner_id.in_(select(Partner.id)),  # leads into the index, partner by partner
        DUE >= FIRST,
        DUE <= LAST,
        *any_status(NOTIFIED_STATUSES, None),
        is_heard(kind),
        ~is_answered(kind),
        ~is_made(kind, Client.id, subject.effective_on),
        *(~is_made(other, Client.id, its, is_dismissed=True) for other, its in earlier),
    )


def unused_codes(kind: NoticeKind, dialect: str) -> AnySelect:
    """Return a notice for every unused code of this age whose client could activate it."""
    reached_on = days_after(RegistrationCode.issued_at, CODE_AGES[kind], dialect)
    source = join(Client, RegistrationCode, RegistrationCode.client_id == Client.id)
    subject = Subject(source, RegistrationCode.id, reached_on)
    return rows_about(kind, subject).where(
        *waiting_codes(kind),
        *any_status(TOLD_OF_CODES, None),
        is_heard(kind),
        ~is_made(kind, RegistrationCode.id, reached_on),
    )


def waiting_codes(kind: NoticeKind) -> list[ColumnElement[bool]]:
    """Return the conditions of the codes, joined with their clients, that a kind is about today.

    Only Ativo, Suspenso and Expirado clients count (DOMAIN §3).
    """
    clauses = RegistrationCode.consumed_at.is_(None), RegistrationCode.revoked_at.is_(None)
    issued = is_covered(RegistrationCode.issued_at, kind)
    return [RegistrationCode.partner_id.in_(select(Partner.id)), *clauses, *issued, *any_status(LIVE_STATUSES, None)]


def replaced(kind: NoticeKind) -> list[ColumnElement[bool]]:
    """Return the conditions of the open notices that a kind of expiry replaces today: earlier ones of the same due dates."""
    return [Notice.due_on.between(FIRST, LAST), IS_UNSETTLED, Notice.kind != kind]


def answered(kind: NoticeKind) -> list[ColumnElement[bool]]:
    """Return the conditions of the open notices of a kind of expiry that have nothing left to ask."""
    return _of_client(kind, is_answered(kind), is_open=True)


def asked_again(kind: NoticeKind) -> list[ColumnElement[bool]]:
    """Return the conditions of closed notices of a kind of expiry that ask again: what answered them does not hold now."""
    asks = [*any_status(NOTIFIED_STATUSES, None), is_heard(kind), ~is_answered(kind)]
    return _of_client(kind, *asks, is_open=False)


def _of_client(kind: NoticeKind, *which: ColumnElement[bool], is_open: bool) -> list[ColumnElement[bool]]:
    """Return the conditions of the notices of a kind about due dates of today's range whose client still has that one."""
    of_range = Client.due_on.between(FIRST, LAST)  # said of both: else all clients are asked before their notices
    same = (
        Client.id == Notice.client_id,
        Client.partner_id == Notice.partner_id,
        Client.due_on == Notice.due_on,
        of_range,
    )
    state = IS_UNSETTLED if is_open else ~IS_UNSETTLED
    return [Notice.due_on.between(FIRST, LAST), Notice.kind == kind, state, exists().where(*same, *which)]


def outlived() -> list[ColumnElement[bool]]:
    """Return the conditions of notices about due dates that nobody asks about any more; what was put off waits for its day."""
    is_undecided = or_(Notice.postponed_to.is_(None), Notice.dismissed_at.is_not(None))
    is_old = or_(Notice.due_on < OLDEST, and_(*forgettable()))
    return [is_old, IS_UNSETTLED, is_undecided]


def forgettable() -> list[ColumnElement[bool]]:
    """Return the conditions of what was told at once and is as old as the due dates that nobody asks about any more."""
    return [Notice.due_on.is_(None), Notice.kind.in_(list(TOLD_AT_ONCE)), Notice.effective_on < OLDEST]


def pointless(kind: NoticeKind) -> list[ColumnElement[bool]]:
    """Return the conditions of code notices that a later kind replaced, or whose client has no license to lose."""
    waits = exists().where(
        RegistrationCode.id == Notice.subject_id, Client.id == RegistrationCode.client_id, *waiting_codes(kind)
    )
    return [Notice.due_on.is_(None), Notice.kind == kind, IS_UNSETTLED, ~waits]


@dataclass(frozen=True)
class Subject:
    """What a notice is about, as columns."""

    source: Any
    id: Any
    effective_on: ColumnElement[date]
    due_on: Any = field(default_factory=lambda: cast(null(), Date))


def rows_about(kind: NoticeKind, subject: Subject) -> AnySelect:
    """Return the columns in the order of COLUMNS, of all clients with what the notices are about."""
    put_off = _put_off(kind)
    source = outerjoin(subject.source, put_off, put_off.c.subject_id == subject.id)
    return select(
        Client.partner_id,
        literal(kind, Notice.kind.type),
        subject.id,
        Client.id.label("client"),
        subject.effective_on,
        subject.due_on,
        NOW,
        put_off.c.to,
    ).select_from(source)


def days_after(moment: Any, days: int, dialect: str) -> ColumnElement[date]:
    """Return the civil date of São Paulo some days after (or before) a moment.

    SQLite knows no time zones: there the offset since 2019, the year in which Brazil gave up daylight saving, is used.
    """
    if dialect == "sqlite":
        return func.date(moment, "-3 hours", f"{days:+} days", type_=Date)
    return cast(func.timezone(str(clock.SAO_PAULO), moment), Date) + days


def is_heard(kind: NoticeKind) -> ColumnElement[bool]:
    """Say that the partner did not ask for silence about this client and kind."""
    return ~exists().where(NoticeMute.client_id == Client.id, NoticeMute.kind == kind)


def is_made(kind: NoticeKind, subject: Any, effective_on: Any, *, is_dismissed: bool = False) -> ColumnElement[bool]:
    """Say that there is this very notice (that it was dismissed); one look into the unique index."""
    same = [
        _MADE.partner_id == Client.partner_id,
        _MADE.kind == kind,
        _MADE.subject_id == subject,
        _MADE.effective_on == effective_on,
    ]
    return exists().where(and_(*same, *([_MADE.dismissed_at.is_not(None)] if is_dismissed else [])))


def _put_off(kind: NoticeKind) -> Subquery:
    """Return the subjects whose notice was put off that this kind replaces, each with the day it was put off to.

    They are few and have an index of their own, so that the night joins them once instead of asking for each client.
    """
    return (
        select(Notice.subject_id, func.max(Notice.postponed_to).label("to"))
        .where(
            IS_UNSETTLED,
            Notice.postponed_to > TODAY,
            Notice.dismissed_at.is_(None),
            Notice.kind.in_(replaced_by(kind)),
        )
        .group_by(Notice.subject_id)
        .subquery("put_off")
    )
