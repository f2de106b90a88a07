"""A registration undone the same day, from the form to the list: as if it had not been, but for the record."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models import AuditEvent, Charge, Client, RegistrationCode
from tests.registrations.conftest import noon
from tests.registrations.form import form_of
from tests.registrations.test_registration_routes import shown
from tests.visitor import Visitor

pytestmark = pytest.mark.usefixtures("prices")


def register(web: Visitor, **changes: object) -> Client:
    """Register the form's client."""
    assert web.post("/clients", **shown(web.post("/clients", **form_of(**changes)))).status_code == 303
    db.session.rollback()
    return db.session.scalars(select(Client).order_by(Client.id.desc())).first()


def reversal_form(web: Visitor, client: Client) -> tuple[str, dict[str, str]]:
    """Return where "Estornar pedido" of the client's page leads, and what it sends."""
    page = web.get(f"/clients/{client.id}").text
    action = re.search(r'action="(/clients/\d+/orders/\d+/reversal)"', page)[1]
    return action, {"version": str(client.version)}


def test_the_client_its_code_and_its_charge_are_gone_and_the_document_is_free(web) -> None:
    client = register(web, mobile="1", cloud="1")
    action, form = reversal_form(web, client)
    answer = web.post(action, **form)
    assert (answer.status_code, answer.location) == (303, "/clients")
    assert (
        "Bar do Zé" not in web.get("/clients").text.replace("estornado", "").split("<main")[1].split("client-table")[1]
    )
    assert web.get(f"/clients/{client.id}").status_code == 404
    assert all(code.revoked_at for code in db.session.scalars(select(RegistrationCode)))
    assert db.session.scalars(select(Charge)).one().reversed_at
    assert "order_reversed" in db.session.scalars(select(AuditEvent.action)).all()
    again = register(web, key="n" * 24)
    assert again.id != client.id


def test_sent_again_it_answers_what_was_done(web) -> None:
    client = register(web)
    action, form = reversal_form(web, client)
    first, second = web.post(action, **form), web.post(action, **form)
    assert (first.status_code, second.status_code) == (303, 303)
    assert len(db.session.scalars(select(AuditEvent).where(AuditEvent.action == "order_reversed")).all()) == 1


def test_a_used_code_a_paid_charge_or_another_day_keep_the_client(web, admin) -> None:
    client = register(web)
    action, form = reversal_form(web, client)
    with clock.frozen(noon(clock.today().replace(day=clock.today().day + 1))):
        assert Visitor(web.app).sign_in(admin).post(action, **form).status_code == 409
    code = db.session.scalars(select(RegistrationCode)).one()
    code.consumed_at = clock.now()
    db.session.commit()
    assert web.post(action, **form).status_code == 409
    assert db.session.get_one(Client, client.id).archived_at is None


def test_nobody_else_undoes_it(web, stranger) -> None:
    client = register(web)
    action, form = reversal_form(web, client)
    assert stranger.post(action, **form).status_code == 404
    assert db.session.get_one(Client, client.id).archived_at is None
