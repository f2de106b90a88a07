"""Making notices, all partners at once, each exactly once; closing those that need no decision any more.

Every statement works on sets and is safe to run twice, anywhere, at once: the unique key of a notice decides.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, func, select, text, true, update
from sqlalchemy.dialects import postgresql, sqlite

from portal import clock
from portal.domain.notices import CERTIFICATE_DAYS, CODE_AGES, EXPIRY_RULES, NoticeKind, oldest_due
from portal.domain.statuses import Status, derive_status
from portal.extensions import db
from portal.models import Client, ClientTally, Notice, RegistrationCode
from portal.models.types import AnySelect
from portal.notifications import candidates, ending

Counts = dict[str, int]
IS_SETTLED = Notice.is_settled == true()
UNTRACKED = {"synchronize_session": False, "preserve_rowcount": True}


def notify(now: datetime) -> Counts:
    """Do the work of all three jobs, as the first start of the demo does."""
    today = clock.local_date(now)
    return notify_expiring(today, now) | notify_unused_codes(today, now) | notify_ending_certificates(today, now)


def notify_expiring(today: date, now: datetime) -> Counts:
    """Make the notices of license expiry that are due up to today; return how many by kind, and how many were closed.

    A kind and what it replaces change in one transaction: nobody sees a client twice for one decision.
    """
    counts: Counts = {}
    settled = 0
    for kind in EXPIRY_RULES:
        _begin()
        counts[kind.value], closed = bring_up_to_date(kind, today, now)
        settled += closed
        db.session.commit()
    _begin()
    settled += _settle(candidates.outlived(today))
    forgotten = _delete([IS_SETTLED, Notice.due_on < oldest_due(today)])
    forgotten += _delete([IS_SETTLED, *candidates.forgettable(today)])
    db.session.commit()
    return counts | {"settled": settled, "forgotten": forgotten}


def bring_up_to_date(
    kind: NoticeKind, today: date, now: datetime, client_ids: Collection[int] | None = None
) -> tuple[int, int]:
    """Tell and close what a kind of expiry has to, of all clients or of some; returns how many of each. Does not commit."""
    rows, mine = candidates.expiring(kind, today, now), list[ColumnElement[bool]]()
    if client_ids is not None:
        rows = None if rows is None else rows.where(Client.id.in_(client_ids))
        mine = [Notice.client_id.in_(client_ids)]
    told = _insert(rows) + _reopen([*candidates.asked_again(kind, today), *mine])
    closed = _settle([*candidates.replaced(kind, today), *mine]) + _settle([*candidates.answered(kind, today), *mine])
    return told, closed


def notify_unused_codes(today: date, now: datetime) -> Counts:
    """Make the notices of codes that nobody has used; return how many by kind, and how many were closed."""
    counts: Counts = {}
    settled = 0
    for kind in CODE_AGES:
        _begin()
        counts[kind.value] = _insert(candidates.unused_codes(kind, today, now))
        db.session.commit()
    _begin()
    for kind in CODE_AGES:
        settled += _settle(candidates.pointless(kind, today))
    forgotten = _delete(_about_used_codes())
    db.session.commit()
    return counts | {"codes_settled": settled, "codes_forgotten": forgotten}


def notify_ending_certificates(today: date, now: datetime) -> Counts:
    """Make the notices of certificates that end; return how many by kind, and how many were closed.

    All in one transaction, so that nobody sees a certificate twice.
    """
    _begin()
    counts: Counts = {}
    for kind in CERTIFICATE_DAYS:
        told = _insert(ending.candidates_of(kind, today, now))
        counts[kind.value] = told + _reopen(ending.asked_again(kind, today))
    settled = sum(_settle(ending.answered(kind, today)) for kind in CERTIFICATE_DAYS)
    forgotten = _delete([IS_SETTLED, *ending.past()])
    db.session.commit()
    return counts | {"certificates_settled": settled, "certificates_forgotten": forgotten}


def preview_expiring(today: date) -> Counts:
    """Count what ``notify_expiring`` would make, and whose status changes today (DOMAIN §1); nothing is written."""
    return _previewed(EXPIRY_RULES, today) | _changing_status(today)


def preview_unused_codes(today: date) -> Counts:
    """Count what ``notify_unused_codes`` would make; nothing is written."""
    return _previewed(CODE_AGES, today)


def preview_ending_certificates(today: date) -> Counts:
    """Count what ``notify_ending_certificates`` would make; nothing is written."""
    now = clock.moment_of(today, time())
    return {
        kind.value: _count(ending.candidates_of(kind, today, now))
        + _count(select(Notice.id).where(*ending.asked_again(kind, today)))
        for kind in CERTIFICATE_DAYS
    }


def preview(today: date) -> Counts:
    """Count what all three jobs would make today."""
    return preview_expiring(today) | preview_unused_codes(today) | preview_ending_certificates(today)


def _previewed(kinds: Any, today: date) -> Counts:
    counts = {kind.value: _count(candidates.of_kind(kind, today, clock.moment_of(today, time()))) for kind in kinds}
    for kind in (kind for kind in kinds if kind in EXPIRY_RULES):
        counts[kind.value] += _count(select(Notice.id).where(*candidates.asked_again(kind, today)))
    return counts


def _count(rows: AnySelect | None) -> int:
    if rows is None:
        return 0
    return db.session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def _changing_status(today: date) -> Counts:
    """Return how many clients become Expirado and Inativo today, by the rule of the statuses itself."""
    tally = ClientTally.__table__.c
    facts = (tally.due_on, tally.is_pending, tally.is_hidden, tally.is_suspended)
    query = select(*facts, func.sum(tally.clients).label("clients")).where(tally.clients > 0).group_by(*facts)
    counts = {Status.EXPIRED: 0, Status.INACTIVE: 0}
    for row in db.session.execute(query):
        group: Any = _Group(row.due_on, *(flag or None for flag in row[1:4]))
        status = derive_status(group, today)
        if status in counts and derive_status(group, today - timedelta(days=1)) is not status:
            counts[status] += row.clients
    return {"becoming_expired": counts[Status.EXPIRED], "becoming_inactive": counts[Status.INACTIVE]}


class _Group(NamedTuple):
    """Clients that share due date and flags, in the shape that the status rule reads."""

    due_on: date
    pending_at: bool | None
    hidden_at: bool | None
    suspended_at: bool | None


def _begin() -> None:
    """Begin a transaction whose one statement may take its time; PostgreSQL's limit guards short requests."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SET LOCAL statement_timeout = 0"))


def _insert(rows: AnySelect | None) -> int:
    """Insert what a SELECT finds; a notice that another process made meanwhile stays the only one."""
    if rows is None:
        return 0
    dialect = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(Notice).from_select(candidates.COLUMNS, rows, include_defaults=False)
    return _changed(statement.on_conflict_do_nothing())


def _reopen(which: list[ColumnElement[bool]]) -> int:
    return _changed(update(Notice).where(*which).values(is_settled=False))


def _settle(which: list[ColumnElement[bool]]) -> int:
    return _changed(update(Notice).where(*which).values(is_settled=True))


def _delete(which: list[ColumnElement[bool]]) -> int:
    return _changed(delete(Notice).where(*which))


def _changed(statement: Any) -> int:
    return int(db.session.execute(statement, execution_options=UNTRACKED).rowcount)  # type: ignore[attr-defined]


def _about_used_codes() -> list[ColumnElement[bool]]:
    """Return the conditions of closed notices whose code is used, revoked or gone: none like them is ever made again."""
    unused = select(RegistrationCode.id).where(
        RegistrationCode.consumed_at.is_(None), RegistrationCode.revoked_at.is_(None)
    )

    return [
        Notice.due_on.is_(None),
        Notice.kind.in_(list(CODE_AGES)),
        IS_SETTLED,
        Notice.subject_id.not_in(unused),
    ]
