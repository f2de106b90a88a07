"""Whether a program may run, and "Liberação em confiança": DOMAIN §2, §5."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain import trust
from portal.domain.statuses import Status
from portal.domain.trust import NoRelease

DUE = date(2025, 7, 10)


@pytest.mark.parametrize(
    ("today", "days", "through"),
    [
        (date(2025, 7, 12), 3, date(2025, 7, 14)),
        (date(2025, 7, 12), 1, date(2025, 7, 12)),
        (date(2025, 7, 30), 3, date(2025, 7, 31)),
        (date(2025, 7, 31), 3, date(2025, 7, 31)),
    ],
)
def test_a_release_lasts_its_days_and_never_beyond_the_month(today, days, through) -> None:
    assert trust.through_on(DUE, today, days) == through


def test_a_release_ends_with_its_last_day_or_with_a_renewal() -> None:
    assert trust.is_released(DUE, DUE, date(2025, 7, 14), date(2025, 7, 14))
    assert not trust.is_released(DUE, DUE, date(2025, 7, 14), date(2025, 7, 15))
    assert not trust.is_released(date(2025, 8, 10), DUE, date(2025, 7, 14), date(2025, 7, 14))
    assert not trust.is_released(DUE, None, None, date(2025, 7, 14))
    assert trust.was_released(DUE, DUE)
    assert not trust.was_released(date(2025, 8, 10), DUE)
    assert not trust.was_released(None, None)


@pytest.mark.parametrize("status", list(Status))
def test_only_ativo_runs_by_itself(status) -> None:
    assert trust.may_run(status, DUE, date(2025, 7, 12)) is (status is Status.ACTIVE)


def test_an_expirado_runs_in_its_days_of_grace_or_released_unless_suspended_too() -> None:
    assert trust.may_run(Status.EXPIRED, DUE, date(2025, 7, 12), grace_days=2)
    assert not trust.may_run(Status.EXPIRED, DUE, date(2025, 7, 13), grace_days=2)
    assert trust.may_run(Status.EXPIRED, DUE, date(2025, 7, 20), is_released=True)
    assert not trust.may_run(Status.EXPIRED, DUE, date(2025, 7, 20), is_released=True, is_suspended=True)


def test_a_release_is_given_once_a_cycle_and_never_around_a_suspension() -> None:
    assert trust.why_not(DUE, None, is_suspended=False) is None
    assert trust.why_not(DUE, DUE, is_suspended=False) is NoRelease.USED
    assert trust.why_not(DUE, date(2025, 6, 10), is_suspended=False) is None
    assert trust.why_not(DUE, None, is_suspended=True) is NoRelease.SUSPENDED
