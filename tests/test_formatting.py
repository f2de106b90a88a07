"""How dates, moments, money and numbers are written in pt-BR."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import formatting


def test_a_day() -> None:
    assert formatting.day(date(2025, 7, 1)) == "01/07/2025"
    assert formatting.day(None) == "—"


@pytest.mark.parametrize(
    ("days", "shown"),
    [(0, "10/07"), (300, "06/05"), (301, "07/05/2026"), (-300, "13/09"), (-301, "12/09/2024")],
)
def test_a_short_day_names_its_year_only_where_it_could_be_mistaken(days, shown) -> None:
    today = date(2025, 7, 10)
    assert formatting.short_day(today + timedelta(days=days), today) == shown


def test_moments_are_those_of_sao_paulos_clock() -> None:
    late = datetime(2025, 7, 11, 2, 30, tzinfo=UTC)
    assert formatting.moment(late) == "10/07/2025 23:30"
    assert formatting.hour(late) == "23:30"
    assert formatting.local_date(late) == date(2025, 7, 10)
    assert formatting.moment(None) == "—"


def test_summer_time_is_that_of_its_year() -> None:
    assert formatting.hour(datetime(2018, 12, 1, 12, tzinfo=UTC)) == "10:00"
    assert formatting.hour(datetime(2025, 12, 1, 12, tzinfo=UTC)) == "09:00"


@pytest.mark.parametrize(
    ("digits", "shown"), [("11987654321", "(11) 98765-4321"), ("1133334444", "(11) 3333-4444"), ("", "—")]
)
def test_a_phone(digits, shown) -> None:
    assert formatting.phone(digits) == shown


@pytest.mark.parametrize(
    ("cents", "shown"),
    [(0, "R$ 0,00"), (1, "R$ 0,01"), (9_990, "R$ 99,90"), (123_456, "R$ 1.234,56"), (-500, "-R$ 5,00"),
     (10**11, "R$ 1.000.000.000,00")],
)  # fmt: skip
def test_money_is_exact(cents, shown) -> None:
    assert formatting.money(cents).replace("\xa0", " ") == shown


@given(st.integers(-(10**12), 10**12))
def test_no_cent_is_lost(cents) -> None:
    digits = "".join(sign for sign in formatting.money(cents) if sign.isdigit())
    assert int(digits) == abs(cents)


def test_documents_and_codes_are_grouped() -> None:
    assert formatting.document("12ABC34501DE35") == "12.ABC.345/01DE-35"
    assert formatting.document("52998224725") == "529.982.247-25"
    assert formatting.code("ABCDEFGH23456789") == "ABCD-EFGH-2345-6789"


@pytest.mark.parametrize(("size", "shown"), [(1, "1 KB"), (1024, "1 KB"), (1025, "2 KB"), (12_900_000, "12,3 MB")])
def test_a_size(size, shown) -> None:
    assert formatting.size(size) == shown
