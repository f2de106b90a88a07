"""Registration codes: 16 characters that survive a telephone (DOMAIN §7).

The alphabet has 31 signs, a prime: a weighted sum modulo 31 catches every single wrong character and every swap of two.
"""

from __future__ import annotations

from collections.abc import Callable

from portal.domain.labels import LabelEnum

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 16
GROUP = 4


class SendingWay(LabelEnum):
    """How a code reached the shop."""

    WHATSAPP = "whatsapp", "WhatsApp"
    SLIP = "slip", "Impresso"
    EMAIL = "email", "E-mail"
    PHONE = "phone", "Telefone"


def check_character(body: str) -> str:
    """Return the check character of the first 15 characters of a code."""
    total = sum((position + 2) * ALPHABET.index(sign) for position, sign in enumerate(body))
    return ALPHABET[total % len(ALPHABET)]


def generate(choose: Callable[[int], int]) -> str:
    """Make a code; ``choose(n)`` returns a number from 0 to n-1 (``secrets.randbelow`` outside of tests)."""
    body = "".join(ALPHABET[choose(len(ALPHABET))] for _ in range(LENGTH - 1))
    return body + check_character(body)


def normalise(text: str) -> str:
    """Return a typed code as it is stored: upper case, no blanks or hyphens."""
    return "".join(text.split()).replace("-", "").upper()


def is_valid(code: str) -> bool:
    """Say whether a normalised code has the right length, alphabet and check character."""
    if len(code) != LENGTH or any(sign not in ALPHABET for sign in code):
        return False
    return check_character(code[:-1]) == code[-1]


def grouped(code: str) -> str:
    """Return a code as it is shown: four groups of four."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))
