"""Limits of attempts, kept in a table so that a restart forgets none. A subject is stored as its SHA-256 only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import delete, select

from portal.domain import retention
from portal.domain.errors import TooManyAttempts
from portal.extensions import db
from portal.models import Attempt

KEPT = retention.ATTEMPTS


@dataclass(frozen=True)
class Limit:
    """How many tries of a kind one subject has within a window of time."""

    scope: str
    tries: int
    window: timedelta


PASSWORD = Limit("password", 10, timedelta(minutes=15))
ADDRESS = Limit("address", 100, timedelta(minutes=15))
SECOND_STEP = Limit("second_step", 10, timedelta(minutes=15))
CODE = Limit("code", 10, timedelta(minutes=15))
FORGOTTEN = Limit("forgotten", 3, timedelta(hours=1))
FORGOTTEN_ADDRESS = Limit("forgotten_address", 30, timedelta(hours=1))


def take(*tries: tuple[Limit, str], now: datetime) -> None:
    """Record a try against each (limit, subject), or refuse it. Commits.

    The try is committed before it is counted: of parallel ones each sees those that came before it, so no more than
    the limit pass. A refused try is taken back, so that who goes on trying does not push the end of the wait away.

    Raises:
        TooManyAttempts: a limit is reached.
    """
    rows = [Attempt(scope=limit.scope, subject=_subject(text), at=now) for limit, text in tries]
    db.session.execute(delete(Attempt).where(Attempt.at < now - KEPT))
    db.session.add_all(rows)
    db.session.flush()
    own = [row.id for row in rows]
    db.session.commit()
    wait = max(_wait(limit, _subject(text), own, now) for limit, text in tries)
    if wait <= timedelta(0):
        db.session.rollback()
        return
    db.session.execute(delete(Attempt).where(Attempt.id.in_(own)))
    db.session.commit()
    raise TooManyAttempts(wait)


def forgive(limit: Limit, text: str) -> None:
    """Forget a subject's tries, as after a success; the caller commits."""
    db.session.execute(delete(Attempt).where(Attempt.scope == limit.scope, Attempt.subject == _subject(text)))


def of_address(address: str) -> str:
    """Return what counts as one address: of IPv6, the network of 64 bits that a single line is given."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else str(parsed)


def _subject(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _wait(limit: Limit, subject: str, own: list[int], now: datetime) -> timedelta:
    """Return how long until the limit would admit the try that was just recorded; nothing if it does."""
    others = db.session.scalars(
        select(Attempt.at)
        .where(
            Attempt.scope == limit.scope,
            Attempt.subject == subject,
            Attempt.at > now - limit.window,
            Attempt.id.not_in(own),
        )
        .order_by(Attempt.at)
    ).all()
    if len(others) < limit.tries:
        return timedelta(0)
    return others[len(others) - limit.tries] + limit.window - now
