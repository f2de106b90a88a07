"""What forms of several features share."""

from __future__ import annotations

import pytest

from portal.forms import KEY, cents_from, new_key


@pytest.mark.parametrize(
    ("text", "cents"),
    [("0", 0), ("60", 6000), ("60,5", 6050), (" 1.234,56 ", 123456), ("1234,56", 123456), ("R$ 204,30", 20430),
     ("R$\xa020,00", 2000), ("999.999.999,99", 99_999_999_999)],
)  # fmt: skip
def test_money_is_read_as_it_is_typed_in_brazil(text, cents) -> None:
    assert cents_from(text) == cents


@pytest.mark.parametrize(
    "text", ["", "1.5", "1,234.56", "-1", "1,234", "1 000", "dez", "9" * 12, "1.000.000.000.000", "１"]
)
def test_what_may_be_meant_otherwise_is_no_money(text) -> None:
    assert cents_from(text) is None


def test_keys_are_long_and_differ() -> None:
    assert KEY.fullmatch(new_key())
    assert new_key() != new_key()
