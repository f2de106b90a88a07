"""The status rule against an oracle that was written another way: an if-chain on calendar months.

It is asked on every day around every boundary, and at every hour around the nights on which São Paulo's clock moved.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from types import SimpleNamespace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal import clock
from portal.domain.statuses import derive_status

FLAGS = list(product((None, True), repeat=3))
DUE_OFFSETS = range(-70, 45)


def oracle(due_on: date, *, pending: bool, hidden: bool, suspended: bool, today: date) -> str:
    """Say the status in the words of DOMAIN §1, knowing nothing of ranges or tables."""
    if pending:
        return "Pendente"
    if (due_on.year, due_on.month) < (today.year, today.month):
        return "Oculto" if hidden else "Inativo"
    if due_on < today:
        return "Expirado"
    if suspended:
        return "Suspenso"
    return "Ativo"


def disagreements(today: date) -> list[str]:
    """Return where rule and oracle differ, for every due date around today and every combination of flags."""
    found = []
    for offset, (pending, hidden, suspended) in product(DUE_OFFSETS, FLAGS):
        due_on = today + timedelta(days=offset)
        known = SimpleNamespace(due_on=due_on, pending_at=pending, hidden_at=hidden, suspended_at=suspended)
        said = derive_status(known, today).label
        truth = oracle(due_on, pending=bool(pending), hidden=bool(hidden), suspended=bool(suspended), today=today)
        if said != truth:
            found.append(f"{today}: due {due_on}, flags {pending, hidden, suspended}: {said}, should be {truth}")
    return found


AROUND = [
    (date(2023, 12, 28), date(2024, 1, 4)),  # year end into a leap year
    (date(2024, 2, 26), date(2024, 3, 3)),  # leap day
    (date(2024, 12, 28), date(2025, 1, 4)),
    (date(2025, 2, 25), date(2025, 3, 3)),  # no leap day
    (date(2025, 4, 28), date(2025, 5, 3)),  # 30 days
    (date(2025, 7, 28), date(2025, 8, 3)),  # 31 and 31 days
    (date(2028, 2, 26), date(2028, 3, 3)),  # leap day
    (date(2100, 2, 25), date(2100, 3, 3)),  # divisible by four and yet no leap year
]


@pytest.mark.parametrize(("first", "last"), AROUND, ids=[f"{first}" for first, _ in AROUND])
def test_rule_and_oracle_agree_on_every_day_around_a_boundary(first, last) -> None:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert [line for day in days for line in disagreements(day)] == []


def test_the_boundaries_hold_the_leap_days_that_exist_and_not_the_one_that_does_not() -> None:
    days = {first + timedelta(days=n) for first, last in AROUND for n in range((last - first).days + 1)}
    assert {date(2024, 2, 29), date(2028, 2, 29), date(2100, 2, 28), date(2100, 3, 1)} <= days


@settings(max_examples=300, deadline=None)
@given(
    today=st.dates(date(2000, 3, 15), date(2199, 12, 1)),
    offset=st.integers(-800, 800),
    flags=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
@example(today=date(2025, 3, 1), offset=-1, flags=(False, False, False))
def test_rule_and_oracle_agree_on_any_day(today, offset, flags) -> None:
    due_on = today + timedelta(days=offset)
    pending, hidden, suspended = flags
    known = SimpleNamespace(
        due_on=due_on, pending_at=pending or None, hidden_at=hidden or None, suspended_at=suspended or None
    )
    truth = oracle(due_on, pending=pending, hidden=hidden, suspended=suspended, today=today)
    assert derive_status(known, today).label == truth


SUMMERS = [
    # From when to when São Paulo's clock stood at UTC-2 instead of UTC-3, in UTC; abolished after the second one.
    (datetime(2017, 10, 15, 3, tzinfo=UTC), datetime(2018, 2, 18, 2, tzinfo=UTC)),
    (datetime(2018, 11, 4, 3, tzinfo=UTC), datetime(2019, 2, 17, 2, tzinfo=UTC)),
]
CHANGES = [
    *(moment for summer in SUMMERS for moment in summer),
    datetime(2018, 10, 21, 3, tzinfo=UTC),  # when it began in other years: nothing may happen
    datetime(2019, 10, 20, 3, tzinfo=UTC),
    datetime(2019, 11, 3, 3, tzinfo=UTC),
]


def oracle_date(moment: datetime) -> date:
    """Return São Paulo's date from the two offsets alone."""
    is_summer = any(begin <= moment < end for begin, end in SUMMERS)
    return (moment - timedelta(hours=2 if is_summer else 3)).replace(tzinfo=None).date()


@pytest.fixture(params=["UTC", "Asia/Tokyo", "America/Sao_Paulo", "Pacific/Kiritimati"])
def process_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run the process in another time zone."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


def test_the_zone_of_the_process_is_really_another_one(process_zone) -> None:
    hours = {"UTC": 0, "Asia/Tokyo": 9, "America/Sao_Paulo": -3, "Pacific/Kiritimati": 14}[process_zone]
    assert datetime(2025, 7, 10, tzinfo=UTC).astimezone().utcoffset() == timedelta(hours=hours)
    assert os.environ["TZ"] == process_zone


@pytest.mark.parametrize("change", CHANGES, ids=[f"{change:%Y-%m-%d}" for change in CHANGES])
def test_at_every_hour_around_a_clock_change_the_status_is_the_oracles(change, process_zone) -> None:
    due_on = oracle_date(change) - timedelta(days=1)  # the last day paid for ends at the midnight that moved
    month_end = (due_on.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    for minutes in range(-48 * 60, 48 * 60 + 1, 30):
        moment = change + timedelta(minutes=minutes)
        today = clock.local_date(moment)
        assert today == oracle_date(moment), moment
        for due in (due_on, due_on + timedelta(days=1), month_end):
            known = SimpleNamespace(due_on=due, pending_at=None, hidden_at=None, suspended_at=None)
            truth = oracle(due, pending=False, hidden=False, suspended=False, today=oracle_date(moment))
            assert derive_status(known, today).label == truth, (moment, due)


NIGHTS = [
    date(2024, 2, 28), date(2024, 2, 29), date(2025, 2, 28), date(2025, 7, 10), date(2025, 7, 31), date(2025, 12, 31),
    date(2028, 2, 29), date(2100, 2, 28),
]  # fmt: skip


@pytest.mark.parametrize("due_on", NIGHTS, ids=str)
def test_at_half_past_eleven_at_night_in_sao_paulo_it_is_still_today(due_on, process_zone) -> None:
    known = SimpleNamespace(due_on=due_on, pending_at=None, hidden_at=None, suspended_at=None)
    half_past_eleven = datetime(due_on.year, due_on.month, due_on.day, 23, 30, tzinfo=clock.SAO_PAULO)
    assert half_past_eleven.astimezone(UTC).date() == due_on + timedelta(days=1), "in UTC it is tomorrow already"
    with clock.frozen(half_past_eleven.astimezone(UTC)):
        assert clock.today() == due_on
        assert derive_status(known, clock.today()).label == "Ativo"
    with clock.frozen(half_past_eleven.astimezone(UTC) + timedelta(minutes=30)):
        assert clock.today() == due_on + timedelta(days=1)
        assert derive_status(known, clock.today()).label != "Ativo"
