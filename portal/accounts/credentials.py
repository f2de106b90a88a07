"""Is this person who they say? E-mail, password and, where it is on, the code of the second step.

``check(email, password, code, address=..., now=...)`` is for installed programs, which ask all at once (the partner's
credentials, DOMAIN §8): no session comes of it, and tries count with those at the login, over all doors together. It
returns a ``Checked``: ``outcome`` says what to tell, ``person`` is there only for ``Outcome.PROVEN``.

A password is checked while no transaction is open: it takes long, and on SQLite a POST's transaction holds the write lock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal import passwords
from portal.accounts import queries, second_step, throttle
from portal.accounts.queries import Person
from portal.domain.labels import LabelEnum
from portal.extensions import db


class Outcome(LabelEnum):
    """What became of a check, in the words that a program shows."""

    PROVEN = "proven", "Credenciais conferidas."
    WRONG = "wrong", "E-mail ou senha incorretos."
    CODE_NEEDED = "code_needed", "Informe também o código da verificação em duas etapas."
    CODE_WRONG = "code_wrong", "Código incorreto ou já utilizado."
    SET_UP_NEEDED = (
        "set_up_needed",
        "Sua revenda exige a verificação em duas etapas. Entre no portal e ative-a antes.",
    )


@dataclass(frozen=True)
class Checked:
    """An outcome and, where everything was right, who it is."""

    outcome: Outcome
    person: Person | None = None


def check(email: str, password: str, code: str, *, address: str, now: datetime) -> Checked:
    """Check a user's credentials, the code included ("" for none given), and count the try. Commits.

    Unknown e-mails and wrong passwords are one outcome. A code that was right is used up. ``email`` is compared
    lower-case and stripped; ``address`` is where the request comes from.

    Raises:
        TooManyAttempts: for this e-mail, known or not, or from this address.
    """
    normal = email.replace("\x00", "").strip().lower()
    person = check_password(normal, password, address=address, now=now)
    if person is None:
        return Checked(Outcome.WRONG)
    if person.owes_second_step:
        return Checked(Outcome.SET_UP_NEEDED)
    if person.sealed_totp and not code.strip():
        return Checked(Outcome.CODE_NEEDED)
    if person.sealed_totp and not check_code(person, code, address=address, now=now):
        return Checked(Outcome.CODE_WRONG)
    forgive(person)
    db.session.commit()
    return Checked(Outcome.PROVEN, person)


def check_password(email: str, password: str, *, address: str, now: datetime) -> Person | None:
    """Return the active user with this (normal) e-mail and this password, or None. Commits the try.

    Raises:
        TooManyAttempts: for this e-mail, known or not, or from this address.
    """
    throttle.take((throttle.PASSWORD, email), (throttle.ADDRESS, throttle.of_address(address)), now=now)
    person = queries.active_person(email)
    db.session.rollback()
    is_right = passwords.verify(person.password_hash if person else None, password)
    if person is None or not is_right:
        return None
    after = queries.active_person(email)
    db.session.rollback()
    # None: a new password, or the end of the account, came in between.
    return after if after and after.password_hash == person.password_hash else None


def check_code(person: Person, code: str, *, address: str, now: datetime) -> bool:
    """Use up a code of the second step and say whether it was good; the caller commits that. The try is committed first.

    Raises:
        TooManyAttempts: for this user, or from this address.
    """
    throttle.take((throttle.SECOND_STEP, person.email), (throttle.ADDRESS, throttle.of_address(address)), now=now)
    is_good = second_step.use_code(person, code, now)
    if not is_good:
        db.session.rollback()
    return is_good


def forgive(person: Person) -> None:
    """Forget the tries of somebody who has proven everything; the caller commits."""
    throttle.forgive(throttle.PASSWORD, person.email)
    throttle.forgive(throttle.SECOND_STEP, person.email)
