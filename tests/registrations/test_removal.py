"""The button "Excluir Cloud": the removal that "Editar" schedules, with its day confirmed."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import select

from portal.domain.catalogue import Item, Product
from portal.domain.roles import Role
from portal.domain.statuses import Status
from portal.extensions import db
from portal.licenses.queries import holding_of
from portal.models import AuditEvent, LicenseOrder, PendingChange


@pytest.fixture
def navi(client_in, make):
    make.price_version()

    def build(status: Status = Status.ACTIVE, **facts):
        client = client_in(status, product=Product.NAVI, name="Bar Azul", **facts)
        make.item(client, Item.CLOUD)
        return client

    return build


def fields(text: str) -> dict[str, str]:
    return {name: re.search(rf'name="{name}" value="([^"]*)"', text)[1] for name in ("version", "from_on")}


def pending() -> list[tuple[Item, date, int]]:
    db.session.rollback()
    rows = select(PendingChange.item, PendingChange.effective_on, PendingChange.quantity)
    return [tuple(row) for row in db.session.execute(rows)]


def test_the_question_says_the_day_and_changes_nothing(web, navi) -> None:
    client = navi()
    text = web.get(f"/clients/{client.id}/cloud-removal/new").text
    assert "Excluir o Cloud de Bar Azul em 11/08/2025?" in text
    assert "O Cloud funciona até 10/08/2025" in text
    assert pending() == []


@pytest.mark.parametrize("htmx", [False, True])
def test_confirmed_it_is_what_editar_schedules(web, navi, htmx) -> None:
    client = navi()
    asked = fields(web.get(f"/clients/{client.id}/cloud-removal/new").text)
    answer = web.post(f"/clients/{client.id}/cloud-removal", htmx=htmx, **asked)
    assert (answer.headers["HX-Redirect"] if htmx else answer.location) == f"/clients/{client.id}"
    assert pending() == [(Item.CLOUD, date(2025, 8, 11), 0)]
    assert Item.CLOUD in holding_of(client.id, date(2025, 8, 10)).now
    order, event = db.session.execute(select(LicenseOrder, AuditEvent).join(AuditEvent)).one()
    assert (event.action, event.after["pending"]) == ("edit", order.after["pending"])
    page = web.get(f"/clients/{client.id}").text
    assert "O Cloud sai em 11/08/2025." in page
    assert "Desfazer a mudança de Cloud" in page


def test_sent_again_it_is_done_once(web, navi) -> None:
    client = navi()
    asked = fields(web.get(f"/clients/{client.id}/cloud-removal/new").text)
    for _ in range(2):
        assert web.post(f"/clients/{client.id}/cloud-removal", **asked).status_code == 303
    assert "Já estava feito (Edição)" in web.get(f"/clients/{client.id}").text
    assert len(pending()) == 1


def test_desfazer_takes_it_back(web, navi) -> None:
    client = navi()
    web.post(f"/clients/{client.id}/cloud-removal", **fields(web.get(f"/clients/{client.id}/cloud-removal/new").text))
    undone = {"version": 2, "item": "cloud", "effective_on": "2025-08-11"}
    assert web.post(f"/clients/{client.id}/restoration", **undone).status_code == 303
    assert pending() == []


def test_a_day_that_moved_since_it_was_shown_is_asked_again(web, navi) -> None:
    client = navi()
    stale = {"version": client.version, "from_on": "2025-09-11"}
    answer = web.post(f"/clients/{client.id}/cloud-removal", **stale)
    assert answer.status_code == 409
    assert "em 11/08/2025?" in answer.text
    assert pending() == []


def test_a_client_that_was_saved_meanwhile_is_asked_again(web, navi) -> None:
    client = navi(version=3)
    answer = web.post(f"/clients/{client.id}/cloud-removal", version=2, from_on="2025-08-11")
    assert (answer.status_code, "Outra pessoa alterou este cliente" in answer.text) == (409, True)
    assert fields(answer.text)["version"] == "3"


@pytest.mark.parametrize("status", [Status.EXPIRED, Status.INACTIVE, Status.PENDING])
def test_where_editar_is_refused_so_is_this(web, navi, status) -> None:
    client = navi(status)
    for answer in (
        web.get(f"/clients/{client.id}/cloud-removal/new"),
        web.post(f"/clients/{client.id}/cloud-removal", version=client.version, from_on="2025-08-11"),
    ):
        assert (answer.status_code, "“Editar” não é possível agora" in answer.text) == (409, True)
    assert pending() == []


def test_a_suspended_client_s_cloud_may_be_removed(web, navi) -> None:
    client = navi(Status.SUSPENDED)
    asked = fields(web.get(f"/clients/{client.id}/cloud-removal/new").text)
    assert web.post(f"/clients/{client.id}/cloud-removal", **asked).status_code == 303


def test_cloud_that_a_movel_needs_stays(web, client_in, make) -> None:
    make.price_version()
    client = client_in()
    for item in (Item.CLOUD, Item.MOBILE):
        make.item(client, item)
    answer = web.get(f"/clients/{client.id}/cloud-removal/new")
    assert (answer.status_code, "Link Móvel precisa de Cloud" in answer.text) == (422, True)


def test_who_has_no_cloud_has_none_to_remove(web, client_in) -> None:
    client = client_in()
    assert web.get(f"/clients/{client.id}/cloud-removal/new").status_code == 404


@pytest.mark.parametrize("sent", [{"version": 1}, {"version": 1, "from_on": "ontem"}, {"from_on": "2025-08-11"}])
def test_an_incomplete_form_changes_nothing(web, navi, sent) -> None:
    assert web.post(f"/clients/{navi().id}/cloud-removal", **sent).status_code == 422


def test_only_who_may_editar(web_of, stranger, visitor, navi) -> None:
    client = navi()
    path = f"/clients/{client.id}/cloud-removal/new"
    assert web_of(Role.FINANCE).get(path).status_code == 200
    assert web_of(Role.READER).get(path).status_code == 403
    assert stranger.get(path).status_code == 404
    assert "/login" in visitor.get(path).location
