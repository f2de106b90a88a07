"""Valid documents and registration codes by the million: check digits and check characters from tables.

The rules themselves live in portal.domain (documents, codes); a test holds these twins and those rules together.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import product
from random import Random

from portal.domain.codes import ALPHABET

CNPJ_WEIGHTS = ((5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2), (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3))
CPF_WEIGHTS = (tuple(range(10, 1, -1)), tuple(range(11, 2, -1)))
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ROOTS = 10**8
CPF_BASES = 10**9
LETTERED_ROOTS = 10**5 * 26**3
STRIDE = 61_803_397
"""Shares no factor with the three counts above: its multiples meet every number once before any twice."""

Sums = list[tuple[int, int]]


def check_digits(base: str, weights: tuple[Sequence[int], Sequence[int]] = CNPJ_WEIGHTS) -> str:
    """Return the two check digits of a CNPJ's first 12 signs (or, with its weights, of a CPF's first 9)."""
    values = [ord(sign) - 48 for sign in base]
    return _digits(*(sum(map(int.__mul__, values, row)) for row in weights))


def _digits(first: int, second: int) -> str:
    one = _digit(first)
    return f"{one}{_digit(second + 2 * one)}"


def _digit(total: int) -> int:
    rest = total % 11
    return 0 if rest < 2 else 11 - rest  # noqa: PLR2004 - the rule of both documents


def _sums(weights: tuple[Sequence[int], Sequence[int]], start: int, width: int) -> Sums:
    """Return, for every number of ``width`` digits, what it adds to both weighted sums at a place of the document."""
    first, second = (row[start : start + width] for row in weights)
    return [
        (sum(map(int.__mul__, digits, first)), sum(map(int.__mul__, digits, second)))
        for digits in product(range(10), repeat=width)
    ]


@cache
def _cnpj_tables() -> tuple[Sums, Sums, Sums]:
    high, low, branch = (_sums(CNPJ_WEIGHTS, start, 4) for start in (0, 4, 8))
    return high, low, branch


@cache
def _cpf_tables() -> tuple[Sums, Sums, Sums]:
    high, middle, low = (_sums(CPF_WEIGHTS, start, 3) for start in (0, 3, 6))
    return high, middle, low


def cnpj(root: int, branch: int = 1) -> str:
    """Return the numeric CNPJ of a root (below ROOTS) and a branch (below 10000)."""
    tables = _cnpj_tables()
    (a, x), (b, y), (c, z) = tables[0][root // 10_000], tables[1][root % 10_000], tables[2][branch]
    return f"{root:08d}{branch:04d}{_digits(a + b + c, x + y + z)}"


def cpf(base: int) -> str:
    """Return the CPF of a base (below CPF_BASES)."""
    tables = _cpf_tables()
    (a, x), (b, y), (c, z) = tables[0][base // 1_000_000], tables[1][base // 1000 % 1000], tables[2][base % 1000]
    return f"{base:09d}{_digits(a + b + c, x + y + z)}"


def lettered_cnpj(root: int) -> str:
    """Return a CNPJ that holds letters, shaped like 12ABC345000100, of a root below LETTERED_ROOTS."""
    rest, digits = divmod(root, 10**5)
    letters = LETTERS[rest // 676] + LETTERS[rest // 26 % 26] + LETTERS[rest % 26]
    base = f"{digits // 1000:02d}{letters}{digits % 1000:03d}0001"
    return base + check_digits(base)


class DocumentMint:
    """Makes documents of which no two are the same, in an order that looks random and that a seed repeats."""

    def __init__(self, rng: Random) -> None:
        """Start at a place of the seed's choosing."""
        self._offset = rng.randrange(ROOTS)
        self._made = 0

    def _next(self, count: int) -> int:
        self._made += 1
        return (self._offset + self._made * STRIDE) % count

    def cnpj(self, branch: int = 1) -> str:
        """Return a numeric CNPJ."""
        return cnpj(self._next(ROOTS), branch)

    def lettered_cnpj(self) -> str:
        """Return a CNPJ that holds letters."""
        return lettered_cnpj(self._next(LETTERED_ROOTS))

    def cpf(self) -> str:
        """Return a CPF; one digit repeated is none (DOMAIN §6), and the next base is taken."""
        base = self._next(CPF_BASES)
        return cpf(base) if base % 111_111_111 else self.cpf()


@cache
def _code_parts() -> list[tuple[str, int, int]]:
    """Return all runs of three signs, with their weighted sum at the first place and their plain sum."""
    values = range(len(ALPHABET))
    return [
        (ALPHABET[a] + ALPHABET[b] + ALPHABET[c], 2 * a + 3 * b + 4 * c, a + b + c)
        for a, b, c in product(values, repeat=3)
    ]


def code(rng: Random) -> str:
    """Return a registration code that portal.domain.codes finds valid; several times faster than its ``generate``."""
    (p, s0, _), (q, s1, t1), (r, s2, t2), (s, s3, t3), (t, s4, t4) = rng.choices(_code_parts(), k=5)
    total = s0 + s1 + s2 + s3 + s4 + 3 * t1 + 6 * t2 + 9 * t3 + 12 * t4
    return p + q + r + s + t + ALPHABET[total % len(ALPHABET)]


def license_key(rng: Random) -> str:
    """Return the key of an installation."""
    return f"{rng.getrandbits(128):032X}"
