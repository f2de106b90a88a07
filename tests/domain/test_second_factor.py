"""Which codes of the second step are accepted, and what a recovery code looks like."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from portal.domain import codes
from portal.domain.second_factor import (
    RECOVERY_CODES,
    digits_of,
    new_recovery_codes,
    open_steps,
    recovery_code_of,
    step_of,
)

NOW = datetime(2025, 7, 10, 15, 0, 10, tzinfo=UTC)
STEP = step_of(NOW)


def test_a_step_lasts_half_a_minute() -> None:
    assert step_of(NOW + timedelta(seconds=19)) == STEP
    assert step_of(NOW + timedelta(seconds=20)) == STEP + 1


def test_one_step_before_and_one_after_are_accepted() -> None:
    assert list(open_steps(NOW, None)) == [STEP - 1, STEP, STEP + 1]


@pytest.mark.parametrize(("last", "first"), [(-9, -1), (-1, 0), (0, 1)])
def test_no_step_is_accepted_that_was_used_or_lies_before_it(last, first) -> None:
    assert list(open_steps(NOW, STEP + last)) == list(range(STEP + first, STEP + 2))


def test_a_clock_that_ran_ahead_waits_until_its_step_is_over() -> None:
    assert list(open_steps(NOW, STEP + 1)) == []


@pytest.mark.parametrize(
    ("typed", "read"), [("123456", "123456"), (" 123 456 ", "123456"), ("12345", None), ("1234567", None),
                        ("12345a", None), ("", None), ("１２３４５６", None)]
)  # fmt: skip
def test_six_digits_are_read_with_blanks_or_without(typed, read) -> None:
    assert digits_of(typed) == read


def test_ten_recovery_codes_differ_and_are_read_as_registration_codes_are() -> None:
    made = new_recovery_codes(random.Random(1).randrange)
    assert len(set(made)) == RECOVERY_CODES
    for code in made:
        assert recovery_code_of(f" {codes.grouped(code).lower()} ") == code
    assert recovery_code_of("2222-2222-2222-2223") is None


def test_a_code_that_comes_twice_is_made_once() -> None:
    twice = [*[0] * 15, *[0] * 15, *[number for number in range(1, 10) for _ in range(15)]]
    assert len(set(new_recovery_codes(lambda _n: twice.pop(0)))) == RECOVERY_CODES
