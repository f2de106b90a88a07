"""The two readers of the status rule, Python and SQL, held together (DOMAIN §1): they pick the same clients."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import chain, combinations, product

import pytest
from sqlalchemy import insert, select

from portal.clients import queries
from portal.domain.catalogue import Product
from portal.domain.statuses import Status, derive_status
from portal.extensions import db
from portal.models import Client

MARKED = datetime(2024, 1, 15, 12, tzinfo=UTC)
DUE_OFFSETS = range(-70, 45)
TODAYS = [
    date(2025, 7, 1),  # the first: nobody is Expirado
    date(2025, 7, 2),
    date(2025, 7, 10),
    date(2025, 7, 31),  # the last
    date(2025, 2, 28),
    date(2024, 2, 28),
    date(2024, 2, 29),  # leap day
    date(2024, 3, 1),
    date(2025, 3, 1),
    date(2025, 12, 31),
    date(2026, 1, 1),
]


@pytest.fixture
def truth(today: date, make) -> dict[int, Status]:
    """Insert every combination of flags with every due date around today; return the status of each by its id."""
    partner = make.partner()
    marks = list(product((None, MARKED), repeat=3))
    facts = [(today + timedelta(days=offset), *flags) for offset in DUE_OFFSETS for flags in marks]
    facts += [(None, *flags) for flags in marks if flags[0]]
    rows = [_row(partner.id, number, *fact) for number, fact in enumerate(facts, 1)]
    db.session.execute(insert(Client), rows)
    db.session.commit()
    columns = select(Client.id, Client.due_on, Client.pending_at, Client.hidden_at, Client.suspended_at)
    return {row.id: derive_status(row, today) for row in db.session.execute(columns)}


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


def ids_where(*clauses) -> set[int]:
    """Return the ids that SQL picks."""
    return set(db.session.scalars(select(Client.id).where(*clauses)))


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_sql_and_python_pick_the_same_clients_and_everybody_has_exactly_one_status(today, truth) -> None:
    assert len(truth) == len(DUE_OFFSETS) * 8 + 4
    picked = {status: ids_where(*queries.status_clauses(status, today)) for status in Status}
    for status in Status:
        assert picked[status] == {client_id for client_id, derived in truth.items() if derived is status}, status
    times = Counter(chain.from_iterable(picked.values()))
    assert times == Counter(dict.fromkeys(truth, 1))
    nobody = {status for status in Status if not picked[status]}
    assert nobody == ({Status.EXPIRED} if today.day == 1 else set()), "or empty sets were compared"


@pytest.mark.parametrize("today", [date(2025, 7, 1), date(2024, 2, 29), date(2025, 12, 31)], ids=str)
def test_several_statuses_at_once_are_the_union_of_each(today, truth) -> None:
    every = list(chain.from_iterable(combinations(Status, size) for size in range(1, len(Status) + 1)))
    assert len(every) == 63
    for wanted in every:
        picked = ids_where(*queries.any_status(frozenset(wanted), today))
        assert picked == {client_id for client_id, status in truth.items() if status in wanted}, wanted
