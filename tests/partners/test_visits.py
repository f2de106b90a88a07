"""The vendor's staff see a partner's clients by a recorded act only: with a reason, for half an hour, seen by the partner."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.domain import codes
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import AuditEvent, Client, StaffVisit
from tests.conftest import NOW
from tests.partners.test_routes import text_of
from tests.visitor import Visitor


@pytest.fixture
def client(make, partner) -> Client:
    return make.client(partner, name="Padaria Segredo", email="s@segredo.example")


def test_without_a_reason_there_are_no_clients(staff, partner, client) -> None:
    path = f"/partners/{partner.id}"
    for address in (f"{path}/clients", f"{path}/clients/{client.id}"):
        assert staff.get(address).status_code == 404
    answer = staff.post(f"{path}/visit", reason=" ")
    assert (answer.status_code, "Informe o motivo" in answer.text) == (422, True)
    assert db.session.scalars(select(StaffVisit)).all() == []


def test_with_one_they_are_read_for_half_an_hour_and_the_partner_sees_it(staff, web, partner, client, make) -> None:
    code, path = make.code(client), f"/partners/{partner.id}"
    for _ in range(2):
        assert staff.post(f"{path}/visit", reason="Chamado 4711").location == f"{path}/clients"
    listed, shown = staff.get(f"{path}/clients?q=segredo"), staff.get(f"{path}/clients/{client.id}")
    assert (f'href="{path}/clients/{client.id}"' in listed.text, "Chamado 4711" in listed.text) == (True, True)
    assert ("s@segredo.example" in shown.text, "até 12:30" in shown.text) == (True, True)
    assert not {code.code, codes.grouped(code.code)} & set(shown.text.split())
    assert "no-store" in shown.headers["Cache-Control"]
    profile = text_of(web.get("/profile").text)
    assert ("Olga" in profile, "Chamado 4711" in profile) == (True, True)
    (event,) = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "staff_visit"))
    assert (event.partner_id, event.actor_name, event.reason) == (partner.id, "Olga", "Chamado 4711")
    assert "Chamado 4711" in staff.get(path).text
    with clock.frozen(NOW + timedelta(minutes=30)):
        assert staff.get(f"{path}/clients").status_code == 404


def test_a_visit_opens_one_partner_to_one_person_and_changes_nothing(app, staff, partner, client, make) -> None:
    other, colleague = make.partner(), Visitor(app).sign_in(make.user(None, Role.OPERATOR))
    strange = make.client(other)
    staff.post(f"/partners/{partner.id}/visit", reason="Chamado 4711")
    assert colleague.get(f"/partners/{partner.id}/clients").status_code == 404
    assert staff.get(f"/partners/{other.id}/clients").status_code == 404
    assert staff.get(f"/partners/{partner.id}/clients/{strange.id}").status_code == 404
    assert staff.get(f"/clients/{client.id}").status_code == 403
    assert staff.post(f"/clients/{client.id}/suspension", version="1").status_code == 403


def test_it_is_the_vendors_alone_and_other_partners_are_not_told(web, stranger, visitor, partner, staff) -> None:
    staff.post(f"/partners/{partner.id}/visit", reason="Chamado 4711")
    assert web.get(f"/partners/{partner.id}/visit/new").status_code == 403
    assert web.post(f"/partners/{partner.id}/visit", reason="x").status_code == 403
    assert visitor.get(f"/partners/{partner.id}/clients").location.startswith("/login")
    assert "Chamado 4711" not in stranger.get("/profile").text
    assert "Nenhum acesso" in stranger.get("/profile").text


def test_long_lists_are_paged(staff, partner, make) -> None:
    for number in range(27):
        make.client(partner, name=f"Loja {number:02}")
    path = f"/partners/{partner.id}"
    staff.post(f"{path}/visit", reason="Chamado 4711")
    first = staff.get(f"{path}/clients").text
    last = max(client_id for client_id in db.session.scalars(select(Client.id).where(Client.name == "Loja 24")))
    assert f"{path}/clients?after={last}" in first
    second = staff.get(f"{path}/clients?after={last}").text
    assert ("Loja 26" in second, "Loja 00" in second, 'rel="prev"' in second) == (True, False, True)
