"""Which programs may run and until when, who leaves: rules against calendars and sheets of paper."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain import installations, trust
from portal.domain.catalogue import OFFERS, Item, Product
from portal.domain.installations import Program, Reason
from portal.domain.licenses import Holding, Pending
from portal.domain.statuses import Status, derive_status

NOW = datetime(2025, 7, 10, 15, tzinfo=UTC)
DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))


def facts(due_on: date) -> SimpleNamespace:
    return SimpleNamespace(due_on=due_on, pending_at=None, hidden_at=None, suspended_at=None)


@given(DAYS, st.integers(0, 31), st.none() | st.integers(0, 40), st.integers(-10, 70))
def test_the_last_day_to_run_is_the_last_on_which_the_program_may(
    due_on: date, grace: int, released: int | None, ahead: int
) -> None:
    today = due_on + timedelta(days=ahead)
    through = None if released is None else trust.through_on(due_on, due_on + timedelta(days=1), released + 1)
    through = None if through is None or through <= due_on else through
    is_released = trust.is_released(due_on, due_on, through, today)
    status = derive_status(facts(due_on), today)
    may = trust.may_run(status, due_on, today, grace_days=grace, is_released=is_released)
    assert may == (today <= trust.runs_through(due_on, grace_days=grace, released_through=through))


@pytest.mark.parametrize("status", Status)
def test_what_may_not_run_has_a_reason_and_what_may_has_none(status: Status) -> None:
    assert installations.refusal_of(status, may_run=True) is None
    if status is not Status.ACTIVE:
        assert installations.refusal_of(status, may_run=False) is not None


def test_an_expired_that_is_suspended_too_is_told_of_the_suspension() -> None:
    assert installations.refusal_of(Status.EXPIRED, may_run=False) is Reason.EXPIRED
    assert installations.refusal_of(Status.EXPIRED, may_run=False, is_suspended=True) is Reason.SUSPENDED


def test_a_license_ends_with_the_earlier_of_its_lease_and_its_last_day() -> None:
    lease, end = timedelta(days=15), datetime(2025, 7, 12, 3, tzinfo=UTC)
    soon = installations.terms(date(2025, 7, 11), date(2025, 7, 11), end, NOW, lease)
    assert (soon.ends_at, soon.lease_ends_at) == (end, NOW + lease)
    late = installations.terms(date(2025, 8, 10), date(2025, 8, 10), end + timedelta(days=30), NOW, lease)
    assert late.ends_at == NOW + lease


def test_programs_are_products_and_their_items() -> None:
    for program in Program:
        assert installations.program_of(program.product, program.item) is program
        assert program.product in OFFERS[program.item].products


def test_a_license_says_what_is_held_and_from_when_less() -> None:
    pending = (
        Pending(Item.WAITER, date(2025, 8, 11), 1),
        Pending(Item.CLOUD, date(2025, 9, 11), 0),
    )
    holding = Holding({Item.BASE: 1, Item.WAITER: 3, Item.CLOUD: 1}, pending)
    held = installations.stretches(holding, date(2025, 7, 10), date(2025, 9, 10))
    until = installations.terms(date(2025, 9, 10), date(2025, 9, 10), NOW, NOW, timedelta(days=15))
    client = SimpleNamespace(id=7, name="Padaria", document="11222333000181")
    said = installations.claims(
        Program.LINK, installation_id=3, device_id="caixa-01", client=client, held=held, until=until
    )
    assert said["items"] == {"base": 1, "cloud": 1, "waiter": 3}
    assert said["later"] == [{"from": "2025-08-11", "items": {"base": 1, "cloud": 1, "waiter": 1}}]
    assert (said["aud"], said["sub"], said["product"]) == ("link", "3", Product.LINK.value)
    assert said["lease_ends_at"] == int(until.lease_ends_at.timestamp())


# Link Móvel


@given(st.integers(0, 6), st.integers(0, 6), st.sets(st.integers(1, 6)))
def test_of_devices_that_nobody_chose_the_oldest_stay(devices: int, quantity: int, left: set[int]) -> None:
    today = date(2025, 8, 11)
    living = [
        SimpleNamespace(id=number, leaves_on=today if number in left else None) for number in range(1, devices + 1)
    ]
    staying = [one.id for one in living if installations.is_within(one, living, quantity, today)]
    assert staying == [one.id for one in living if one.leaves_on is None][:quantity]


def test_a_device_that_leaves_later_still_stays_today() -> None:
    leaving = SimpleNamespace(id=1, leaves_on=date(2025, 8, 11))
    assert installations.is_within(leaving, [leaving], 1, date(2025, 8, 10))
    assert not installations.is_within(leaving, [leaving], 1, date(2025, 8, 11))


def test_cutting_asks_for_as_many_devices_as_do_not_fit() -> None:
    assert [installations.to_leave(2, wanted) for wanted in (3, 2, 1, 0)] == [0, 0, 1, 2]
