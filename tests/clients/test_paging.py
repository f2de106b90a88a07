"""Sorting and paging by key: every row once, in the order of an independent sort, forwards and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from portal.clients import queries, tallies
from portal.clients.filters import ClientFilter, Sort
from portal.domain.catalogue import Product
from portal.domain.search import search_key
from portal.domain.statuses import DEFAULT_STATUSES, Status, derive_status
from portal.extensions import db
from portal.models import Client, Partner
from tests.conftest import NOW

TODAY = date(2025, 7, 10)
MARKED = datetime(2025, 7, 1, 12, tzinfo=UTC)
NEVER = date(9999, 12, 31)
SIZE = 7
NAMES = [
    "Ana",
    "ana",
    "ANA",
    "Ana Paula",
    "ána",
    "Zé",
    "Éden",
    "eden",
    "Loja % 1",
    "Loja _ 1",
    "loja-1",
    "1 Real",
    "Ñandú",
]
STATUS_SETS = [
    DEFAULT_STATUSES,
    frozenset(Status),
    frozenset({Status.PENDING}),
    frozenset({Status.HIDDEN, Status.ACTIVE}),
    frozenset({Status.SUSPENDED, Status.EXPIRED, Status.INACTIVE}),
]
KEYS: dict[Sort, Callable[[Client], Any]] = {
    Sort.ID: lambda client: client.id,
    Sort.NAME: lambda client: (client.search_key.encode(), client.id),
    Sort.DOCUMENT: lambda client: (client.document, client.product.value),
    Sort.REGISTERED: lambda client: (client.registered_on, client.id),
    Sort.PRODUCT: lambda client: (client.product.value, client.id),
    Sort.DUE: lambda client: (client.due_on or NEVER, client.id),
    Sort.STATUS: lambda client: (
        list(Status).index(derive_status(client, TODAY)), client.due_on or NEVER, client.id,
    ),
}  # fmt: skip


@pytest.fixture
def crowd(make) -> Partner:
    """Return a partner with 66 clients that share names, due dates and days of registration; another with the same."""
    partner, other = make.partner(), make.partner()
    db.session.execute(insert(Client), [_facts(whose.id, number) for whose in (partner, other) for number in range(66)])
    db.session.commit()
    return partner


def _facts(partner_id: int, number: int) -> dict[str, Any]:
    is_pending = number % 11 == 0
    name, document = NAMES[number % len(NAMES)], f"{(number * 37) % 66 // 2:014d}"
    return {
        "partner_id": partner_id,
        "name": name,
        "document": document,
        "search_key": search_key(name, document),
        "product": list(Product)[(number * 37) % 66 % 2],
        "registered_on": TODAY - timedelta(days=number % 5),
        "due_on": None if is_pending and number % 2 == 0 else TODAY + timedelta(days=(number * 7) % 60 - 30),
        "pending_at": MARKED if is_pending else None,
        "hidden_at": MARKED if number % 3 == 0 else None,
        "suspended_at": MARKED if number % 4 == 0 else None,
        "uf": "SP",
        "city": "São Paulo",
        "city_code": "3550308",
    }


def clients_of(partner: Partner, criteria: ClientFilter) -> list[int]:
    """Return the ids in the order that an independent sort gives."""
    clients = db.session.scalars(select(Client).where(Client.partner_id == partner.id)).all()
    wanted = [client for client in clients if derive_status(client, TODAY) in criteria.statuses]
    return [c.id for c in sorted(wanted, key=KEYS[criteria.sort], reverse=criteria.is_descending)]


def page(partner: Partner, criteria: ClientFilter) -> queries.Page:
    return queries.clients_page(partner.id, criteria, TODAY, tallies.read(partner.id, TODAY))


def ids(shown: queries.Page) -> list[int]:
    return [row.id for row in shown.rows]


def walk(partner: Partner, criteria: ClientFilter) -> list[queries.Page]:
    """Follow "Próxima" to the end."""
    pages = [page(partner, criteria)]
    while pages[-1].has_next:
        assert len(pages) < 100, "walks in circles"
        pages.append(page(partner, replace(criteria, after=pages[-1].rows[-1].id)))
    return pages


@pytest.mark.parametrize("is_cheap", [True, False], ids=["collects", "walks"])
@pytest.mark.parametrize("sort", list(Sort))
def test_paging_shows_every_row_once_in_order_and_comes_back_the_same_way(crowd, monkeypatch, sort, is_cheap) -> None:
    """Force either plan: it may cost differently, it may not show differently."""
    monkeypatch.setattr(tallies.Counters, "is_sorting_cheaper", lambda *_: is_cheap)
    for statuses in STATUS_SETS:
        for is_descending in (False, True):
            for size in (SIZE, 25):
                criteria = ClientFilter(statuses=statuses, sort=sort, is_descending=is_descending, size=size)
                expected = clients_of(crowd, criteria)
                forwards = walk(crowd, criteria)
                assert [row for shown in forwards for row in ids(shown)] == expected, criteria
                assert not forwards[0].has_previous
                assert all(shown.has_previous for shown in forwards[1:])
                back = forwards[-1]
                for shown in reversed(forwards[:-1]):
                    back = page(crowd, replace(criteria, before=back.rows[0].id))
                    assert ids(back) == ids(shown), criteria
                    assert back.has_next
                    assert back.has_previous == shown.has_previous
    assert len(expected) > SIZE


@pytest.mark.parametrize("sort", list(Sort))
def test_the_export_reads_all_pages_in_the_same_order(crowd, sort) -> None:
    criteria = ClientFilter(sort=sort, is_descending=True, after=3, before=9)
    rows = queries.all_rows(crowd.id, criteria, TODAY, tallies.read(crowd.id, TODAY))
    assert [row.id for row in rows] == clients_of(crowd, criteria)


def test_the_export_goes_on_behind_five_hundred(make) -> None:
    partner = make.partner()
    rows = [_facts(partner.id, number) | {"document": f"{number:014d}", "due_on": TODAY} for number in range(1, 1002)]
    db.session.execute(insert(Client), rows)
    db.session.commit()
    everybody = ClientFilter(statuses=frozenset(Status))
    rows = [row.id for row in queries.all_rows(partner.id, everybody, TODAY, tallies.read(partner.id, TODAY))]
    assert rows == clients_of(partner, everybody)
    assert len(rows) == 1001


@pytest.mark.parametrize("side", ["after", "before"])
@pytest.mark.parametrize("sort", list(Sort))
def test_a_forged_a_foreign_and_a_vanished_cursor_show_the_first_page(crowd, make, sort, side) -> None:
    foreign = db.session.scalar(select(Client.id).where(Client.partner_id != crowd.id).limit(1))
    first = page(crowd, ClientFilter(sort=sort, size=SIZE))
    for client_id in (foreign, 2**31 - 1):
        shown = page(crowd, ClientFilter(sort=sort, size=SIZE, **{side: client_id}))
        assert ids(shown) == ids(first)
        assert (shown.has_previous, shown.has_next) == (False, True)


@pytest.mark.parametrize("sort", list(Sort))
def test_where_nothing_is_left_beside_the_cursor_the_first_page_is_shown(crowd, sort) -> None:
    criteria = ClientFilter(sort=sort, size=SIZE)
    order = clients_of(crowd, criteria)
    first = page(crowd, criteria)
    assert page(crowd, replace(criteria, before=order[0])) == first
    assert page(crowd, replace(criteria, after=order[-1])) == first


@pytest.mark.parametrize("is_descending", [False, True])
@pytest.mark.parametrize("sort", list(Sort))
def test_a_cursor_that_left_the_filter_meanwhile_still_marks_its_place(crowd, sort, is_descending) -> None:
    criteria = ClientFilter(sort=sort, size=SIZE, is_descending=is_descending)
    everybody = clients_of(crowd, replace(criteria, statuses=frozenset(Status)))
    hidden = set(clients_of(crowd, replace(criteria, statuses=frozenset({Status.HIDDEN}))))
    assert hidden
    for place, client_id in enumerate(everybody):
        behind = [other for other in everybody[place + 1 :] if other not in hidden]
        if client_id in hidden and behind:
            assert ids(page(crowd, replace(criteria, after=client_id))) == behind[:SIZE]


def test_an_empty_list_has_no_other_pages(make) -> None:
    partner = make.partner()
    for sort in Sort:
        assert page(partner, ClientFilter(sort=sort)) == queries.Page([], has_previous=False, has_next=False)


def test_a_page_that_is_exactly_full_is_the_last(make) -> None:
    partner = make.partner()
    for _ in range(25):
        make.client(partner)
    for sort in Sort:
        shown = page(partner, ClientFilter(sort=sort))
        assert (len(shown.rows), shown.has_next) == (25, False)


def test_names_are_in_the_order_that_a_reader_expects(make) -> None:
    partner = make.partner()
    for name in ["Éden", "ana paula", "Zé", "Ana", "1 Real", "ÁGUA", "Ana-Lu"]:
        make.client(partner, name=name)
    shown = [row.name for row in page(partner, ClientFilter()).rows]
    assert shown == ["1 Real", "ÁGUA", "Ana", "ana paula", "Ana-Lu", "Éden", "Zé"]


def test_statuses_follow_each_other_in_their_order_of_precedence(client_in, partner) -> None:
    for status in reversed(Status):
        client_in(status)
    rows = page(partner, ClientFilter(sort=Sort.STATUS, statuses=frozenset(Status))).rows
    assert [derive_status(row, TODAY) for row in rows] == list(Status)
    assert NOW.date() == TODAY
