"""Home's numbers: those of the lists behind them, and of a count by hand, on any day."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from werkzeug.datastructures import MultiDict

from portal import clock
from portal.clients import conditions, queries, tallies
from portal.clients.filters import RENEWAL, ClientFilter
from portal.domain import cycle
from portal.domain.statuses import LIVE_STATUSES, Status, derive_status
from portal.home import queries as home
from portal.models import Client
from tests.conftest import NOW

DAYS = [
    date(2025, 7, 1), date(2025, 7, 10), date(2025, 7, 11), date(2025, 7, 31), date(2025, 8, 1), date(2024, 2, 29),
    date(2024, 3, 1), date(2025, 2, 28), date(2025, 12, 31), date(2026, 1, 1),
]  # fmt: skip


def crowd(make, partner, today: date) -> list[Client]:
    """Make clients of every kind around a day, some at another partner."""
    chance, other = random.Random(7), make.partner()
    offsets = [-62, -31, -10, -1, 0, 1, 7, 10, 11, 31, 60, *(chance.randint(-45, 190) for _ in range(25))]
    clients = []
    for number, offset in enumerate(offsets):
        is_pending = number % 7 == 6
        facts = {
            "due_on": None if is_pending and number % 2 else today + timedelta(offset),
            "pending_at": NOW if is_pending else None,
            "hidden_at": NOW if chance.random() < 0.3 else None,
            "suspended_at": NOW if chance.random() < 0.3 else None,
        }
        clients.append(make.client(partner if number % 5 != 4 else other, **facts))
        if number % 4 == 0:
            make.code(clients[-1])
    return [client for client in clients if client.partner_id == partner.id]


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_each_card_counts_the_rows_of_the_list_that_it_leads_to(make, partner, today) -> None:
    crowd(make, partner, today)
    overview = home.overview(partner.id, today)
    for name, card in overview.cards.items():
        criteria = ClientFilter.from_args(MultiDict(parse_qsl(card.query.removeprefix("?"))))
        counters = tallies.read(partner.id, today)
        rows = list(queries.all_rows(partner.id, criteria, today, counters))
        assert card.count == len(rows), name
        assert card.count == counters.exact(criteria, conditions.due_range(criteria, today)), name
        assert criteria == home.CARDS[name]


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_cards_and_months_equal_a_count_by_hand(make, partner, today) -> None:
    clients = crowd(make, partner, today)
    statuses = {client.id: derive_status(client, today) for client in clients}
    overview = home.overview(partner.id, today)

    def is_to_renew(client: Client) -> bool:
        first, last = cycle.renewal_window(client.due_on) if client.due_on else (date.max, date.min)
        return statuses[client.id] in LIVE_STATUSES and first <= today <= last

    assert {name: card.count for name, card in overview.cards.items()} == {
        "active": list(statuses.values()).count(Status.ACTIVE),
        "to_renew": sum(map(is_to_renew, clients)),
        "expired": list(statuses.values()).count(Status.EXPIRED),
    }
    assert overview.total == len(clients)
    assert overview.with_unused_code == sum(c.unused_codes > 0 and statuses[c.id] in LIVE_STATUSES for c in clients)
    for month in overview.months:
        due = [c for c in clients if c.due_on and not c.pending_at and c.due_on.replace(day=1) == month.first]
        expired = [client for client in due if statuses[client.id] is Status.EXPIRED]
        assert (month.expired, month.total) == (len(expired), len(due)), month


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_the_screens_agree(make, partner, web_of, today) -> None:
    crowd(make, partner, today)
    with clock.frozen(datetime.fromisoformat(f"{today}T12:00:00-03:00")):
        web, overview = web_of(), home.overview(partner.id, today)
        for card in overview.cards.values():
            page = web.get(f"/clients{card.query}&size=50").text
            assert page.count("<tbody id=") == card.count
        codes = web.get("/clients/codes").text
    assert codes.count('class="codes"') == 1
    assert codes.count("<code") == overview.with_unused_code


def test_the_months_begin_with_this_one_and_cross_the_year() -> None:
    assert home.coming_months(date(2025, 11, 30)) == [
        date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1),
    ]  # fmt: skip
    assert home.coming_months(date(2024, 2, 29), 2) == [date(2024, 2, 1), date(2024, 3, 1)]
    assert home.coming_months(date(2025, 1, 1), 1) == [date(2025, 1, 1)]


def test_only_the_months_of_the_chart_are_in_it(make, partner) -> None:
    for due_on in (date(2025, 6, 30), date(2025, 7, 1), date(2025, 12, 31), date(2026, 1, 1)):
        make.client(partner, due_on=due_on)
    months = home.overview(partner.id, date(2025, 7, 10)).months
    assert [month.total for month in months] == [1, 0, 0, 0, 0, 1]
    assert [month.expired for month in months] == [1, 0, 0, 0, 0, 0]


def test_a_partner_without_clients_has_nothing(make) -> None:
    overview = home.overview(make.partner().id, date(2025, 7, 10))
    assert not overview.has_dues
    assert (overview.total, overview.with_unused_code) == (0, 0)
    assert {card.count for card in overview.cards.values()} == {0}


def test_to_renew_is_a_choice_of_the_list_with_a_chip_of_its_own(web, make, partner) -> None:
    wanted = make.client(partner, name="Padaria", due_on=date(2025, 7, 20))
    make.client(partner, name="Mercado", due_on=date(2025, 7, 21))
    make.client(partner, name="Pendente", due_on=date(2025, 7, 15), pending_at=NOW)
    criteria = ClientFilter.from_args(MultiDict([("due", "renewal")]))
    assert criteria == ClientFilter(due_within=RENEWAL)
    assert criteria.query_string() == "?due=renewal"
    text = web.get("/clients?due=renewal").text
    assert f'id="client-{wanted.id}"' in text
    assert text.count("<tbody id=") == 1
    assert 'aria-label="Remover filtro A renovar"' in text
    assert '<option value="renewal" selected>A renovar' in text


@pytest.mark.parametrize("value", ["Renewal", "renewal ", "renew", "RENEWAL", "0"])
def test_nothing_but_its_name_means_to_renew(value) -> None:
    assert ClientFilter.from_args(MultiDict([("due", value)])) == ClientFilter()
