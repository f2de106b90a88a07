"""The portal as a PostgreSQL user that owns nothing (deploy/grants.sql): it works, and cannot touch the record."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from portal import clock
from portal.config import ROOT
from portal.extensions import db
from portal.factory import create_app
from portal.models import AuditEvent
from tests.conftest import NOW, test_config
from tests.factories import Factory
from tests.visitor import Visitor

GRANTS = ROOT / "deploy" / "grants.sql"


@pytest.fixture
def as_nobodys_owner(app: Flask, database_url: str, tmp_path) -> Iterator[Flask]:
    """Yield the portal on the same tables, as the user of the sample."""
    owner = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text("CREATE ROLE portal_app LOGIN"))
        connection.exec_driver_sql(GRANTS.read_text(encoding="utf-8"))
    url = make_url(database_url).set(username="portal_app").render_as_string(hide_password=False)
    restricted = create_app(test_config(url, tmp_path))
    with clock.frozen(NOW):  # a new portal sets the clock going
        yield restricted
    with restricted.app_context():
        db.engine.dispose()
    with owner.connect() as connection:
        connection.execute(text("DROP OWNED BY portal_app"))
        connection.execute(text("DROP ROLE portal_app"))
    owner.dispose()


def test_everyday_work_needs_no_more_than_the_grants(as_nobodys_owner: Flask, make: Factory) -> None:
    partner = make.partner()
    client, visitor = make.client(partner), Visitor(as_nobodys_owner).sign_in(make.user(partner))
    assert visitor.get("/clients").status_code == 200
    suspension = visitor.post(f"/clients/{client.id}/suspension", version="1", reason="Pedido do cliente")
    assert suspension.status_code in {302, 303}
    assert [event.action for event in db.session.scalars(db.select(AuditEvent))] == ["suspend"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_events SET reason = 'outra'",
        "DELETE FROM audit_events",
        "TRUNCATE audit_events CASCADE",
        "ALTER TABLE audit_events DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_events_fixed ON audit_events",
        "SET session_replication_role = replica",
        "UPDATE credit_entries SET amount_cents = 1",
        "UPDATE alembic_version SET version_num = '0001'",
    ],
)
def test_what_was_recorded_is_out_of_its_reach(as_nobodys_owner: Flask, change: str) -> None:
    refused = pytest.raises(ProgrammingError, match=r"permission denied|must be owner")
    with as_nobodys_owner.app_context(), db.engine.connect() as connection, refused:
        connection.execute(text(change))
