"""Signing in, in one step or two, and out."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Update, delete, update

from portal import passwords
from portal.access import token_hash
from portal.accounts import credentials, queries
from portal.accounts.queries import Person
from portal.accounts.second_step import changed_one
from portal.domain.errors import NotFound
from portal.domain.second_factor import TIME_FOR_SECOND_STEP
from portal.extensions import db
from portal.models import User, UserSession

SESSION_REMEMBERED = timedelta(days=30)
"""How long an ended session is known, as long as its cookie lives: a form posted by then is kept as a draft."""


@dataclass(frozen=True)
class Device:
    """Where somebody signs in from."""

    address: str
    user_agent: str


@dataclass(frozen=True)
class SignedIn:
    """A new session's token; ``reset_by`` is who took away the second step since the user was last here."""

    token: str
    reset_by: str | None


@dataclass(frozen=True)
class HalfIn:
    """A right password that waits for its code: whose, which password, since when. It opens nothing by itself."""

    user_id: int
    password_stamp: str
    since: float


def sign_in(
    email: str, password: str, *, device: Device, replacing: str | None, now: datetime
) -> SignedIn | HalfIn | None:
    """Begin a session, or ask for the second step; None if there is no such active user or the password is wrong.

    ``replacing`` is the token of the session that the same browser had so far; it ends.

    Raises:
        TooManyAttempts: for this e-mail, known or not, or from this address.
    """
    person = credentials.check_password(email, password, address=device.address, now=now)
    if person is None or person.password_hash is None:
        return None
    stored = person.password_hash
    renewed = passwords.hash_password(password) if passwords.needs_rehash(stored) else stored
    if person.sealed_totp:
        return _half_in(person, renewed, now)
    noted = update(User).values(last_login_at=now, password_hash=renewed)
    return _begin(person, noted.where(User.totp_since.is_(None)), device, replacing, now)


def finish_sign_in(half: HalfIn, code: str, *, device: Device, replacing: str | None, now: datetime) -> SignedIn | None:
    """Begin the session of somebody whose password was right; None if the code is wrong or was used before.

    Raises:
        NotFound: it took too long, or the password or the user has changed meanwhile.
        TooManyAttempts: for this user, or from this address.
    """
    person = waiting(half, now)
    db.session.rollback()
    if not credentials.check_code(person, code, address=device.address, now=now):
        return None
    return _begin(person, update(User).values(last_login_at=now), device, replacing, now)


def waiting(half: HalfIn, now: datetime) -> Person:
    """Return who waits for the second step.

    Raises:
        NotFound: it took too long, or the password or the user has changed meanwhile.
    """
    person = queries.person_by_id(half.user_id)
    is_in_time = 0 <= now.timestamp() - half.since < TIME_FOR_SECOND_STEP.total_seconds()
    if (
        person is None
        or not is_in_time
        or not person.sealed_totp
        or _stamp(person.password_hash) != half.password_stamp
    ):
        raise NotFound
    return person


def sign_out(token: str, *, now: datetime) -> None:
    """End a session for good; one that has ended already, or never was, stays as it is."""
    end_sessions(now, UserSession.token_hash == token_hash(token))
    db.session.commit()


def open_session(user_id: int, device: Device, now: datetime) -> str:
    """Add a session and return its token; the caller commits."""
    forgotten = now - SESSION_REMEMBERED
    db.session.execute(delete(UserSession).where(UserSession.user_id == user_id, UserSession.created_at < forgotten))
    token = secrets.token_urlsafe(32)
    db.session.add(
        UserSession(
            token_hash=token_hash(token),
            user_id=user_id,
            created_at=now,
            last_seen_at=now,
            address=device.address[:45],
            user_agent=device.user_agent[:200],
        )
    )
    return token


def end_sessions(now: datetime, *which: ColumnElement[bool]) -> None:
    """End those sessions that still live; the caller commits."""
    db.session.execute(update(UserSession).where(*which, UserSession.ended_at.is_(None)).values(ended_at=now))


def _half_in(person: Person, renewed: str, now: datetime) -> HalfIn:
    if renewed != person.password_hash:
        changed_one(update(User).where(*_same(person)).values(password_hash=renewed))
        db.session.commit()
    return HalfIn(person.id, _stamp(renewed), now.timestamp())


def _begin(person: Person, noted: Update, device: Device, replacing: str | None, now: datetime) -> SignedIn | None:
    if not changed_one(noted.where(*_same(person))):  # a new password, or the end of the account, came in between
        db.session.rollback()
        return None
    if replacing:
        end_sessions(now, UserSession.token_hash == token_hash(replacing))
    token = open_session(person.id, device, now)
    credentials.forgive(person)
    db.session.commit()
    return SignedIn(token, person.totp_reset_by)


def _same(person: Person) -> list[ColumnElement[bool]]:
    """Return what holds while the user is as they were read."""
    return [User.id == person.id, User.password_hash == person.password_hash, User.deactivated_at.is_(None)]


def _stamp(password_hash: str | None) -> str:
    """Return what tells one password from the next, and nothing about it: the hash is salted."""
    return hashlib.sha256((password_hash or "").encode()).hexdigest()[:24]
