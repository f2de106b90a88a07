"""Which due dates are to be renewed today: the renewal window read backwards (DOMAIN §5, Cycle)."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain import cycle
from portal.domain.statuses import Status, derive_status, to_renew

days = st.dates(date(2000, 1, 1), date(2199, 12, 31))


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        (date(2025, 7, 10), date(2025, 7, 1), date(2025, 7, 20)),
        (date(2025, 7, 1), date(2025, 7, 1), date(2025, 7, 11)),
        (date(2025, 7, 31), date(2025, 7, 1), date(2025, 8, 10)),
        (date(2025, 8, 1), date(2025, 8, 1), date(2025, 8, 11)),
        (date(2025, 12, 31), date(2025, 12, 1), date(2026, 1, 10)),
        (date(2024, 2, 29), date(2024, 2, 1), date(2024, 3, 10)),
        (date(2025, 2, 28), date(2025, 2, 1), date(2025, 3, 10)),
    ],
    ids=str,
)
def test_from_the_first_of_the_month_to_ten_days_ahead(today, first, last) -> None:
    assert to_renew(today) == (first, last)


@given(days, st.integers(-70, 70), st.integers(0, 28))
def test_a_due_date_is_to_be_renewed_exactly_inside_its_window(today, offset, length) -> None:
    due_on = today + timedelta(offset)
    first, last = cycle.renewal_window(due_on, length)
    assert to_renew(today, length).holds(due_on) == (first <= today <= last)


@given(days, st.integers(-35, 15), st.booleans(), st.booleans())
def test_whoever_is_to_be_renewed_is_ativo_suspenso_or_expirado(today, offset, is_hidden, is_suspended) -> None:
    due_on = today + timedelta(offset)
    marked = {"hidden_at": is_hidden or None, "suspended_at": is_suspended or None, "pending_at": None}
    status = derive_status(SimpleNamespace(due_on=due_on, **marked), today)
    if to_renew(today).holds(due_on):
        assert status in {Status.ACTIVE, Status.SUSPENDED, Status.EXPIRED}
    elif status is Status.EXPIRED:
        pytest.fail("an Expirado client can be renewed to the last day of the month")
