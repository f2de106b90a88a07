""" "Desfazer": a change is taken back while nobody has touched the client since, once, and says so in the history."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.clients import service, undo
from portal.domain.errors import ActionRefused, NotFound, StaleState
from portal.domain.roles import Role
from portal.domain.statuses import Status, derive_status
from portal.extensions import db
from portal.models import AuditEvent, Client
from tests.clients.test_service import Somebody
from tests.conftest import NOW

WAYS = [("suspend", Status.ACTIVE, "resume", "suspension"), ("hide", Status.INACTIVE, "unhide", "hiding")]
ways = pytest.mark.parametrize(("action", "status", "inverse", "noun"), WAYS, ids=[way[0] for way in WAYS])


@pytest.fixture
def ana(admin) -> Somebody:
    return Somebody(admin.id, admin.name)


def do(action: str, client: Client, actor: Somebody) -> AuditEvent:
    content = {"reason": "Não pagou"} if action == "suspend" else {}
    event = getattr(service, action)(client, version=client.version, now=clock.now(), actor=actor, **content).event
    db.session.refresh(client)
    return event


def status_of(client: Client) -> Status:
    db.session.refresh(client)
    return derive_status(client, clock.today())


def events() -> list[AuditEvent]:
    return list(db.session.scalars(select(AuditEvent).order_by(AuditEvent.id)))


def said(page: str) -> str:
    return page.split('role="status"')[1].split("</div>", maxsplit=1)[0]


@ways
def test_a_change_is_taken_back_by_its_inverse_which_names_the_protocol(
    client_in, ana, action, status, inverse, noun
) -> None:
    client = client_in(status)
    event = do(action, client, ana)
    assert undo.is_possible(client, event, clock.today())
    outcome = undo.undo(client, event, now=NOW, actor=ana)
    assert not outcome.is_repeat
    assert (outcome.event.action, outcome.event.base_version) == (inverse, 2)
    assert outcome.event.reason == f"Desfazer do protocolo {event.id}"
    assert status_of(client) is status
    assert client.version == 3
    assert not undo.is_possible(client, event, clock.today())


@ways
def test_taking_back_again_answers_what_was_done(client_in, ana, action, status, inverse, noun) -> None:
    client = client_in(status)
    event = do(action, client, ana)
    first = undo.undo(client, event, now=NOW, actor=ana)
    db.session.refresh(client)
    again = undo.undo(client, event, now=NOW, actor=ana)
    assert again.is_repeat
    assert again.event.id == first.event.id
    assert len(events()) == 2


@ways
def test_what_somebody_changed_since_is_not_taken_back(client_in, ana, action, status, inverse, noun) -> None:
    client = client_in(status)
    event = do(action, client, ana)
    do(inverse, client, ana)
    do(action, client, ana)
    assert not undo.is_possible(client, event, clock.today())
    with pytest.raises(StaleState):
        undo.undo(client, event, now=NOW, actor=ana)
    db.session.rollback()
    assert (client.version, len(events())) == (4, 3)


def test_the_status_of_today_has_to_allow_the_way_back(client_in, ana) -> None:
    client = client_in(due_on=date(2025, 7, 10))
    event = do("suspend", client, ana)
    with clock.frozen(NOW + timedelta(days=1)):
        assert not undo.is_possible(client, event, clock.today())
        with pytest.raises(ActionRefused):
            undo.undo(client, event, now=clock.now(), actor=ana)


def test_what_has_no_way_back_is_not_found(client_in, ana) -> None:
    client, other = client_in(Status.SUSPENDED), client_in()
    resumed, foreign = do("resume", client, ana), do("suspend", other, ana)
    assert not undo.is_possible(client, resumed, clock.today())
    for event_id in (resumed.id, foreign.id, 10**6, 10**12):
        with pytest.raises(NotFound):
            undo.get_event(client, event_id)
    with pytest.raises(NotFound):
        undo.undo(client, resumed, now=NOW, actor=ana)


# over HTTP


@ways
def test_the_announced_result_offers_the_way_back_to_htmx(web, client_in, action, status, inverse, noun) -> None:
    client = client_in(status)
    answer = web.post(f"/clients/{client.id}/{noun}", htmx=True, version=1)
    [event] = events()
    path = f"/clients/{client.id}/events/{event.id}/undoing"
    behind = answer.text.split("</tbody>")[1]
    assert f'hx-post="{path}" hx-target="#client-{client.id}" hx-swap="outerHTML">Desfazer</button>' in behind
    assert "<form" not in behind, "behind a row the HTML parser would drop it"
    back = web.post(path, htmx=True)
    assert back.status_code == 200
    assert back.text.lstrip().startswith(f'<tbody id="client-{client.id}"')
    assert "Desfazer" not in back.text
    assert status_of(client) is status


@ways
def test_a_plain_form_finds_the_way_back_in_the_message(web, client_in, action, status, inverse, noun) -> None:
    client = client_in(status)
    page = web.get(web.post(f"/clients/{client.id}/{noun}", version=1).location).text
    [event] = events()
    path = f"/clients/{client.id}/events/{event.id}/undoing"
    assert f'<form method="post" action="{path}">' in said(page)
    answer = web.post(path)
    assert (answer.status_code, answer.location) == (303, f"/clients/{client.id}")
    page = web.get(answer.location).text
    assert "Desfazer</button>" not in said(page)
    assert f"Motivo: Desfazer do protocolo {event.id}" in page
    assert status_of(client) is status


def test_the_history_offers_the_last_change_only_and_only_while_it_can_be_taken_back(web, client_in, ana) -> None:
    client = client_in(Status.SUSPENDED)
    do("resume", client, ana)
    assert "/undoing" not in web.get(f"/clients/{client.id}").text
    event = do("suspend", client, ana)
    paths = re.findall(r'action="([^"]+/undoing)"', web.get(f"/clients/{client.id}").text)
    assert paths == [f"/clients/{client.id}/events/{event.id}/undoing"]


def test_the_same_form_again_answers_what_was_done_over_http(web, client_in, ana) -> None:
    client = client_in()
    event = do("suspend", client, ana)
    path = f"/clients/{client.id}/events/{event.id}/undoing"
    web.post(path, htmx=True)
    again = web.post(path, htmx=True)
    assert again.status_code == 200
    assert f"Já estava feito (Suspensão cancelada): gravado às 12:00, protocolo {events()[-1].id}." in again.text
    assert len(events()) == 2


def test_a_refusal_shows_the_row_as_it_is(web, client_in, ana) -> None:
    client = client_in()
    event = do("suspend", client, ana)
    client.version = 9
    db.session.commit()
    path = f"/clients/{client.id}/events/{event.id}/undoing"
    plain, fragment = web.post(path), web.post(path, htmx=True)
    assert plain.status_code == fragment.status_code == 409
    assert "Outra pessoa alterou este cliente." in plain.text
    assert "Suspenso" in fragment.text
    assert status_of(client) is Status.SUSPENDED


def test_text_of_users_is_inert_in_the_message(web, client_in) -> None:
    client = client_in(name="<b>Zé</b>")
    answer = web.post(f"/clients/{client.id}/suspension", htmx=True, version=1)
    assert "<b>Zé</b>" not in answer.text


def test_another_partner_and_nobody_take_nothing_back(stranger, visitor, client_in, ana) -> None:
    client = client_in()
    path = f"/clients/{client.id}/events/{do('suspend', client, ana).id}/undoing"
    for htmx in (False, True):
        assert stranger.post(path, htmx=htmx).status_code == 404
    assert visitor.post(path).status_code == 303
    assert visitor.post(path, htmx=True).status_code == 401
    assert status_of(client) is Status.SUSPENDED


@pytest.mark.parametrize("role", list(Role)[:4])
def test_who_may_do_the_inverse_may_take_back(web_of, client_in, ana, role) -> None:
    client = client_in()
    path = f"/clients/{client.id}/events/{do('suspend', client, ana).id}/undoing"
    browser, may = web_of(role), role in {Role.ADMIN, Role.SUPPORT}
    assert ("/undoing" in browser.get(f"/clients/{client.id}").text) == may
    assert browser.post(path).status_code == (303 if may else 403)
    assert status_of(client) is (Status.ACTIVE if may else Status.SUSPENDED)


def test_a_form_without_its_token_is_refused(web, client_in, ana) -> None:
    client = client_in()
    web.post(f"/clients/{client.id}/events/{do('suspend', client, ana).id}/undoing", csrf_token="")
    assert status_of(client) is Status.SUSPENDED
