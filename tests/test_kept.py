"""What tests/kept.py puts back is what was made: rows, counters, and the numbers that come next."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from portal.extensions import db
from portal.models import Client, Partner
from tests.conftest import empty_database
from tests.factories import Factory
from tests.kept import made_once


def rows() -> dict[str, list[Any]]:
    found = {table.name: list(db.session.execute(select(table))) for table in db.metadata.sorted_tables}
    db.session.rollback()
    return found


def test_what_was_made_once_is_put_back_whole_and_goes_on_growing(make: Factory) -> None:
    made, what = [], object()

    def fill() -> None:
        made.append(client := make.client(make.partner()))
        make.code(client)

    made_once(what, fill)
    first = rows()
    assert len(first["clients"]) == len(first["client_tallies"]) == 1
    for _ in range(2):
        empty_database()
        assert not any(rows().values())
        made_once(what, fill)
        assert rows() == first
    assert len(made) == 1
    make.client(db.session.scalars(select(Partner)).one())
    assert db.session.scalar(select(func.max(Client.id))) == first["clients"][0].id + 1
