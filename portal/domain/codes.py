"""Registration codes: 16 characters that survive a telephone (DOMAIN §7).

The alphabet has 31 signs, a prime: a weighted sum modulo 31 catches every single wrong character and every swap of two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar

from portal.domain.catalogue import Item
from portal.domain.labels import LabelEnum
from portal.domain.statuses import DueRange

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 16
GROUP = 4


class SendingWay(LabelEnum):
    """How a code reached the shop."""

    WHATSAPP = "whatsapp", "WhatsApp"
    SLIP = "slip", "Impresso"
    EMAIL = "email", "E-mail"
    PHONE = "phone", "Telefone"


class Age(LabelEnum):
    """How long a code has been waiting, in the groups that the funnel shows."""

    TODAY = "today", "Hoje"
    WEEK = "week", "1 a 7 dias"
    MONTH = "month", "8 a 30 dias"
    OLDER = "older", "Mais de 30 dias"


_DAYS: dict[Age, tuple[int | None, int | None]] = {
    Age.TODAY: (None, 0),
    Age.WEEK: (1, 7),
    Age.MONTH: (8, 30),
    Age.OLDER: (31, None),
}
"""The least and the greatest age of each group, in days; every age lies in one group."""


class State(LabelEnum):
    """What has become of a code."""

    UNUSED = "unused", "Não utilizado"
    USED = "used", "Utilizado"
    REVOKED = "revoked", "Substituído"


class Typo(LabelEnum):
    """Why a typed text cannot be a code: found without asking anybody, said in a sentence."""

    LENGTH = "length", "Código digitado errado: são 16 caracteres, em 4 grupos de 4. Confira se falta ou sobra algum."
    SIGN = "sign", "Código digitado errado: nenhum código tem 0, O, 1, I ou L, nem acentos. Confira cada grupo."
    CHECK = "check", "Código digitado errado: o 16º caractere não confere com os outros. Confira todos, inclusive ele."


class Installed(Protocol):
    """What an installation is to the codes: whose item it runs, and whether its key still works."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def item(self) -> Item: ...  # noqa: D102
    @property
    def revoked_at(self) -> datetime | None: ...  # noqa: D102


class Issued(Protocol):
    """What decides which keys a code ends."""

    @property
    def item(self) -> Item: ...  # noqa: D102
    @property
    def supersedes_id(self) -> int | None: ...  # noqa: D102


Installation = TypeVar("Installation", bound=Installed)


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
    return typo(code) is None


def typo(code: str) -> Typo | None:
    """Return what is wrong with a normalised code, or None where it may be one."""
    if len(code) != LENGTH:
        return Typo.LENGTH
    if any(sign not in ALPHABET for sign in code):
        return Typo.SIGN
    return None if check_character(code[:-1]) == code[-1] else Typo.CHECK


def state_of(consumed_at: datetime | None, revoked_at: datetime | None) -> State:
    """Return what has become of a code; a used one that was revoked later (its client's document changed) was used."""
    if consumed_at is not None:
        return State.USED
    return State.UNUSED if revoked_at is None else State.REVOKED


def issued_range(age: Age, today: date) -> DueRange:
    """Return the dates of issue of a group, inclusive, open at both ends of time."""
    least, greatest = _DAYS[age]
    return DueRange(
        None if greatest is None else today - timedelta(days=greatest),
        None if least is None else today - timedelta(days=least),
    )


def ended_by(code: Issued, installations: Iterable[Installation]) -> list[Installation]:
    """Return the installations of a client whose keys die when a code of it is used (DOMAIN §7).

    A client has one main computer: a code of the base license ends every other one. Link Móvel devices live beside each
    other: a code ends the one that it was issued to replace.
    """
    return [
        one
        for one in installations
        if one.revoked_at is None and one.item is code.item and (code.item is Item.BASE or one.id == code.supersedes_id)
    ]


def grouped(code: str) -> str:
    """Return a code as it is shown: four groups of four."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))
