"""The second step of a user: set up, taken off, reset by somebody else, demanded of everybody. Each is recorded.

A secret waits, sealed, until its first code is typed; ten recovery codes are shown then, this once, and kept as hashes.
"""

from __future__ import annotations

import secrets
from datetime import datetime

import pyotp
from sqlalchemy import delete, insert, update

from portal import audit, mail
from portal.access import Viewer
from portal.accounts import credentials, queries, second_step, throttle
from portal.accounts.queries import Listed, Person
from portal.accounts.second_step import changed_one
from portal.accounts.sessions import end_sessions
from portal.accounts.texts import Text
from portal.config import Config
from portal.domain import second_factor
from portal.domain.errors import Invalid, PersonRefused
from portal.domain.people import PersonProblem
from portal.extensions import db
from portal.models import Partner, RecoveryCode, User, UserSession
from portal.sealing import sealer

ISSUER = "Portal do Parceiro"
OFF = {"sealed_totp": None, "totp_since": None, "totp_last_step": None}


def begin(user_id: int) -> None:
    """Have a secret wait for its first code; one that waits already stays, for it may have been scanned."""
    user = queries.own_user(user_id)
    if waiting_secret(user) is None:
        sealed = sealer().seal(pyotp.random_base32().encode(), second_step.place(user_id))
        is_off = User.totp_since.is_(None), User.sealed_totp.is_not_distinct_from(user.sealed_totp)
        db.session.execute(update(User).where(User.id == user_id, *is_off).values(sealed_totp=sealed))
    db.session.commit()


def waiting_secret(user: User) -> str | None:
    """Return the secret that waits for its first code, if one does."""
    return second_step.unsealed(user.id, user.sealed_totp) if user.totp_since is None else None


def address_of(secret: str, email: str) -> str:
    """Return what the QR code says to an authenticator."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def enable(who: Viewer, typed: str, *, address: str, now: datetime) -> list[str]:
    """Turn the second step on by a first code, and return the recovery codes.

    Raises:
        Invalid: the code is wrong, no secret waits, or it is on already.
        TooManyAttempts: for this user, or from this address.
    """
    throttle.take((throttle.SECOND_STEP, who.email), (throttle.ADDRESS, throttle.of_address(address)), now=now)
    sealed = queries.own_user(who.user_id).sealed_totp
    step = second_step.matching_step(who.user_id, sealed, second_factor.digits_of(typed) or "", now)
    is_on = step is not None and changed_one(
        update(User)
        .where(User.id == who.user_id, User.sealed_totp == sealed, User.totp_since.is_(None))
        .values(totp_since=now, totp_last_step=step, totp_reset_at=None, totp_reset_by=None)
    )
    if not is_on:
        db.session.rollback()
        raise Invalid({"secret_code": [Text.CODE_WRONG.label]})
    throttle.forgive(throttle.SECOND_STEP, who.email)
    return _codes_of(who, "second_step_enabled", now)


def renew_codes(who: Viewer, password: str, code: str, *, address: str, now: datetime) -> list[str]:
    """Return ten new recovery codes; those of before die.

    Raises:
        Invalid: the password or the code is wrong.
        TooManyAttempts: for this user, or from this address.
    """
    _prove(who, password, code, address, now)
    return _codes_of(who, "recovery_codes_renewed", now)


def disable(who: Viewer, password: str, code: str, *, address: str, now: datetime) -> None:
    """Turn the second step off.

    Raises:
        Invalid: the password or the code is wrong.
        TooManyAttempts: for this user, or from this address.
    """
    _prove(who, password, code, address, now)
    db.session.execute(update(User).where(User.id == who.user_id).values(OFF))
    _forget_codes(who.user_id)
    _record("second_step_disabled", who.user_id, who.partner_id, who, now)


def reset(person: Listed | Person, *, actor: audit.Actor | None, now: datetime) -> bool:
    """Take the second step off a user who lost it, and say whether there was one. Their sessions end; they are told.

    No actor is somebody on the server.

    Raises:
        PersonRefused: it is the actor's own, which asks for password and code.
    """
    if actor and person.id == actor.user_id:
        raise PersonRefused(PersonProblem.ONESELF)
    values = OFF | {"totp_reset_at": now, "totp_reset_by": actor.name if actor else audit.SYSTEM}
    if not changed_one(update(User).where(User.id == person.id, User.totp_since.is_not(None)).values(values)):
        db.session.rollback()
        return False
    _forget_codes(person.id)
    end_sessions(now, UserSession.user_id == person.id)
    _record("second_step_reset", person.id, person.partner_id, actor, now)
    return True


def mail_reset(config: Config, name: str, email: str, actor_name: str) -> None:
    """Tell a user by mail that the second step was taken off."""
    text = Text.RESET_BODY.label.format(name=name, actor=actor_name)
    mail.send(config, email, Text.RESET_SUBJECT.label, text)


def demand(partner_id: int, is_demanded: bool, *, actor: audit.Actor, now: datetime) -> None:
    """Demand the second step of every user of a partner, or no longer; what holds already stays as it is."""
    before = Partner.totp_demanded_at.is_(None) if is_demanded else Partner.totp_demanded_at.is_not(None)
    value = {"totp_demanded_at": now if is_demanded else None}
    if changed_one(update(Partner).where(Partner.id == partner_id, before).values(value)):
        action = "second_step_demanded" if is_demanded else "second_step_left_open"
        audit.record(action, actor=actor, now=now, partner_id=partner_id)
        db.session.commit()
    else:
        db.session.rollback()


def _prove(who: Viewer, password: str, code: str, address: str, now: datetime) -> None:
    """Refuse what is not both the user's password and a code; both tries are counted."""
    person = credentials.check_password(who.email, password, address=address, now=now)
    if person is None:
        raise Invalid({"password": [Text.PASSWORD_WRONG.label]})
    if not credentials.check_code(person, code, address=address, now=now):
        raise Invalid({"secret_code": [Text.CODE_WRONG.label]})
    credentials.forgive(person)


def _codes_of(who: Viewer, action: str, now: datetime) -> list[str]:
    """Make the recovery codes, in place of those before, record why, and commit."""
    _forget_codes(who.user_id)
    made = second_factor.new_recovery_codes(secrets.randbelow)
    hashes = [{"user_id": who.user_id, "code_hash": second_step.recovery_hash(who.user_id, code)} for code in made]
    db.session.execute(insert(RecoveryCode), hashes)
    _record(action, who.user_id, who.partner_id, who, now)
    return made


def _forget_codes(user_id: int) -> None:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def _record(action: str, user_id: int, partner_id: int | None, actor: audit.Actor | None, now: datetime) -> None:
    audit.record(action, actor=actor, now=now, partner_id=partner_id, after={"user_id": user_id})
    db.session.commit()
