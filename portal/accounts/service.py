"""Signing in and out, setting passwords.

A password is hashed or checked while no transaction is open: it takes long, and on SQLite a POST's transaction holds
the write lock.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, delete, select, update
from sqlalchemy.exc import IntegrityError

from portal import audit, mail, passwords
from portal.access import token_hash
from portal.accounts import queries, throttle
from portal.accounts.drafts import keep_draft, load_draft
from portal.accounts.queries import Person
from portal.accounts.texts import Text
from portal.config import Config
from portal.domain.errors import Invalid, NotFound
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import PasswordReset, User, UserSession

__all__ = ["keep_draft", "load_draft"]

LINK_LIFE = timedelta(hours=24)
SESSION_REMEMBERED = timedelta(days=30)
"""How long an ended session is known, as long as its cookie lives: a form posted by then is kept as a draft."""


@dataclass(frozen=True)
class Device:
    """Where somebody signs in from."""

    address: str
    user_agent: str


@dataclass(frozen=True)
class _Oneself:
    """A user who acts without a session, by a one-time link."""

    user_id: int
    name: str


def sign_in(email: str, password: str, *, device: Device, replacing: str | None, now: datetime) -> str | None:
    """Return the token of a new session, or None if there is no such active user or the password is wrong.

    ``replacing`` is the token of the session that the same browser had so far; it ends.

    Raises:
        TooManyAttempts: for this e-mail, known or not, or from this address.
    """
    address = throttle.of_address(device.address)
    throttle.take((throttle.PASSWORD, email), (throttle.ADDRESS, address), now=now)
    person = queries.active_person(email)
    db.session.rollback()
    stored = person.password_hash if person else None
    if not passwords.verify(stored, password) or person is None or stored is None:
        return None
    renewed = passwords.hash_password(password) if passwords.needs_rehash(stored) else stored
    is_unchanged = _changed_one(
        update(User)
        .where(User.id == person.id, User.password_hash == stored, User.deactivated_at.is_(None))
        .values(last_login_at=now, password_hash=renewed)
    )
    if not is_unchanged:  # a new password, or the end of the account, came in between
        db.session.rollback()
        return None
    if replacing:
        _end_sessions(now, UserSession.token_hash == token_hash(replacing))
    token = _begin_session(person.id, device, now)
    throttle.forgive(throttle.PASSWORD, email)
    db.session.commit()
    return token


def _begin_session(user_id: int, device: Device, now: datetime) -> str:
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


def sign_out(token: str, *, now: datetime) -> None:
    """End a session for good; one that has ended already, or never was, stays as it is."""
    _end_sessions(now, UserSession.token_hash == token_hash(token))
    db.session.commit()


def issue_link(person: Person, *, actor: audit.Actor | None, now: datetime) -> str:
    """Return the token of a new one-time link that sets a person's password; their earlier links die."""
    db.session.execute(select(User.id).where(User.id == person.id).with_for_update())  # two at once: one link lives
    _end_links(person.id, now)
    token = secrets.token_urlsafe(32)
    db.session.add(
        PasswordReset(
            token_hash=token_hash(token),
            user_id=person.id,
            created_by_id=actor.user_id if actor else None,
            created_at=now,
            expires_at=now + LINK_LIFE,
        )
    )
    audit.record(
        "password_link_issued", actor=actor, now=now, partner_id=person.partner_id, after={"user_id": person.id}
    )
    db.session.commit()
    return token


def link_address(base_url: str, token: str) -> str:
    """Return the address that a person opens to set a password."""
    return f"{base_url.rstrip('/')}/password/{token}"


def mail_link(email: str, *, config: Config, now: datetime) -> None:
    """Mail a one-time link, if an active user has this e-mail."""
    person = queries.active_person(email)
    if person is None:
        return
    address = link_address(config.base_url or "", issue_link(person, actor=None, now=now))
    db.session.remove()  # the mail server may be slow; the connection goes back first
    text = Text.MAIL_BODY.label.format(name=person.name, address=address)
    mail.send(config, person.email, Text.MAIL_SUBJECT.label, text)


def ask_for_link(email: str, *, device: Device, now: datetime) -> None:
    """Count a wish for a mailed link.

    Raises:
        TooManyAttempts: for this e-mail, known or not, or from this address.
    """
    address = throttle.of_address(device.address)
    throttle.take((throttle.FORGOTTEN, email), (throttle.FORGOTTEN_ADDRESS, address), now=now)


def set_password(token: str, password: str, *, now: datetime) -> None:
    """Set the password that a one-time link is for, use the link up, and end the user's sessions and other links.

    Raises:
        NotFound: the link is unknown, used (maybe a moment ago) or expired.
    """
    person = queries.holder_of_link(token, now)
    db.session.rollback()
    if person is None:
        raise NotFound
    hashed = passwords.hash_password(password)
    is_first = _changed_one(
        update(PasswordReset)
        .where(
            PasswordReset.token_hash == token_hash(token),
            PasswordReset.used_at.is_(None),
            PasswordReset.expires_at > now,
        )
        .values(used_at=now)
    )
    if not is_first:
        db.session.rollback()
        raise NotFound
    db.session.execute(update(User).where(User.id == person.id).values(password_hash=hashed))
    _end_sessions(now, UserSession.user_id == person.id)
    _end_links(person.id, now)
    throttle.forgive(throttle.PASSWORD, person.email)
    who = _Oneself(person.id, person.name)
    audit.record("password_set", actor=who, now=now, partner_id=person.partner_id, after={"user_id": person.id})
    db.session.commit()


def create_operator(email: str, name: str, password: str, *, now: datetime) -> int:
    """Make vendor staff and return the new user's id.

    Raises:
        Invalid: the e-mail is taken, or the password is weak.
    """
    if weak := passwords.weakness(password, email):
        raise Invalid({"password": [weak.label]})
    hashed = passwords.hash_password(password)
    operator = User(email=email, name=name, role=Role.OPERATOR, password_hash=hashed, created_at=now)
    db.session.add(operator)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        raise Invalid({"email": [Text.EMAIL_TAKEN.label]}) from None
    audit.record("operator_created", actor=None, now=now, after={"user_id": operator.id, "name": name})
    db.session.commit()
    return operator.id


def _end_sessions(now: datetime, which: ColumnElement[bool]) -> None:
    db.session.execute(update(UserSession).where(which, UserSession.ended_at.is_(None)).values(ended_at=now))


def _end_links(user_id: int, now: datetime) -> None:
    db.session.execute(
        update(PasswordReset)
        .where(PasswordReset.user_id == user_id, PasswordReset.used_at.is_(None), PasswordReset.expires_at > now)
        .values(expires_at=now)
    )


def _changed_one(statement: Any) -> bool:
    result = db.session.execute(statement)
    return isinstance(result, CursorResult) and result.rowcount == 1
