"""Making notices, all partners at once, each exactly once; closing those that need no decision any more.

Every statement works on sets and is safe to run twice, anywhere, at once: the unique key of a notice decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, select, text

from portal import clock
from portal.domain.notices import CERTIFICATE_DAYS, CODE_AGES, EXPIRY_RULES, NoticeKind
from portal.domain.statuses import Status, derive_status
from portal.extensions import db
from portal.models import ClientTally
from portal.notifications import days, statements
from portal.notifications.days import Days

Counts = dict[str, int]
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
    settled += _changed(statements.SETTLING_OUTLIVED, days.of_all(today))
    forgotten = sum(_changed(statement, days.of_all(today)) for statement in statements.FORGETTING)
    db.session.commit()
    return counts | {"settled": settled, "forgotten": forgotten}


def bring_up_to_date(
    kind: NoticeKind, today: date, now: datetime, client_ids: Collection[int] | None = None
) -> tuple[int, int]:
    """Tell and close what a kind of expiry has to, of all clients or of some; returns how many of each. Does not commit."""
    bound, is_some = days.of_kind(kind, today, now), client_ids is not None
    if bound is None:
        return 0, 0
    bound[statements.CLIENT_IDS.key] = list(client_ids or ())
    db.session.flush()  # an INSERT into the table itself does not do so
    told = _changed(statements.making(kind, _dialect(), is_some=is_some), bound)
    told += _changed(statements.reopening(kind, is_some=is_some), bound)
    closed = _changed(statements.replacing(kind, is_some=is_some), bound)
    return told, closed + _changed(statements.closing(kind, is_some=is_some), bound)


def notify_unused_codes(today: date, now: datetime) -> Counts:
    """Make the notices of codes that nobody has used; return how many by kind, and how many were closed."""
    counts: Counts = {}
    settled = 0
    for kind in CODE_AGES:
        _begin()
        counts[kind.value] = _changed(statements.making(kind, _dialect()), days.of_kind(kind, today, now))
        db.session.commit()
    _begin()
    for kind in CODE_AGES:
        settled += _changed(statements.closing(kind), days.of_kind(kind, today, now))
    forgotten = _changed(statements.FORGETTING_CODES)
    db.session.commit()
    return counts | {"codes_settled": settled, "codes_forgotten": forgotten}


def notify_ending_certificates(today: date, now: datetime) -> Counts:
    """Make the notices of certificates that end; return how many by kind, and how many were closed.

    All in one transaction, so that nobody sees a certificate twice.
    """
    _begin()
    counts: Counts = {}
    bound = {kind: days.of_kind(kind, today, now) for kind in CERTIFICATE_DAYS}
    for kind in CERTIFICATE_DAYS:
        told = _changed(statements.making(kind, _dialect()), bound[kind])
        counts[kind.value] = told + _changed(statements.reopening(kind), bound[kind])
    settled = sum(_changed(statements.closing(kind), bound[kind]) for kind in CERTIFICATE_DAYS)
    forgotten = _changed(statements.FORGETTING_CERTIFICATES)
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
    return _previewed(CERTIFICATE_DAYS, today)


def preview(today: date) -> Counts:
    """Count what all three jobs would make today."""
    return preview_expiring(today) | preview_unused_codes(today) | preview_ending_certificates(today)


def _previewed(kinds: Iterable[NoticeKind], today: date) -> Counts:
    return {kind.value: _counted(kind, today) for kind in kinds}


def _counted(kind: NoticeKind, today: date) -> int:
    bound = days.of_kind(kind, today, clock.moment_of(today, time()))
    if bound is None:
        return 0
    return sum(db.session.scalar(statement, bound) or 0 for statement in statements.counting(kind, _dialect()))


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


def _dialect() -> str:
    return str(db.engine.dialect.name)


def _changed(statement: Any, bound: Days | None = None) -> int:
    return int(db.session.execute(statement, bound, execution_options=UNTRACKED).rowcount)  # type: ignore[attr-defined]
