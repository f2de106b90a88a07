"""The second step of a sign-in: six digits of the moment (RFC 6238), or one of ten recovery codes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from portal.domain import codes

STEP_SECONDS = 30
DRIFT_STEPS = 1
"""Phones' clocks are off by some seconds, and a code takes some to type: one step before and after is accepted."""

DIGITS = 6
RECOVERY_CODES = 10
TIME_FOR_SECOND_STEP = timedelta(minutes=10)
"""How long a right password waits for its code."""


def step_of(now: datetime) -> int:
    """Return the number of the half minute that a moment lies in."""
    return int(now.timestamp()) // STEP_SECONDS


def open_steps(now: datetime, last_used: int | None) -> range:
    """Return the steps whose codes are accepted now: none that was used, and none before it."""
    newest = step_of(now) + DRIFT_STEPS
    oldest = newest - 2 * DRIFT_STEPS
    return range(oldest if last_used is None else max(oldest, last_used + 1), newest + 1)


def digits_of(typed: str) -> str | None:
    """Return six typed digits, blanks left out, or None where it is something else."""
    text = "".join(typed.split())
    return text if text.isascii() and text.isdigit() and len(text) == DIGITS else None


def recovery_code_of(typed: str) -> str | None:
    """Return a typed recovery code as it was made, or None where it cannot be one."""
    code = codes.normalise(typed)
    return code if codes.is_valid(code) else None


def new_recovery_codes(choose: Callable[[int], int]) -> list[str]:
    """Make a user's recovery codes; ``choose(n)`` returns a number from 0 to n-1 (``secrets.randbelow``)."""
    made: list[str] = []
    while len(made) < RECOVERY_CODES:
        code = codes.generate(choose)
        made += [] if code in made else [code]
    return made
