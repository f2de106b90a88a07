"""Calendar arithmetic of the monthly cycle: DOMAIN §5, R2, R3, R22."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain import cycle

days = st.dates(date(2000, 1, 1), date(2199, 12, 31))
due_days = st.integers(1, 28)


def test_due_days_go_from_1_to_28_and_10_is_the_default() -> None:
    assert (min(cycle.DUE_DAYS), max(cycle.DUE_DAYS), len(cycle.DUE_DAYS)) == (1, 28, 28)
    assert cycle.DEFAULT_DUE_DAY == 10
    assert cycle.RENEWAL_WINDOW_DAYS == 10


def test_r3_due_on_10_january_renewed_three_times_is_due_on_10_april() -> None:
    due_on, seen = date(2025, 1, 10), []
    for _ in range(3):
        due_on = cycle.next_due(due_on, due_day=10)
        seen.append(due_on)
    assert seen == [date(2025, 2, 10), date(2025, 3, 10), date(2025, 4, 10)]


@pytest.mark.parametrize(
    ("due_on", "due_day", "expected"),
    [
        (date(2025, 7, 10), 10, date(2025, 8, 10)),  # R2
        (date(2025, 12, 10), 10, date(2026, 1, 10)),
        (date(2026, 1, 28), 28, date(2026, 2, 28)),  # R20
        (date(2024, 1, 28), 28, date(2024, 2, 28)),
        (date(2025, 7, 10), 5, date(2025, 8, 5)),
        (date(2025, 1, 31), 10, date(2025, 2, 10)),  # a due date from before the rule of 28 days
    ],
)
def test_the_next_due_date_is_the_due_day_of_the_next_month(due_on, due_day, expected) -> None:
    assert cycle.next_due(due_on, due_day) == expected


@settings(max_examples=200, deadline=None)
@given(days, due_days)
def test_twelve_renewals_are_a_year_and_never_skip_a_month(start, due_day) -> None:
    due_on = start.replace(day=due_day)
    for _ in range(12):
        following = cycle.next_due(due_on, due_day)
        assert (following.year * 12 + following.month) - (due_on.year * 12 + due_on.month) == 1
        due_on = following
    assert due_on == start.replace(year=start.year + 1, day=due_day)


@settings(max_examples=300, deadline=None)
@given(days)
def test_the_first_and_the_last_of_a_month_are_its_ends(day) -> None:
    first, last, following = cycle.first_of_month(day), cycle.last_of_month(day), cycle.first_of_next_month(day)
    assert first.day == following.day == 1
    assert first <= day <= last < following
    assert following - last == timedelta(days=1)
    assert (first.year, first.month) == (day.year, day.month) == (last.year, last.month)


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (date(2024, 2, 1), date(2024, 2, 29)),
        (date(2025, 2, 1), date(2025, 2, 28)),
        (date(2028, 2, 28), date(2028, 2, 29)),
        (date(2100, 2, 28), date(2100, 2, 28)),
        (date(2025, 12, 31), date(2025, 12, 31)),
        (date(2025, 4, 30), date(2025, 4, 30)),
    ],
)
def test_months_end_where_the_calendar_says(day, last) -> None:
    assert cycle.last_of_month(day) == last


@pytest.mark.parametrize(
    ("due_on", "expected"),
    [
        (date(2025, 7, 10), date(2025, 8, 1)),  # R1
        (date(2025, 2, 28), date(2025, 3, 1)),  # R22
        (date(2025, 12, 10), date(2026, 1, 1)),
    ],
)
def test_a_license_becomes_inactive_on_the_first_of_the_next_month(due_on, expected) -> None:
    assert cycle.inactive_from(due_on) == expected


def test_the_renewal_window_runs_from_ten_days_before_the_due_date_to_the_end_of_its_month() -> None:
    assert cycle.renewal_window(date(2025, 7, 10)) == (date(2025, 6, 30), date(2025, 7, 31))  # R7
    assert cycle.renewal_window(date(2026, 2, 28)) == (date(2026, 2, 18), date(2026, 2, 28))
    assert cycle.renewal_window(date(2025, 1, 5)) == (date(2024, 12, 26), date(2025, 1, 31))
    assert cycle.renewal_window(date(2025, 7, 10), days=3) == (date(2025, 7, 7), date(2025, 7, 31))
