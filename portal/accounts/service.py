"""One-time links, and the passwords that they set.

A password is hashed or checked while no transaction is open: it takes long, and on SQLite a POST's transaction holds
the write lock.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal import audit, mail, passwords
from portal.access import token_hash
from portal.accounts import queries, throttle
from portal.accounts.drafts import keep_draft, load_draft
from portal.accounts.queries import Person
from portal.accounts.second_step import changed_one
from portal.accounts.sessions import Device, end_sessions
from portal.accounts.texts import Text
from portal.config import Config
from portal.domain.errors import Invalid, NotFound
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import PasswordReset, User, UserSession

__all__ = ["keep_draft", "load_draft"]

LINK_LIFE = timedelta(hours=24)


@dataclass(frozen=True)
class _Oneself:
    """A user who acts without a session, by a one-time link."""

    user_id: int
    name: str


def issue_link(person: Person, *, actor: audit.Actor | None, now: datetime) -> str:
    """Return the token of a new one-time link that sets a person's password; their earlier links die."""
    db.session.execute(select(User.id).where(User.id == person.id).with_for_update())  # two at once: one link lives
    end_links(person.id, now)
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
    is_first = changed_one(
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
    end_sessions(now, UserSession.user_id == person.id)
    end_links(person.id, now)
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


def end_links(user_id: int, now: datetime) -> None:
    """End a user's one-time links; the caller commits."""
    db.session.execute(
        update(PasswordReset)
        .where(PasswordReset.user_id == user_id, PasswordReset.used_at.is_(None), PasswordReset.expires_at > now)
        .values(expires_at=now)
    )
