"""The record: written once and whole, changed and deleted by nobody."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from portal import audit
from portal.extensions import db
from tests.conftest import NOW
from tests.factories import Factory


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_events SET reason = 'outra'",
        "UPDATE audit_events SET actor_name = actor_name",
        "DELETE FROM audit_events",
        "DELETE FROM audit_events WHERE action = 'edit'",
    ],
)
def test_nobody_changes_or_deletes_what_was_recorded(make: Factory, change: str) -> None:
    audit.record("edit", actor=None, now=NOW, reason="Pedido do cliente")
    db.session.commit()
    with pytest.raises(DatabaseError, match="never changed"):
        db.session.execute(text(change))
    db.session.rollback()
    assert db.session.execute(text("SELECT action, reason, actor_name FROM audit_events")).all() == [
        ("edit", "Pedido do cliente", "Portal")
    ]


def test_an_event_is_told_everything_before_it_is_kept(app) -> None:
    event = audit.draft("edit", actor=None, now=NOW, after={"name": "Bar"})
    event.after = {**event.after, "uf": "SP"}
    number = audit.keep(event)
    assert audit.keep(event) == number
    db.session.commit()
    assert event.after == {"name": "Bar", "uf": "SP"}
    event.after = {}
    with pytest.raises(DatabaseError, match="never changed"):
        db.session.commit()
    db.session.rollback()


def test_nobody_empties_the_table(app) -> None:
    audit.record("edit", actor=None, now=NOW)
    db.session.commit()
    is_postgresql = db.engine.dialect.name == "postgresql"  # on SQLite emptying a table is deleting its rows
    with pytest.raises(DatabaseError, match="never changed"):
        db.session.execute(text("TRUNCATE audit_events CASCADE" if is_postgresql else "DELETE FROM audit_events"))
    db.session.rollback()
