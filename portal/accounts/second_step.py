"""Codes of the second step: compared, and used up in the same breath. The secret is sealed at rest."""

from __future__ import annotations

import hashlib
import hmac
import logging
from datetime import datetime

import pyotp
from sqlalchemy import CursorResult, Update, or_, update

from portal.accounts.queries import Person
from portal.domain import second_factor
from portal.extensions import db
from portal.models import RecoveryCode, User
from portal.sealing import SealError, sealer

log = logging.getLogger(__name__)


def use_code(person: Person, typed: str, now: datetime) -> bool:
    """Use up a code of the authenticator or a recovery code, and say whether it was good. The caller commits.

    The row is changed only where nobody used the same code meanwhile: of two at once one passes.
    """
    if digits := second_factor.digits_of(typed):
        return use_digits(person, digits, now)
    code = second_factor.recovery_code_of(typed)
    return code is not None and _use_recovery_code(person.id, code, now)


def use_digits(person: Person, digits: str, now: datetime) -> bool:
    """Use up six digits of the authenticator, and say whether they were good. The caller commits."""
    step = matching_step(person.id, person.sealed_totp, digits, now, last_used=person.totp_last_step)
    return step is not None and changed_one(
        update(User)
        .where(
            User.id == person.id,
            User.sealed_totp == person.sealed_totp,
            or_(User.totp_last_step.is_(None), User.totp_last_step < step),
        )
        .values(totp_last_step=step)
    )


def matching_step(
    user_id: int, sealed: str | None, digits: str, now: datetime, *, last_used: int | None = None
) -> int | None:
    """Return the step whose code was typed, or None where it is none of those that are open."""
    secret = unsealed(user_id, sealed)
    if secret is None:
        return None
    made = pyotp.TOTP(secret, digits=second_factor.DIGITS, interval=second_factor.STEP_SECONDS)
    open_steps = second_factor.open_steps(now, last_used)
    return next((step for step in open_steps if hmac.compare_digest(made.generate_otp(step), digits)), None)


def unsealed(user_id: int, sealed: str | None) -> str | None:
    """Return a user's secret; without the key that sealed it, only recovery codes help."""
    try:
        return sealer().unseal(sealed, place(user_id)).decode() if sealed else None
    except SealError as error:
        log.error("second step of user %s: %s", user_id, error)
        return None


def place(user_id: int) -> str:
    """Return what a secret is sealed for."""
    return f"users:sealed_totp:{user_id}"


def recovery_hash(user_id: int, code: str) -> str:
    """Return what the table keeps of a recovery code; it has 74 random bits, so that a plain hash will do."""
    return hashlib.sha256(f"{user_id}:{code}".encode()).hexdigest()


def _use_recovery_code(user_id: int, code: str, now: datetime) -> bool:
    is_unused = RecoveryCode.code_hash == recovery_hash(user_id, code), RecoveryCode.used_at.is_(None)
    return changed_one(update(RecoveryCode).where(RecoveryCode.user_id == user_id, *is_unused).values(used_at=now))


def changed_one(statement: Update) -> bool:
    """Carry out a conditional change and say whether its condition held."""
    result = db.session.execute(statement)
    return isinstance(result, CursorResult) and result.rowcount == 1
