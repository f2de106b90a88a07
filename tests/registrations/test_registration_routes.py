"""The screen "+ Novo cliente" over HTTP: nothing typed is lost, nothing happens twice, nobody where they don't belong."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal import clock
from portal.domain.catalogue import Item, Product
from portal.domain.prices import PriceTable
from portal.domain.roles import Role
from portal.errors import AWAITING_VENDOR
from portal.extensions import db
from portal.models import Charge, Client, LicenseItem, RegistrationCode, UserSession
from tests.conftest import NOW
from tests.domain.prices import DEMO
from tests.registrations.conftest import noon
from tests.registrations.form import CNPJ, OTHER_CNPJ, form_of
from tests.visitor import Visitor

pytestmark = pytest.mark.usefixtures("prices")


def plain(answer: TestResponse) -> str:
    """Return an answer's text with plain blanks, as a person reads it."""
    return answer.text.replace("\xa0", " ")


def value_in(text: str, name: str) -> str:
    return re.search(rf'<input[^>]*name="{name}"[^>]*? value="([^"]*)"', text)[1]


def shown(answer: TestResponse) -> dict[str, str]:
    """Return the fields that the window sends."""
    assert answer.status_code in {200, 409}, plain(answer)[-1500:]
    form = re.search(r"<form[^>]*>(?:(?!</form>).)*>Confirmar</button>", answer.text, re.DOTALL)[0]
    fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    fields.pop("csrf_token")
    return fields


def clients() -> int:
    return db.session.scalar(select(func.count()).select_from(Client))


class TestTheForm:
    def test_the_page_asks_for_everything_and_shows_what_one_license_costs(self, web) -> None:
        answer = web.get("/clients/new")
        text = plain(answer)
        assert answer.status_code == 200
        for label in (
            "CPF/CNPJ",
            "Nome da empresa",
            "UF",
            "Cidade",
            "E-mail",
            "Telefone",
            "Renovação de licença",
            "Produto",
        ):
            assert f">{label}</label>" in text
        assert '<option value="navi">Navi Vendas/PDV+</option>' in text
        assert "1 × R$ 99,90 (mês inteiro) = R$ 99,90" in text
        assert 'hx-post="/clients"' in text
        assert re.search(r'<form id="registration"[^>]*method="post" action="/clients"', text)
        assert len(value_in(text, "key")) >= 16
        assert value_in(text, "key") != value_in(web.get("/clients/new").text, "key")

    def test_without_prices_it_says_so_and_sells_nothing(self, web, make) -> None:
        for model in ("prices", "price_versions"):
            db.session.execute(db.metadata.tables[model].delete())
        db.session.commit()
        page = plain(web.get("/clients/new"))
        assert "sem preço na tabela" in page
        assert "Não há preço de Licença (Link) na tabela em vigor." in page
        refused = web.post("/clients", **form_of())
        assert refused.status_code == 409
        assert "avise o fornecedor" in refused.text
        assert 'value="Bar do Zé"' in refused.text

    def test_the_button_leads_there_from_the_list_and_from_an_empty_home(self, web, make, partner) -> None:
        link = '<a class="btn primary" href="/clients/new">+ Novo cliente</a>'
        assert link in web.get("/").text
        assert link in web.get("/clients").text
        make.client(partner)
        assert '<a class="btn end" href="/clients/new">+ Novo cliente</a>' in web.get("/clients").text

    @pytest.mark.parametrize("role", [Role.FINANCE, Role.READER])
    def test_who_may_not_register_sees_no_button_and_gets_no_form(self, web_of, role) -> None:
        visitor = web_of(role)
        assert "/clients/new" not in visitor.get("/").text + visitor.get("/clients").text
        assert visitor.get("/clients/new").status_code == 403
        for path in ("/clients", "/clients/quote", "/clients/products", "/clients/document"):
            assert visitor.post(path, **form_of()).status_code == 403
        assert clients() == 0

    def test_suporte_registers(self, web_of) -> None:
        support = web_of(Role.SUPPORT)
        answer = support.post("/clients", **shown(support.post("/clients", **form_of())))
        assert answer.status_code == 303
        assert "Código de registro" in support.get(answer.location).text

    def test_a_visitor_without_session_is_led_to_the_login(self, app) -> None:
        assert Visitor(app).get("/clients/new").location == "/login?next=/clients/new"
        assert Visitor(app).post("/clients", **form_of()).status_code == 303
        assert clients() == 0


class TestWithoutScript:
    def test_a_step_changes_the_number_and_keeps_what_was_typed(self, web) -> None:
        text = plain(web.post("/clients", step="waiter:+1", **form_of(waiter="2", cloud="1", name="Bar")))
        assert value_in(text, "waiter") == "3"
        assert value_in(text, "name") == "Bar"
        assert "3 × R$ 19,90 (mês inteiro) = R$ 59,70" in text
        assert 'name="cloud" value="1" checked' in text
        assert 'role="alert"><p>' not in text
        assert "Nada foi gravado" not in text

    def test_another_product_is_shown_by_a_button(self, web) -> None:
        text = plain(web.post("/clients", show="1", **form_of(product="navi", base="3", waiter="2", cloud="1")))
        assert 'name="waiter"' not in text
        assert "1 × R$ 49,90 (mês inteiro)" in text
        assert "1 × R$ 29,90 (mês inteiro)" in text
        assert value_in(text, "document") == "11.222.333/0001-81"

    def test_back_from_the_values_everything_stands_as_it_was(self, web) -> None:
        sent = shown(web.post("/clients", **form_of(waiter="2", base="4")))
        text = web.post("/clients", show="1", **sent).text
        for name, value in {"waiter": "2", "base": "4", "name": "Bar do Zé", "key": "k" * 24}.items():
            assert value_in(text, name) == value
        assert clients() == 0

    def test_values_then_the_client_with_its_code(self, web) -> None:
        values = web.post("/clients", **form_of(waiter="2"))
        assert values.text.startswith("<!doctype html>")
        text = plain(values)
        assert "Confira os valores" in text
        assert "Total: R$ 139,70" in text
        assert "11.222.333/0001-81" in text
        assert clients() == 0, "nothing is done before it is confirmed"
        done = web.post("/clients", **shown(values))
        client = db.session.scalar(select(Client))
        assert (done.status_code, done.location) == (303, f"/clients/{client.id}/registration")
        page = web.get(done.location)
        code = db.session.scalar(select(RegistrationCode.code))
        assert "-".join(re.findall("....", code)) in page.text
        assert "Vencimento" in page.text
        assert "10/08/2025" in page.text
        assert "R$ 139,70" in plain(page)
        assert page.headers["Cache-Control"] == "no-store"


class TestFragments:
    def test_the_running_total_is_the_quote(self, web) -> None:
        text = plain(web.post("/clients/quote", htmx=True, **form_of(waiter="2")))
        assert "2 × R$ 19,90 (mês inteiro) = R$ 39,80" in text
        assert "Total: R$ 139,70" in text
        assert "<form" not in text

    def test_or_what_is_wrong(self, web) -> None:
        answer = web.post("/clients/quote", htmx=True, **form_of(mobile="1"))
        assert answer.status_code == 200
        assert "Link Móvel precisa de Cloud: marque Cloud ou tire o Móvel." in answer.text

    def test_another_product_brings_its_picker_and_the_note_about_the_document(self, web, make, partner) -> None:
        make.client(partner, document=CNPJ, name="Bar do Zé", product=Product.LINK)
        answer = web.post("/clients/products", htmx=True, **form_of(product="navi", cloud="1"))
        main, note = answer.text.split('<p id="document-said" hx-swap-oob="innerHTML">')
        assert main.lstrip().startswith('<fieldset id="products"')
        assert "waiter" not in main
        assert "o Navi será um segundo cadastro" in note

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("", ""),
            ("11222333000181", "CNPJ válido."),
            ("12.abc.345/01de-35", "CNPJ válido."),
            ("529.982.247-25", "CPF válido."),
            ("12.ABC.345/01DE-36", "CNPJ inválido: os dígitos verificadores não conferem."),
            ("111.111.111-11", "não repete sempre o mesmo dígito"),
            ("00000000000000", "não repete sempre o mesmo dígito"),
            ("11.222", "O CPF tem 11 dígitos e o CNPJ, 14 caracteres; aqui há 5."),
            ("<b>", "aqui há 3."),
        ],
    )
    def test_a_document_is_judged_while_it_is_typed(self, web, typed, said) -> None:
        answer = web.post("/clients/document", htmx=True, **form_of(document=typed))
        assert answer.status_code == 200
        assert said in answer.text
        assert "<b>" not in answer.text
        assert typed == "" or len(answer.text.strip()) < 300

    @pytest.mark.parametrize(
        ("facts", "product", "said"),
        [
            ({}, "link", "Já cadastrado com o Link: "),
            ({"due_on": date(2025, 6, 10)}, "link", "(Inativo)"),
            ({"due_on": date(2025, 6, 10), "hidden_at": NOW}, "link", "(Oculto)"),
            ({}, "navi", "Este CNPJ já tem o Link ("),
            ({"product": Product.NAVI}, "link", "o Link será um segundo cadastro."),
        ],
    )
    def test_whoever_of_ours_has_it_is_named_with_its_status(self, web, make, partner, facts, product, said) -> None:
        held = make.client(partner, document=CNPJ, **facts)
        text = web.post("/clients/document", htmx=True, **form_of(product=product)).text
        assert said in text
        assert f'<a href="/clients/{held.id}">' in text

    def test_of_others_clients_nothing_is_said(self, web, make) -> None:
        make.client(make.partner(), document=CNPJ)
        assert "CNPJ válido." in web.post("/clients/document", htmx=True, **form_of()).text

    def test_cities_of_the_state_are_suggested(self, web) -> None:
        text = web.post("/clients/cities", htmx=True, **form_of(city="campi", uf="SP")).text
        assert text.lstrip().startswith('<datalist id="cities">')
        assert '<option value="Campinas">' in text

    def test_salvar_opens_the_window_and_confirmar_leads_to_the_client(self, web) -> None:
        window = web.post("/clients", htmx=True, **form_of())
        assert window.text.lstrip().startswith('<section id="confirmation"')
        done = web.post("/clients", htmx=True, **shown(window))
        client = db.session.scalar(select(Client))
        assert (done.status_code, done.text) == (200, "")
        assert done.headers["HX-Redirect"] == f"/clients/{client.id}/registration"


class TestRefused:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"document": ""}, "Informe o CPF ou o CNPJ."),
            ({"document": "11.222.333/0001-82"}, "os dígitos verificadores não conferem"),
            ({"name": "  "}, "Informe o nome."),
            ({"city": "Atlântida Perdida"}, "Não há essa cidade em SP."),
            ({"uf": "XX"}, "Escolha uma UF da lista."),
            ({"email": "sem arroba"}, "E-mail inválido."),
            ({"phone": "123"}, "Informe DDD e número."),
            ({"product": "word"}, "Escolha um produto da lista."),
            ({"renewal_method": "never"}, "Escolha uma opção da lista."),
            ({"waiter": "-1"}, "Link Garçom: informe de 0 a 999."),
            ({"base": "0"}, "Licença: informe de 1 a 999."),
            ({"waiter": "1000000000"}, "Link Garçom: informe de 0 a 999."),
            ({"waiter": "abc"}, "Link Garçom: informe um número inteiro."),
            ({"mobile": "1"}, "Link Móvel precisa de Cloud: marque Cloud ou tire o Móvel."),
            ({"product": "navi", "waiter": "1"}, "Link Garçom não existe para o Navi."),
            ({"product": "navi", "base": "2"}, "Licença: informe 1."),
            ({"tef": "1"}, "TEF só se contrata pelo menu TEF."),
            ({"key": ""}, "O formulário está incompleto. Nada foi gravado"),
            ({"key": "short"}, "O formulário está incompleto."),
        ],
    )
    @pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
    def test_nothing_is_done_and_everything_typed_is_kept(self, web, htmx, change, said) -> None:
        answer = web.post("/clients", htmx=htmx, **form_of(**{"email": "loja@bar.example"} | change))
        assert answer.status_code == 422
        assert said in answer.text
        assert clients() == 0
        kept = {"name": "Bar do Zé", "document": "11.222.333/0001-81", "city": "São Paulo"}
        for name, value in (kept | {name: value for name, value in change.items() if name in kept}).items():
            assert value_in(answer.text, name) == value.strip()
        if htmx:
            assert (answer.headers["HX-Retarget"], answer.headers["HX-Reswap"]) == ("#registration", "outerHTML")
            assert answer.text.lstrip().startswith('<form id="registration"')
            assert '<dialog id="window" aria-label="Janela" hx-swap-oob="outerHTML"></dialog>' in answer.text

    @pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
    def test_a_document_that_is_here_already_is_shown_with_its_client(self, web, make, partner, htmx) -> None:
        held = make.client(partner, document=CNPJ, name="Bar antigo", due_on=date(2025, 6, 1))
        answer = web.post("/clients", htmx=htmx, **form_of())
        assert answer.status_code == 409
        assert "Este CNPJ já está cadastrado com o Link." in answer.text
        assert f'<a href="/clients/{held.id}">Bar antigo</a> (Inativo).' in answer.text
        assert clients() == 1

    def test_a_colleague_who_was_faster_is_told_at_the_confirmation_too(self, web, make, partner) -> None:
        sent = shown(web.post("/clients", **form_of()))
        make.client(partner, document=CNPJ)
        answer = web.post("/clients", **sent)
        assert answer.status_code == 409
        assert "já está cadastrado com o Link" in answer.text

    def test_unknown_fields_do_nothing(self, web) -> None:
        sent = shown(web.post("/clients", **form_of(rocket="3", due_on="2099-01-01", partner_id="7", unit_cents="1")))
        web.post("/clients", **sent, rocket="3", due_on="2099-01-01", partner_id="7")
        client = db.session.scalar(select(Client))
        assert client.due_on == date(2025, 8, 10)
        assert {row.item for row in db.session.scalars(select(LicenseItem))} == {Item.BASE}


class TestAgain:
    def test_the_confirmation_sent_again_gets_the_same_answer(self, web) -> None:
        sent = shown(web.post("/clients", **form_of()))
        first, second = web.post("/clients", **sent), web.post("/clients", **sent)
        assert (first.status_code, first.location) == (second.status_code, second.location)
        assert web.get(first.location).data == web.get(second.location).data
        assert clients() == 1

    @pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
    def test_the_same_key_with_another_body_is_a_conflict(self, web, htmx) -> None:
        sent = shown(web.post("/clients", **form_of()))
        web.post("/clients", **sent)
        answer = web.post("/clients", htmx=htmx, **(sent | {"document": OTHER_CNPJ}))
        assert answer.status_code == 409
        assert "Valeu o primeiro envio." in answer.text
        assert clients() == 1

    def test_going_back_to_a_form_that_was_used_begins_another_client(self, web) -> None:
        web.post("/clients", **shown(web.post("/clients", **form_of())))
        sent = shown(web.post("/clients", **form_of(document=OTHER_CNPJ)))
        assert sent["key"] != "k" * 24
        assert web.post("/clients", **sent).status_code == 303
        assert clients() == 2

    @pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
    def test_a_price_that_changed_meanwhile_is_shown_with_the_difference_and_asked_again(self, web, make, htmx) -> None:
        with clock.frozen(noon(date(2025, 6, 25))):
            sent = shown(web.post("/clients", htmx=htmx, **form_of()))
        with clock.frozen(noon(date(2025, 6, 24))):
            again = web.post("/clients", htmx=htmx, **sent)
        assert again.status_code == 409
        assert "O valor mudou: era R$ 53,28, agora R$ 56,61." in plain(again)
        assert clients() == 0
        with clock.frozen(noon(date(2025, 6, 24))):
            done = web.post("/clients", htmx=htmx, **shown(again))
        assert done.status_code == (200 if htmx else 303)
        assert db.session.scalar(select(Charge.amount_cents)) == 5661

    def test_where_only_the_arithmetic_changed_it_says_so(self, web, make) -> None:
        sent = shown(web.post("/clients", **form_of(waiter="1")))
        cents = dict(DEMO.cents) | {(Product.LINK, Item.BASE): 9890, (Product.LINK, Item.WAITER): 2090}
        make.price_version(PriceTable(0, NOW.date(), cents))
        again = web.post("/clients", **sent)
        assert "Os valores mudaram desde que foram mostrados. Nada foi gravado" in again.text

    def test_a_session_that_ended_keeps_the_form_wherever_it_was_noticed(self, app, make, admin) -> None:
        for path in ("/clients", "/clients/quote", "/clients/products", "/clients/document", "/clients/cities"):
            web = Visitor(app).sign_in(admin)
            token = web.csrf_token()
            db.session.query(UserSession).update({"ended_at": NOW})
            db.session.commit()
            answer = web.post(path, htmx=True, csrf_token=token, **form_of(waiter="3", name="Bar guardado"))
            assert answer.status_code == 401
            target = re.search(r"draft%3D([\w-]+)", answer.headers["HX-Redirect"])[1]
            text = web.sign_in(admin).get(f"/clients/new?draft={target}").text
            assert value_in(text, "name") == "Bar guardado"
            assert value_in(text, "waiter") == "3"
            assert value_in(text, "key") == "k" * 24


class TestPending:
    def test_held_elsewhere_it_waits_for_the_vendor_and_says_so_without_a_name(self, web, make) -> None:
        make.client(make.partner(name="Revenda Beta"), document=CNPJ, name="Bar do Outro")
        values = web.post("/clients", **form_of(waiter="2"))
        page = web.get(web.post("/clients", **shown(values)).location)
        for text in (values.text, page.text):
            assert "Beta" not in text
            assert "Outro" not in text
        assert AWAITING_VENDOR in page.text
        assert "Nada foi cobrado" in page.text
        assert db.session.scalar(select(func.count()).select_from(Charge)) == 0
        assert db.session.scalar(select(func.count()).select_from(RegistrationCode)) == 0


class TestTheReceipt:
    def test_of_another_partners_client_or_of_one_registered_otherwise_it_is_not_found(
        self, web, web_of, make, partner
    ):
        location = web.post("/clients", **shown(web.post("/clients", **form_of()))).location
        assert web_of(at=make.partner()).get(location).status_code == 404
        assert web.get(f"/clients/{make.client(partner).id}/registration").status_code == 404

    def test_it_goes_with_an_undone_registration(self, web) -> None:
        location = web.post("/clients", **shown(web.post("/clients", **form_of()))).location
        client = db.session.scalar(select(Client))
        client.archived_at, client.pending_at, client.due_on = NOW, NOW, None
        db.session.commit()
        assert web.get(location).status_code == 404
