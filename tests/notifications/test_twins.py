"""The two readers of the notices' table, Python and SQL, held together: they tell the same partners of the same clients."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import product

import pytest
from flask import Flask
from sqlalchemy import insert, select

from portal import clock
from portal.domain.catalogue import Product
from portal.domain.notices import CODE_AGES, EXPIRY_RULES, TOLD_OF_CODES, code_kind, notice_kind
from portal.domain.statuses import derive_status
from portal.extensions import db
from portal.models import Client, RegistrationCode
from portal.notifications import candidates, days, service
from tests.conftest import NOW
from tests.factories import Factory
from tests.kept import made_once
from tests.notifications.conftest import candidates_of

DUE_OFFSETS = range(-70, 45)
TODAYS = [
    date(2025, 7, 1),
    date(2025, 7, 2),
    date(2025, 7, 10),
    date(2025, 7, 24),  # seven days ahead is the last of the month
    date(2025, 7, 30),
    date(2025, 7, 31),
    date(2025, 2, 27),
    date(2025, 2, 28),
    date(2025, 3, 1),
    date(2024, 2, 28),
    date(2024, 2, 29),  # leap day
    date(2024, 3, 1),
    date(2025, 12, 31),
    date(2026, 1, 1),
]


@pytest.fixture
def crowd(today: date, app: Flask) -> list[Client]:
    """Return clients with every combination of flags and every due date around today."""
    made_once((__name__, today), lambda: _make_crowd(today))
    return list(db.session.scalars(select(Client)))


def _make_crowd(today: date) -> None:
    partner = Factory().partner()
    flags = list(product((None, NOW), repeat=3))
    facts = [(today + timedelta(days=offset), *marks) for offset in DUE_OFFSETS for marks in flags]
    facts += [(None, *marks) for marks in flags if marks[0]]
    db.session.execute(insert(Client), [_row(partner.id, number, *fact) for number, fact in enumerate(facts, 1)])
    db.session.commit()


def _row(partner_id: int, number: int, due_on, pending_at, hidden_at, suspended_at) -> dict[str, object]:
    return {
        "partner_id": partner_id,
        "name": f"Cliente {number}",
        "search_key": f"cliente {number}",
        "document": f"{number:014d}",
        "product": Product.LINK,
        "registered_on": date(2024, 1, 15),
        "due_on": due_on,
        "uf": "SP",
        "city": "São Paulo",
        "city_code": "3550308",
        "pending_at": pending_at,
        "hidden_at": hidden_at,
        "suspended_at": suspended_at,
    }


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_sql_and_python_tell_of_the_same_clients_with_the_same_dates(today, crowd) -> None:
    told = {client.id: notice_kind(client, today) for client in crowd}
    due = {client.id: client.due_on for client in crowd}
    found: dict[int, object] = {}
    for kind, rule in EXPIRY_RULES.items():
        for row in candidates_of(kind, today):
            assert row.client not in found, "told of once a day"
            found[row.client] = kind
            assert (row[1], row[2], row[5]) == (kind, row.client, due[row.client])
            assert row[4] == rule.effective_on(due[row.client])
            assert row[4] <= today, "a notice never comes before its day"
    assert found == {client_id: kind for client_id, kind in told.items() if kind}
    assert set(found.values()) >= {kind for kind, rule in EXPIRY_RULES.items() if rule.due(today)}


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_the_preview_counts_what_the_night_makes(today, crowd) -> None:
    expected = service.preview(today)
    changing = {name: expected.pop(name) for name in ("becoming_expired", "becoming_inactive")}
    yesterday = today - timedelta(days=1)
    for name, count in changing.items():
        status = name.removeprefix("becoming_")
        became = [c for c in crowd if derive_status(c, today) == status != derive_status(c, yesterday)]
        assert len(became) == count
    made = service.notify(clock.moment_of(today, time(5)))
    assert {kind: made[kind] for kind in expected} == expected
    assert sum(expected.values()) > 0
    assert set(service.preview(today).values()) <= {0, *changing.values()}


AGES = [*range(12), 29, 30, 31, 32, 60, 400]


@pytest.mark.parametrize("today", [date(2025, 7, 10), date(2024, 2, 29), date(2026, 1, 1)], ids=str)
@pytest.mark.parametrize("hour", [0, 23])
def test_sql_and_python_tell_of_the_same_codes(today, hour, make) -> None:
    partner = make.partner()
    clients = [make.client(partner, due_on=today + timedelta(days=days)) for days in (-40, 0, 20, 20)]
    clients[2].suspended_at = NOW
    rows = [
        _code(client, today - timedelta(days=age), hour, number * 1_000 + client.id * 100 + index, marks)
        for client in clients
        for index, age in enumerate(AGES)
        for number, marks in enumerate(({}, {"consumed_at": NOW}, {"revoked_at": NOW}))
    ]
    db.session.add_all(rows)
    db.session.commit()
    assert found_codes(today) == dict(told_codes(rows, clients, today))


def _code(client: Client, issued_on: date, hour: int, number: int, marks: dict[str, datetime]) -> RegistrationCode:
    issued_at = clock.moment_of(issued_on, time(hour, 30))
    facts = {"partner_id": client.partner_id, "client_id": client.id, "issued_at": issued_at}
    return RegistrationCode(code=f"{number:016d}", **facts, **marks)


def told_codes(rows: list[RegistrationCode], clients: list[Client], today: date):
    """Yield what Python tells of: the code's id, the kind, the day on which it reached it."""
    told = {client.id for client in clients if derive_status(client, today) in TOLD_OF_CODES}
    for code in rows:
        issued_on = clock.local_date(code.issued_at)
        kind = code_kind(issued_on, today)
        if kind and code.client_id in told and not code.consumed_at and not code.revoked_at:
            yield code.id, (kind, issued_on + timedelta(days=CODE_AGES[kind]))


def found_codes(today: date) -> dict[int, object]:
    found: dict[int, object] = {}
    for kind in CODE_AGES:
        statement = candidates.unused_codes(kind, db.engine.dialect.name)
        for row in db.session.execute(statement, days.of_kind(kind, today, NOW)):
            assert row[2] not in found, "told of once a day"
            found[row[2]] = (kind, row[4])
    assert {kind for kind, _ in found.values()} == set(CODE_AGES)
    return found
