"""Suspender, Cancelar suspensão, Ocultar, Reexibir over HTTP: with and without JavaScript, refused, repeated, behind."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from portal.domain.actions import ALLOWED, Action
from portal.domain.roles import Role
from portal.domain.statuses import Status, derive_status
from portal.errors import REASONS
from portal.extensions import db
from portal.models import AuditEvent
from tests.conftest import NOW

NOUNS = {
    Action.SUSPEND: "suspension",
    Action.RESUME: "resumption",
    Action.HIDE: "hiding",
    Action.UNHIDE: "unhiding",
}
STEPS = [
    (Action.SUSPEND, Status.ACTIVE, Status.SUSPENDED, "Acesso de Bar do Zé suspenso."),
    (Action.RESUME, Status.SUSPENDED, Status.ACTIVE, "Suspensão de Bar do Zé cancelada."),
    (Action.HIDE, Status.INACTIVE, Status.HIDDEN, "Bar do Zé oculto."),
    (Action.UNHIDE, Status.HIDDEN, Status.INACTIVE, "Bar do Zé voltou para a lista."),
]
REFUSED = [(action, status) for action in NOUNS for status in Status if action not in ALLOWED[status]]
steps = pytest.mark.parametrize(("action", "status", "becomes", "said"), STEPS, ids=[step[0].value for step in STEPS])
actions = pytest.mark.parametrize("action", list(NOUNS))


def status_of(client) -> Status:
    db.session.refresh(client)
    return derive_status(client, NOW.date())


def events() -> int:
    return db.session.scalar(select(func.count()).select_from(AuditEvent))


@steps
def test_htmx_gets_the_row_as_it_is_now_and_behind_it_what_was_done(
    web, client_in, action, status, becomes, said
) -> None:
    client = client_in(status, name="Bar do Zé")
    answer = web.post(f"/clients/{client.id}/{NOUNS[action]}", htmx=True, version=1)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith(f'<tbody id="client-{client.id}"')
    body, behind = answer.text.split("</tbody>")
    assert becomes.label in body
    protocol = db.session.scalar(select(AuditEvent.id))
    assert said in behind
    assert f"Gravado às 12:00, protocolo {protocol}." in behind
    assert 'id="said" hx-swap-oob' in behind
    assert "hx-swap-oob" not in body, "an out-of-band part before the row would make the parser drop it"
    assert re.search(rf'id="n-{becomes.value}"[^>]*>1</b>', behind)
    assert re.search(rf'id="n-{status.value}"[^>]*>0</b>', behind)
    assert answer.headers["Cache-Control"] == "no-store"
    assert status_of(client) is becomes


@steps
def test_a_plain_form_is_led_to_the_page_that_says_it_once(web, client_in, action, status, becomes, said) -> None:
    client = client_in(status, name="Bar do Zé")
    answer = web.post(f"/clients/{client.id}/{NOUNS[action]}", version=1)
    assert (answer.status_code, answer.location) == (303, f"/clients/{client.id}")
    page = web.get(answer.location).text
    assert said in page.split('role="status"')[1].split("</div>")[0]
    assert becomes.label in page
    assert said not in web.get(answer.location).text.split('role="status"')[1].split("</div>")[0]


@pytest.mark.parametrize(("action", "status"), REFUSED)
def test_what_the_status_does_not_allow_is_refused_with_its_reason(web, client_in, action, status) -> None:
    client = client_in(status)
    path = f"/clients/{client.id}/{NOUNS[action]}"
    plain, fragment = web.post(path, version=1), web.post(path, htmx=True, version=1)
    reason = f"“{action.label}” não é possível agora: {REASONS[status]}."
    assert plain.status_code == fragment.status_code == 409
    assert reason in plain.text
    assert plain.text.startswith("<!doctype html>")
    assert reason in fragment.text.split("</tbody>")[1]
    assert fragment.text.lstrip().startswith(f'<tbody id="client-{client.id}"')
    assert (status_of(client), client.version, events()) == (status, 1, 0)


@steps
def test_the_same_form_again_answers_what_was_done(web, client_in, action, status, becomes, said) -> None:
    client = client_in(status)
    path = f"/clients/{client.id}/{NOUNS[action]}"
    web.post(path, version=1)
    protocol = db.session.scalar(select(AuditEvent.id))
    again = web.post(path, htmx=True, version=1)
    assert again.status_code == 200
    assert re.search(rf"Já estava feito \([^)]+\): gravado às 12:00, protocolo {protocol}\.", again.text)
    plain = web.get(web.post(path, version=1).location).text
    assert f"protocolo {protocol}." in plain
    assert (status_of(client), events()) == (becomes, 1)


@actions
def test_a_form_behind_somebody_elses_change_is_refused(web, client_in, action) -> None:
    client = client_in(next(step[1] for step in STEPS if step[0] is action))
    client.version = 5
    db.session.commit()
    path = f"/clients/{client.id}/{NOUNS[action]}"
    plain, fragment = web.post(path, version=4), web.post(path, htmx=True, version=4)
    assert plain.status_code == fragment.status_code == 409
    for answer in (plain, fragment):
        assert "Outra pessoa alterou este cliente. Nada foi gravado" in answer.text
    db.session.refresh(client)
    assert (client.version, events()) == (5, 0)


@actions
@pytest.mark.parametrize("version", ["", "abc", "-1", "0", "1.5", "9" * 10, "9" * 5_000, "\x00", "1\u0661"])
def test_a_version_that_is_none_makes_the_form_incomplete(web, client_in, action, version) -> None:
    client = client_in()
    path = f"/clients/{client.id}/{NOUNS[action]}"
    for answer in (web.post(path, version=version), web.post(path, htmx=True, version=version), web.post(path)):
        assert answer.status_code == 422
        assert "Not a valid" not in answer.text
    assert events() == 0


@actions
def test_another_partner_is_told_that_there_is_nothing(stranger, client_in, action) -> None:
    client = client_in(next(step[1] for step in STEPS if step[0] is action), name="Cliente alheio")
    for htmx in (False, True):
        answer = stranger.post(f"/clients/{client.id}/{NOUNS[action]}", htmx=htmx, version=1)
        assert answer.status_code == 404
        assert "alheio" not in answer.text
    db.session.refresh(client)
    assert (client.version, events()) == (1, 0)


@actions
def test_nobody_without_a_session(visitor, client_in, action) -> None:
    client = client_in()
    path = f"/clients/{client.id}/{NOUNS[action]}"
    plain, fragment = visitor.post(path, version=1), visitor.post(path, htmx=True, version=1)
    assert plain.status_code == 303
    assert plain.location.startswith("/login")
    assert fragment.status_code == 401
    assert fragment.headers["HX-Redirect"].startswith("/login")
    assert events() == 0


@actions
@pytest.mark.parametrize("role", [Role.FINANCE, Role.READER])
def test_roles_that_may_not_are_told_so(web_of, client_in, action, role) -> None:
    client = client_in()
    answer = web_of(role).post(f"/clients/{client.id}/{NOUNS[action]}", version=1)
    assert answer.status_code == 403
    assert "Seu perfil não permite isto." in answer.text
    assert events() == 0


@steps
def test_the_support_may(web_of, client_in, action, status, becomes, said) -> None:
    client = client_in(status)
    assert web_of(Role.SUPPORT).post(f"/clients/{client.id}/{NOUNS[action]}", version=1).status_code == 303
    assert status_of(client) is becomes


@actions
def test_a_get_is_not_a_change(web, client_in, action) -> None:
    client = client_in()
    assert web.get(f"/clients/{client.id}/{NOUNS[action]}").status_code == 405


@actions
def test_a_suspended_partner_only_reads(web, client_in, partner, action) -> None:
    client = client_in()
    partner.suspended_at = NOW
    db.session.commit()
    answer = web.post(f"/clients/{client.id}/{NOUNS[action]}", version=1)
    assert answer.status_code == 403
    assert "Sua revenda está suspensa" in answer.text
    assert events() == 0


class TestSuspensionForm:
    """It asks before it does, and for a reason."""

    def test_htmx_gets_the_form_below_its_row(self, web, client_in) -> None:
        client = client_in(name="Bar do Zé")
        answer = web.fragment(f"/clients/{client.id}/suspension/new")
        assert answer.text.lstrip().startswith(f'<tbody id="client-{client.id}"')
        assert "Suspender o acesso de Bar do Zé?" in answer.text
        assert f'hx-post="/clients/{client.id}/suspension"' in answer.text

    def test_without_javascript_it_is_a_page(self, web, client_in) -> None:
        client = client_in()
        answer = web.get(f"/clients/{client.id}/suspension/new")
        assert answer.text.startswith("<!doctype html>")
        assert f'action="/clients/{client.id}/suspension"' in answer.text
        assert 'name="version" value="1"' in answer.text
        assert "hx-post" not in answer.text

    @pytest.mark.parametrize("status", [status for status in Status if status is not Status.ACTIVE])
    def test_it_is_not_offered_where_the_table_does_not_allow_it(self, web, client_in, status) -> None:
        client = client_in(status)
        path = f"/clients/{client.id}/suspension/new"
        assert web.get(path).status_code == 409
        answer = web.fragment(path)
        assert answer.status_code == 409
        assert answer.headers["HX-Retarget"] == "#said"
        assert REASONS[status] in answer.text

    def test_a_reason_that_is_too_long_comes_back_as_typed(self, web, client_in) -> None:
        client = client_in()
        path, reason = f"/clients/{client.id}/suspension", "Não pagou " * 30
        for answer in (web.post(path, version=1, reason=reason), web.post(path, htmx=True, version=1, reason=reason)):
            assert answer.status_code == 422
            assert "No máximo 200 caracteres." in answer.text
            assert reason.strip() in answer.text
        assert events() == 0

    def test_the_reason_is_kept_and_shown_on_the_page(self, web, client_in) -> None:
        client = client_in()
        web.post(f"/clients/{client.id}/suspension", version=1, reason="  Não  pagou\x00 ")
        assert status_of(client) is Status.SUSPENDED
        assert client.suspension_reason == "Não pagou"
        assert "Motivo da suspensão: Não pagou." in web.get(f"/clients/{client.id}").text

    def test_going_back_brings_the_row_alone(self, web, client_in) -> None:
        client = client_in()
        answer = web.fragment(f"/clients/{client.id}/row")
        assert answer.text.lstrip().startswith(f'<tbody id="client-{client.id}"')
        assert "<form" not in answer.text
        assert web.get(f"/clients/{client.id}/row").location == f"/clients/{client.id}"
