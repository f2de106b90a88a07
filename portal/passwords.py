"""Passwords: which ones are refused, how they are hashed (argon2id), how they are checked."""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.domain.labels import LabelEnum

MIN_LENGTH = 10
MAX_LENGTH = 200
MIN_DISTINCT_SIGNS = 4
TRIVIAL = frozenset(
    """0123456789 1234567890 12345678910 0987654321 9876543210 abcdefghij abcd123456 abc1234567 qwertyuiop qwerty1234
    qwerty12345 1q2w3e4r5t password12 password123 password1234 administrador administrator admin12345 admin123456
    senha12345 senha123456 senha1234567 senhasenha minhasenha mudar12345 mudar123456 trocar12345 bemvindo123
    brasil12345 portal12345 portaldoparceiro parceiro123 parceiro1234 revenda12345 linkpro1234""".split()
)

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # OWASP's floor for argon2id
_slots = BoundedSemaphore(2)  # a burst of logins takes 2 × 19 MiB and leaves the other threads their processor


class Weakness(LabelEnum):
    """Why a new password is refused."""

    SHORT = "short", f"Use pelo menos {MIN_LENGTH} caracteres."
    LONG = "long", f"Use no máximo {MAX_LENGTH} caracteres."
    IS_EMAIL = "is_email", "A senha não pode ser o seu e-mail."
    TRIVIAL = "trivial", "Esta senha é fácil de adivinhar. Escolha outra."


def weakness(password: str, email: str) -> Weakness | None:
    """Return why a password is refused for the person with this e-mail, or None if it will do."""
    plain, address = _normal(password).casefold(), email.casefold()
    if len(plain) < MIN_LENGTH:
        return Weakness.SHORT
    if len(password) > MAX_LENGTH:
        return Weakness.LONG
    if plain in {address, address.partition("@")[0]}:
        return Weakness.IS_EMAIL
    if plain in TRIVIAL or len(set(plain)) < MIN_DISTINCT_SIGNS:
        return Weakness.TRIVIAL
    return None


def hash_password(password: str) -> str:
    """Return what the table keeps of a password. Takes its time: hold no transaction meanwhile."""
    with _slots:
        return _hasher.hash(_normal(password))


def verify(stored: str | None, password: str) -> bool:
    """Say whether a password is the stored one; for nobody's password (None) the same work is done, and it never is."""
    with _slots:
        try:
            _hasher.verify(stored or _nobodys(), _normal(password))
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def needs_rehash(stored: str) -> bool:
    """Say whether a hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def _normal(password: str) -> str:
    """Return the one spelling of a password: keyboards differ in how they compose an accent."""
    return unicodedata.normalize("NFKC", password)


@cache
def _nobodys() -> str:
    return _hasher.hash(secrets.token_urlsafe(32))
