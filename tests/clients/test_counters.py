"""The counters of the list, against counting the clients one by one."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.clients import queries, tallies
from portal.clients.filters import DUE_WITHIN_DAYS, SOON_DAYS, ClientFilter, Sort
from portal.domain.catalogue import Product, RenewalMethod
from portal.domain.statuses import DEFAULT_STATUSES, LIVE_STATUSES, Status, derive_status
from portal.extensions import db
from portal.models import Client, Partner
from tests.conftest import NOW
from tests.factories import Factory
from tests.kept import made_once

TODAYS = [date(2025, 7, 1), date(2025, 7, 10), date(2025, 7, 31), date(2025, 8, 1), date(2025, 12, 31)]


@pytest.fixture
def partner(app: Flask) -> Partner:
    """Return a partner whose clients have all combinations of facts, beside those of another partner."""
    made_once(__name__, _make_partners)
    return db.session.scalars(select(Partner).order_by(Partner.id)).first()


@pytest.fixture
def crowd(partner: Partner) -> list[Client]:
    return list(db.session.scalars(select(Client).where(Client.partner_id == partner.id).order_by(Client.id)))


def _make_partners() -> None:
    make, chance = Factory(10_000), random.Random(11)
    partner, other = make.partner(), make.partner()
    for number in range(80):
        is_pending = number % 9 == 0
        facts = {
            "due_on": None if is_pending and number % 2 else date(2025, 7, 10) + timedelta(chance.randint(-45, 65)),
            "pending_at": NOW if is_pending else None,
            "hidden_at": NOW if chance.random() < 0.3 else None,
            "suspended_at": NOW if chance.random() < 0.3 else None,
        }
        client = make.client(partner if number % 8 else other, **facts)
        if number % 5 == 0:
            make.code(client)


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_the_counters_equal_a_count_by_hand(crowd, partner: Partner, today) -> None:
    counters = tallies.read(partner.id, today)
    statuses = [derive_status(client, today) for client in crowd]
    assert counters.by_status == {status: statuses.count(status) for status in Status}
    assert counters.total == len(crowd)
    assert counters.listed == sum(status in DEFAULT_STATUSES for status in statuses)
    assert counters.with_unused_code == sum(
        client.unused_codes > 0 and status in LIVE_STATUSES for client, status in zip(crowd, statuses, strict=True)
    )
    soon = [
        client
        for client in crowd
        if not client.pending_at and today <= client.due_on <= today + timedelta(days=SOON_DAYS)
    ]
    assert counters.due_soon == len(soon)


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_the_number_above_the_list_is_that_of_its_rows(crowd, partner: Partner, today) -> None:
    counters = tallies.read(partner.id, today)
    for due_within in (None, *DUE_WITHIN_DAYS):
        for statuses in (DEFAULT_STATUSES, frozenset(Status), *(frozenset({status}) for status in Status)):
            criteria = ClientFilter(statuses=statuses, due_within=due_within)
            due = queries.due_range(criteria, today)
            rows = list(queries.all_rows(partner.id, criteria, today, counters))
            assert counters.expected(criteria, due) == counters.exact(criteria, due) == len(rows), criteria


@pytest.mark.parametrize(
    "narrowing",
    [
        {"search": "x"},
        {"product": Product.NAVI},
        {"method": RenewalMethod.BILLING},
        {"uf": "SP"},
        {"is_code_unused": True},
        {"has_open_charge": True},
        {"silent_days": 3},
    ],
    ids=str,
)
def test_where_the_counters_cannot_tell_they_say_so(crowd, partner: Partner, narrowing) -> None:
    counters = tallies.read(partner.id, date(2025, 7, 10))
    assert counters.exact(ClientFilter(**narrowing), None) is None
    assert counters.exact(ClientFilter(sort=Sort.DUE, after=7, size=50), None) == counters.listed


def test_sorting_is_chosen_for_a_few_of_many_and_walking_for_most_of_them(make) -> None:
    def counters(expired: int, active: int) -> tallies.Counters:
        groups = [
            tallies.Group(date(2025, 7, 9), None, None, None, expired, 0, Status.EXPIRED),
            tallies.Group(date(2025, 8, 9), None, None, None, active, 0, Status.ACTIVE),
        ]
        return tallies.Counters(groups, {Status.EXPIRED: expired, Status.ACTIVE: active}, 0, 0)

    few = ClientFilter(statuses=frozenset({Status.EXPIRED}))
    assert counters(20, 20_000).is_sorting_cheaper(few, None)
    assert not counters(20_000, 20).is_sorting_cheaper(few, None)
    assert not counters(10_000, 10_000).is_sorting_cheaper(few, None)


def test_a_partner_without_clients_counts_nothing(make) -> None:
    counters = tallies.read(make.partner().id, date(2025, 7, 10))
    assert counters.by_status == dict.fromkeys(Status, 0)
    assert (counters.total, counters.listed, counters.with_unused_code, counters.due_soon) == (0, 0, 0, 0)
