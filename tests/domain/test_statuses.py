"""The status of a license: DOMAIN §1 and the worked examples R1, R2, R3, R22."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product
from types import SimpleNamespace

import pytest

from portal.domain import cycle
from portal.domain.statuses import (
    DEFAULT_STATUSES,
    LIVE_STATUSES,
    DueRange,
    Outlook,
    Status,
    before_this_month,
    derive_status,
    earlier_this_month,
    outlook,
    today_or_later,
)

MARKED = datetime(2025, 1, 1, 12, tzinfo=UTC)
TODAY = date(2025, 7, 10)


def facts(due_on: date | None, *, pending: bool = False, hidden: bool = False, suspended: bool = False):
    """Return the stored facts of a client; when something was marked does not matter, only that it was."""
    return SimpleNamespace(
        due_on=due_on,
        pending_at=MARKED if pending else None,
        hidden_at=MARKED if hidden else None,
        suspended_at=MARKED if suspended else None,
    )


def status_on(today: date, due_on: date | None, **flags: bool) -> str:
    """Return the word on the screen."""
    return derive_status(facts(due_on, **flags), today).label


def test_r1_due_on_10_july_is_active_that_day_expired_until_the_31st_and_inactive_in_august() -> None:
    due_on = date(2025, 7, 10)
    days = [date(2025, 7, 9) + timedelta(days=n) for n in range(25)]
    said = {day: status_on(day, due_on) for day in days}
    assert [day.isoformat() for day in days if said[day] == "Ativo"] == ["2025-07-09", "2025-07-10"]
    assert [day.day for day in days if said[day] == "Expirado"] == list(range(11, 32))
    assert [day.isoformat() for day in days if said[day] == "Inativo"] == ["2025-08-01", "2025-08-02"]


def test_r2_renewed_on_20_july_it_is_due_on_10_august_and_active_until_then() -> None:
    renewed = cycle.next_due(date(2025, 7, 10), due_day=10)
    assert renewed == date(2025, 8, 10)
    assert status_on(date(2025, 7, 20), renewed) == "Ativo"
    assert status_on(date(2025, 8, 11), renewed) == "Expirado"


def test_r22_due_on_28_february_and_unpaid_is_inactive_on_1_march_without_an_expired_day() -> None:
    due_on = date(2025, 2, 28)
    assert [status_on(date(2025, 2, 27) + timedelta(days=n), due_on) for n in range(3)] == ["Ativo", "Ativo", "Inativo"]


def test_in_a_leap_year_28_february_leaves_one_expired_day() -> None:
    due_on = date(2024, 2, 28)
    assert status_on(date(2024, 2, 29), due_on) == "Expirado"
    assert status_on(date(2024, 3, 1), due_on) == "Inativo"


def test_r16_a_suspended_client_whose_due_date_passes_is_expired() -> None:
    due_on = date(2025, 8, 10)
    assert status_on(date(2025, 8, 10), due_on, suspended=True) == "Suspenso"
    assert status_on(date(2025, 8, 11), due_on, suspended=True) == "Expirado"
    assert status_on(date(2025, 9, 1), due_on, suspended=True) == "Inativo"


PAID, PASSED, LAST_MONTH = date(2025, 7, 10), date(2025, 7, 9), date(2025, 6, 30)
PRECEDENCE = [
    # pending, hidden, suspended: paid through today, due this month, due last month
    ((False, False, False), "Ativo", "Expirado", "Inativo"),
    ((False, False, True), "Suspenso", "Expirado", "Inativo"),
    ((False, True, False), "Ativo", "Expirado", "Oculto"),
    ((False, True, True), "Suspenso", "Expirado", "Oculto"),
    ((True, False, False), "Pendente", "Pendente", "Pendente"),
    ((True, False, True), "Pendente", "Pendente", "Pendente"),
    ((True, True, False), "Pendente", "Pendente", "Pendente"),
    ((True, True, True), "Pendente", "Pendente", "Pendente"),
]


def test_the_table_of_precedence_names_every_combination_of_flags() -> None:
    assert [row[0] for row in PRECEDENCE] == list(product((False, True), repeat=3))


@pytest.mark.parametrize(("flags", "paid", "passed", "last_month"), PRECEDENCE)
def test_precedence_of_every_combination_of_flags(flags, paid, passed, last_month) -> None:
    marks = dict(zip(("pending", "hidden", "suspended"), flags, strict=True))
    assert [status_on(TODAY, due_on, **marks) for due_on in (PAID, PASSED, LAST_MONTH)] == [paid, passed, last_month]


@pytest.mark.parametrize(("hidden", "suspended"), list(product((False, True), repeat=2)))
def test_a_pending_client_without_a_due_date_is_pending(hidden, suspended) -> None:
    assert status_on(TODAY, None, pending=True, hidden=hidden, suspended=suspended) == "Pendente"


@pytest.mark.parametrize(("hidden", "suspended"), list(product((False, True), repeat=2)))
def test_no_due_date_without_being_pending_is_no_client_at_all(hidden, suspended) -> None:
    with pytest.raises(ValueError, match="must have a due date"):
        derive_status(facts(None, hidden=hidden, suspended=suspended), TODAY)


def test_the_statuses_stand_in_order_of_precedence() -> None:
    assert [status.label for status in Status] == ["Pendente", "Oculto", "Inativo", "Expirado", "Suspenso", "Ativo"]


def test_the_default_list_shows_all_but_the_hidden() -> None:
    assert {status.label for status in DEFAULT_STATUSES} == {"Pendente", "Inativo", "Expirado", "Suspenso", "Ativo"}


def test_unused_codes_count_for_active_suspended_and_expired_clients_only() -> None:
    assert {status.label for status in LIVE_STATUSES} == {"Ativo", "Suspenso", "Expirado"}


@pytest.mark.parametrize(
    ("today", "before", "earlier", "later"),
    [
        (date(2025, 7, 10), date(2025, 6, 30), (date(2025, 7, 1), date(2025, 7, 9)), date(2025, 7, 10)),
        (date(2025, 7, 1), date(2025, 6, 30), (date(2025, 7, 1), date(2025, 6, 30)), date(2025, 7, 1)),
        (date(2024, 3, 1), date(2024, 2, 29), (date(2024, 3, 1), date(2024, 2, 29)), date(2024, 3, 1)),
        (date(2026, 1, 2), date(2025, 12, 31), (date(2026, 1, 1), date(2026, 1, 1)), date(2026, 1, 2)),
    ],
)
def test_the_three_ranges_of_due_dates_touch_without_overlap(today, before, earlier, later) -> None:
    assert before_this_month(today) == DueRange(None, before)
    assert earlier_this_month(today) == DueRange(*earlier)  # empty on the first of a month
    assert today_or_later(today) == DueRange(later, None)


def test_a_missing_due_date_lies_in_no_range() -> None:
    assert not DueRange(None, None).holds(None)
    assert DueRange(None, None).holds(TODAY)


@pytest.mark.parametrize(
    ("today", "known", "expected"),
    [
        # "Vence em 10/12; sem renovação fica Inativo em 01/01"
        (
            date(2025, 12, 5),
            facts(date(2025, 12, 10)),
            (Status.ACTIVE, Status.EXPIRED, date(2025, 12, 11), date(2026, 1, 1)),
        ),
        (
            date(2025, 12, 10),
            facts(date(2025, 12, 10)),
            (Status.ACTIVE, Status.EXPIRED, date(2025, 12, 11), date(2026, 1, 1)),
        ),
        # a suspended one goes the same way
        (
            date(2025, 12, 5),
            facts(date(2025, 12, 10), suspended=True),
            (Status.SUSPENDED, Status.EXPIRED, date(2025, 12, 11), date(2026, 1, 1)),
        ),
        (
            date(2025, 12, 11),
            facts(date(2025, 12, 10)),
            (Status.EXPIRED, Status.INACTIVE, date(2026, 1, 1), date(2026, 1, 1)),
        ),
        # due on the last day of a month: no Expirado day in between (R22)
        (
            date(2025, 2, 28),
            facts(date(2025, 2, 28)),
            (Status.ACTIVE, Status.INACTIVE, date(2025, 3, 1), date(2025, 3, 1)),
        ),
        (
            date(2024, 2, 28),
            facts(date(2024, 2, 28)),
            (Status.ACTIVE, Status.EXPIRED, date(2024, 2, 29), date(2024, 3, 1)),
        ),
        # hidden long ago: what comes after Expirado is Oculto
        (
            date(2025, 7, 20),
            facts(date(2025, 7, 10), hidden=True),
            (Status.EXPIRED, Status.HIDDEN, date(2025, 8, 1), date(2025, 8, 1)),
        ),
        (
            date(2025, 2, 28),
            facts(date(2025, 2, 28), hidden=True),
            (Status.ACTIVE, Status.HIDDEN, date(2025, 3, 1), date(2025, 3, 1)),
        ),
        (
            date(2025, 7, 5),
            facts(date(2025, 7, 10), hidden=True),
            (Status.ACTIVE, Status.EXPIRED, date(2025, 7, 11), date(2025, 8, 1)),
        ),
        # nothing more happens by itself; since when it is so is still known
        (date(2025, 9, 3), facts(date(2025, 7, 10)), (Status.INACTIVE, None, None, date(2025, 8, 1))),
        (date(2025, 9, 3), facts(date(2025, 7, 10), hidden=True), (Status.HIDDEN, None, None, date(2025, 8, 1))),
        (date(2025, 7, 1), facts(date(2025, 7, 10), pending=True), (Status.PENDING, None, None, None)),
        (date(2025, 7, 1), facts(None, pending=True), (Status.PENDING, None, None, None)),
    ],
)
def test_the_outlook_says_what_comes_next_and_when(today, known, expected) -> None:
    status, next_status, next_on, inactive_on = expected
    assert outlook(known, today) == Outlook(status, known.due_on, next_status, next_on, inactive_on)


@pytest.mark.parametrize(("hidden", "suspended"), list(product((False, True), repeat=2)))
def test_what_the_outlook_announces_comes_true_and_not_a_day_before(hidden, suspended) -> None:
    for due_on in (date(2024, 2, 28) + timedelta(days=n) for n in range(400)):
        known = facts(due_on, hidden=hidden, suspended=suspended)
        for today in (due_on - timedelta(days=3), due_on, due_on + timedelta(days=1)):
            told = outlook(known, today)
            if told.next_on is None:
                continue
            assert derive_status(known, told.next_on) == told.next_status
            assert derive_status(known, told.next_on - timedelta(days=1)) == told.status
