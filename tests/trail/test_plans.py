"""What a page of the record costs on SQLite; PostgreSQL reads small tables whole, whatever indexes they have."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event as sqlalchemy_event

from portal import audit
from portal.extensions import db
from portal.trail import queries
from portal.trail.filters import TrailFilter
from portal.trail.queries import Scope
from tests.conftest import NOW
from tests.factories import Factory


def test_every_way_of_asking_is_served_by_an_index(app, make: Factory) -> None:
    partner = make.partner()
    admin, bar = make.user(partner, email="ana@gama.test"), make.client(partner)
    some = {"from_on": NOW.date(), "to_on": NOW.date()}
    asked = [
        (Scope(None), {}), (Scope(None), {"action": "edit"}), (Scope(None), {"who": admin.email}),
        (Scope(None), {"partner": str(bar.partner_id)}), (Scope(bar.partner_id), {}), (Scope(None), {"who": "portal"}),
        (Scope(bar.partner_id), {"action": "edit"}),
    ]  # fmt: skip
    audit.record("edit", actor=None, now=NOW, partner_id=partner.id)
    db.session.commit()
    for scope, wanted in asked:
        for more in ({}, {"from_on": some["from_on"], "to_on": some["to_on"]}):
            plan = _plan(scope, TrailFilter(**wanted, **more))
            assert any("audit_events USING INDEX ix_audit_events" in step for step in plan), (wanted, more, plan)
            assert not any("TEMP B-TREE" in step for step in plan), (wanted, more, plan)


def _plan(scope: Scope, criteria: TrailFilter) -> list[str]:
    """Return how SQLite carries out what a page asks of the record."""
    found: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        found.append((statement, parameters))

    sqlalchemy_event.listen(db.engine, "before_cursor_execute", note)
    queries.events_page(scope, criteria, 25)
    sqlalchemy_event.remove(db.engine, "before_cursor_execute", note)
    statement, parameters = next(pair for pair in found if "FROM audit_events" in pair[0])
    rows = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    return [row[3] for row in rows]
