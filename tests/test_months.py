"""Months as addresses spell them."""

from __future__ import annotations

from datetime import date

import pytest

from portal import months


def test_a_month_is_its_first_day_and_comes_back_from_its_address() -> None:
    assert months.parse("2025-07") == date(2025, 7, 1)
    assert months.spell(date(2025, 7, 1)) == "2025-07"
    assert months.spell(None) == ""


@pytest.mark.parametrize("text", ["", "2025-13", "1999-12", "2100-01", "25-1", "２０２５-07"])
def test_what_is_no_month_is_none(text) -> None:
    assert months.parse(text) is None


def test_a_filter_offers_the_last_twelve_and_the_chosen_one() -> None:
    offered = months.choices(date(2025, 1, 31), date(2019, 3, 1))
    assert offered[:3] == [("", "Todos os meses"), ("2025-01", "janeiro de 2025"), ("2024-12", "dezembro de 2024")]
    assert (len(offered), offered[-1][0]) == (14, "2019-03")
