"""Editar over HTTP: the data part. Typed values are kept, checked, saved once; who comes second sees both values."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal import clock
from portal.accounts import service as accounts
from portal.clients import service
from portal.domain.roles import Role
from portal.domain.statuses import Status
from portal.errors import REASONS
from portal.extensions import db
from portal.models import AuditEvent, Client
from tests.conftest import NOW
from tests.revision import form_of


def events() -> int:
    return db.session.scalar(select(func.count()).select_from(AuditEvent))


def path_of(client: Client) -> str:
    return f"/clients/{client.id}/revision"


def value_in(text: str, name: str) -> str:
    return re.search(rf'name="{name}"[^>]*? value="([^"]*)"', text)[1]


def test_the_page_holds_the_data_and_shows_the_document_as_read_only(web, client_in) -> None:
    client = client_in(name="Bar do Zé", email="ze@bar.example", phone="11987654321", notes="linha 1\nlinha 2")
    text = web.get(f"{path_of(client)}/new").text
    assert text.startswith("<!doctype html>")
    for name, value in {"name": "Bar do Zé", "city": "São Paulo", "email": "ze@bar.example", "version": "1"}.items():
        assert value_in(text, name) == value
    assert re.search(r'<option selected value="SP">', text)
    assert "linha 1\nlinha 2</textarea>" in text
    assert 'name="document"' not in text


def test_the_row_menu_leads_to_the_page_and_back_to_the_list(web, client_in) -> None:
    client = client_in()
    menu = web.fragment(f"/clients/{client.id}/menu").text
    assert f'<a class="btn" href="{path_of(client)}/new">Editar</a>' in menu
    text = web.get(f"{path_of(client)}/new", headers={"Referer": "http://localhost/clients?sort=due&q=a"}).text
    assert f'href="/clients?sort=due&amp;q=a#client-{client.id}">Voltar sem salvar</a>' in text
    back = value_in(text, "back").replace("&amp;", "&")
    answer = web.post(path_of(client), **form_of(client, name="Café", back=back))
    assert answer.location == f"/clients?sort=due&q=a#client-{client.id}"


@pytest.mark.parametrize(
    "referrer",
    ["http://evil.example/clients", "http://localhost/users", "http://[", "//evil.example/clients", "javascript:1"],
)
def test_an_address_that_is_no_list_of_ours_leads_to_the_clients_page(web, client_in, referrer) -> None:
    client = client_in()
    text = web.get(f"{path_of(client)}/new", headers={"Referer": referrer}).text
    assert f'href="/clients/{client.id}">Voltar sem salvar</a>' in text
    answer = web.post(path_of(client), **form_of(client, name="Café", back=referrer))
    assert answer.location == f"/clients/{client.id}"


def test_a_plain_form_is_led_to_the_page_that_says_it(web, client_in) -> None:
    client = client_in(name="Bar")
    answer = web.post(path_of(client), **form_of(client, name="Café"))
    assert (answer.status_code, answer.location) == (303, f"/clients/{client.id}")
    assert "Cadastro de Café salvo. Gravado às 12:00, protocolo " in web.get(answer.location).text


def test_htmx_is_led_to_the_page_that_says_it_too(web, client_in) -> None:
    client = client_in(name="Bar")
    answer = web.post(path_of(client), htmx=True, **form_of(client, name="Café"))
    assert (answer.status_code, answer.text) == (200, "")
    assert "Cadastro de Café salvo." in web.get(answer.headers["HX-Redirect"]).text


def test_what_was_typed_is_stored_in_one_spelling(web, client_in) -> None:
    client = client_in(document="11222333000181")
    typed = {
        "name": "  Café \x00 Ótimo ",
        "uf": "MG",
        "city": "belo  HORIZONTE",
        "email": " loja@exemplo.com.br ",
        "phone": "+55 (31) 98765-4321",
        "notes": "um\r\ndois\r\n",
        "document": "99888777000166",
    }
    assert web.post(path_of(client), **form_of(client, **typed)).status_code == 303
    db.session.refresh(client)
    assert {name: getattr(client, name) for name in service.REVISED} == {
        "name": "Café Ótimo",
        "uf": "MG",
        "city": "Belo Horizonte",
        "city_code": "3106200",
        "email": "loja@exemplo.com.br",
        "phone": "31987654321",
        "notes": "um\ndois",
    }
    assert client.document == "11222333000181"
    assert client.search_key == "cafe otimo\t11222333000181"


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("name", "", "Informe o nome."),
        ("name", "   ", "Informe o nome."),
        ("name", "x" * 151, "No máximo 150 caracteres."),
        ("uf", "XX", "Escolha uma UF da lista."),
        ("city", "", "Informe a cidade."),
        ("city", " \t ", "Informe a cidade."),
        ("city", "Campinaz", "Não há essa cidade em SP. Seria Campinas"),
        ("city", "Niterói", "Não há essa cidade em SP."),
        ("email", "sem-arroba", "E-mail inválido. Exemplo: loja@exemplo.com.br"),
        ("phone", "98765", "Informe DDD e número. Exemplo: (11) 98765-4321"),
        ("phone", "liga lá", "Use só números, com DDD. Exemplo: (11) 98765-4321"),
        ("notes", "x" * 2_001, "No máximo 2000 caracteres."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_everything_typed_is_kept(
    web, client_in, field, typed, message
) -> None:
    client = client_in(name="Bar", email="antigo@bar.example")
    fields = form_of(client, **({"notes": "Observação nova"} | {field: typed}))
    for htmx in (False, True):
        answer = web.post(path_of(client), htmx=htmx, **fields)
        assert answer.status_code == 422
        assert message in answer.text
        assert "Nada foi gravado ainda." in answer.text
        assert re.search(rf'name="{field}"', answer.text.split('aria-invalid="true"')[1][:200])
        assert answer.text.count('aria-invalid="true"') == 1
        kept = "Observação nova" if field != "notes" else typed
        assert kept in answer.text
        if field in {"city", "email", "phone"} and typed.strip():
            assert value_in(answer.text, field) == typed
    db.session.refresh(client)
    assert (client.name, client.notes, events()) == ("Bar", "", 0)


def test_a_form_without_its_version_is_refused(web, client_in) -> None:
    client = client_in()
    assert web.post(path_of(client), **form_of(client, version="abc")).status_code == 422
    assert web.post(path_of(client), **form_of(client, version="9" * 20)).status_code == 422
    assert events() == 0


class TestSecond:
    """Two people edit one client: nothing is overwritten in silence."""

    @pytest.fixture
    def client(self, web, client_in) -> Client:
        """Return a client that somebody saved while a form of version 1 is still open."""
        client = client_in(name="Bar", phone="1133334444")
        web.post(path_of(client), **form_of(client, name="Nome de Ana"))
        db.session.refresh(client)
        assert client.version == 2
        return client

    @pytest.mark.parametrize("htmx", [False, True])
    def test_the_second_gets_both_values_and_may_save_on_purpose(self, web_of, client, htmx) -> None:
        other = web_of(Role.FINANCE)
        answer = other.post(path_of(client), htmx=htmx, **form_of(client, version=1, name="Nome de Bia", notes="x"))
        assert answer.status_code == 409
        assert value_in(answer.text, "name") == "Nome de Bia"
        assert re.search(r"<b>Nome de Ana</b>", answer.text)
        assert "Este cliente foi alterado enquanto você editava. Nada foi gravado" in answer.text
        assert value_in(answer.text, "version") == "2"
        db.session.refresh(client)
        assert (client.name, client.notes, events()) == ("Nome de Ana", "", 1)
        again = other.post(path_of(client), **form_of(client, version=2, name="Nome de Bia", notes="x"))
        assert again.status_code == 303
        db.session.refresh(client)
        assert (client.name, client.notes, client.version) == ("Nome de Bia", "x", 3)

    def test_the_first_who_sends_another_content_from_the_same_form_sees_both_too(self, web, client) -> None:
        answer = web.post(path_of(client), **form_of(client, version=1, name="Nome de Ana 2"))
        assert answer.status_code == 409
        assert "<b>Nome de Ana</b>" in answer.text

    def test_the_same_form_again_answers_what_was_done(self, web, client) -> None:
        answer = web.post(path_of(client), htmx=True, **form_of(client, version=1))
        assert answer.status_code == 200
        protocol = db.session.scalar(select(AuditEvent.id))
        said = web.get(answer.headers["HX-Redirect"]).text
        assert f"Já estava feito (Edição): gravado às 12:00, protocolo {protocol}." in said
        assert events() == 1

    def test_a_conflict_in_which_no_value_differs_explains_itself(self, web, web_of, client) -> None:
        web.post(path_of(client), **form_of(client, phone="1144445555"))
        db.session.refresh(client)
        answer = web_of().post(path_of(client), **form_of(client, version=1))
        assert answer.status_code == 409
        assert "Nada foi gravado" in answer.text


def test_saving_without_a_change_says_so_and_records_nothing(web, client_in) -> None:
    client = client_in()
    answer = web.post(path_of(client), **form_of(client))
    assert "Nada foi alterado: os dados já eram estes." in web.get(answer.location).text
    assert events() == 0


@pytest.mark.parametrize("status", [status for status in Status if status not in {Status.ACTIVE, Status.SUSPENDED}])
def test_the_status_rule_holds_for_form_and_saving(web, client_in, status) -> None:
    client = client_in(status)
    reason = f"“Editar” não é possível agora: {REASONS[status]}."
    for answer in (
        web.get(f"{path_of(client)}/new"),
        web.post(path_of(client), **form_of(client, name="Outro")),
        web.fragment(f"{path_of(client)}/new"),
        web.post(path_of(client), htmx=True, **form_of(client, name="Outro")),
    ):
        assert answer.status_code == 409
        assert reason in answer.text
    assert events() == 0


@pytest.mark.parametrize(("role", "code"), [(Role.FINANCE, 303), (Role.SUPPORT, 303), (Role.READER, 403)])
def test_who_may_edit(web_of, client_in, role, code) -> None:
    client = client_in()
    assert web_of(role).post(path_of(client), **form_of(client, name="Outro")).status_code == code


def test_another_partner_is_told_that_there_is_nothing(stranger, client_in) -> None:
    client = client_in(name="Cliente alheio")
    for answer in (
        stranger.get(f"{path_of(client)}/new"),
        stranger.post(path_of(client), **form_of(client, notes="x")),
    ):
        assert answer.status_code == 404
        assert "alheio" not in answer.text
    assert events() == 0


def test_a_get_is_not_a_change(web, client_in) -> None:
    assert web.get(path_of(client_in())).status_code == 405


class TestDraft:
    """What was typed when the session had ended comes back after the login."""

    def test_the_form_is_filled_with_what_was_typed(self, web, admin, client_in, app) -> None:
        client = client_in(name="Bar")
        with clock.frozen(NOW + timedelta(hours=13)):
            answer = web.post(path_of(client), **form_of(client, name="Digitado antes", notes="muito"))
            assert answer.location.startswith("/login?next=/clients/")
            target = re.search(r"draft%3D([\w-]+)", answer.location)[1]
            web.sign_in(admin)
            text = web.get(f"{path_of(client)}/new?draft={target}").text
        assert value_in(text, "name") == "Digitado antes"
        assert "muito</textarea>" in text
        assert value_in(text, "version") == "1"
        db.session.refresh(client)
        assert client.name == "Bar"

    def test_the_suspension_form_is_filled_too(self, web, admin, client_in) -> None:
        client = client_in()
        fields = {"reason": ["Não pagou"], "version": ["1"]}
        token = accounts.keep_draft(admin.id, f"/clients/{client.id}/suspension/new", fields, now=NOW)
        assert value_in(web.get(f"/clients/{client.id}/suspension/new?draft={token}").text, "reason") == "Não pagou"

    def test_a_draft_that_became_old_meets_both_values(self, web, admin, client_in) -> None:
        client = client_in(name="Bar")
        fields = {name: [str(value)] for name, value in form_of(client, name="Digitado").items()}
        token = accounts.keep_draft(admin.id, f"{path_of(client)}/new", fields, now=NOW)
        web.post(path_of(client), **form_of(client, name="Salvo depois"))
        text = web.get(f"{path_of(client)}/new?draft={token}").text
        answer = web.post(path_of(client), **form_of(client, name="Digitado", version=value_in(text, "version")))
        assert answer.status_code == 409
        assert "<b>Salvo depois</b>" in answer.text

    @pytest.mark.parametrize("whose", ["unknown", "other"])
    def test_somebody_elses_draft_and_none_at_all_show_the_stored_data(
        self, web, make, partner, client_in, whose
    ) -> None:
        client = client_in(name="Bar")
        colleague = make.user(partner)
        token = accounts.keep_draft(colleague.id, f"{path_of(client)}/new", {"name": ["De outro"]}, now=NOW)
        text = web.get(f"{path_of(client)}/new?draft={token if whose == 'other' else 'x'}").text
        assert value_in(text, "name") == "Bar"
