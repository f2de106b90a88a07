"""Editing a client: refused, saved, overtaken, interrupted; nothing typed is lost, nothing happens twice."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import delete

from portal.extensions import db
from portal.models import Partner, User, UserSession
from tests.browser.conftest import PageOf
from tests.browser.rows import end_sessions, events_of, names_in_history
from tests.browser.screen import Clients, ready, said, sign_in
from tests.browser.watch import Watch
from tests.factories import Factory


def form_of(page: Page) -> Locator:
    return page.locator("form").filter(has=page.get_by_label("Nome da empresa"))


def save(page: Page) -> None:
    form_of(page).get_by_role("button", name="Salvar").click()


def test_data_that_makes_no_sense_comes_back_with_a_hint_and_is_saved_once_mended(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, width: int, js: bool, watch: Watch
) -> None:
    watch.expect("422")
    client = make.client(partner, name="Papelaria Nova")
    clients = Clients(page_of(ana, width, js=js), js=js).open()
    clients.act(client, "Editar")
    form = form_of(clients.page)

    form.get_by_label("UF").select_option("MG")
    form.get_by_label("Cidade").fill("Uberlandia do Sul")
    form.get_by_label("Telefone").fill("9876-5432")
    form.get_by_label("Observações").fill("Ligar depois das 14h")
    save(clients.page)

    expect(form.get_by_text("Nada foi gravado ainda.")).to_be_visible()
    expect(form.get_by_text(re.compile(r"Não há essa cidade em MG\. Seria .*Uberlândia"))).to_be_visible()
    expect(form.get_by_text("Informe DDD e número.")).to_be_visible()
    expect(form.get_by_label("Cidade")).to_have_attribute("aria-invalid", "true")
    expect(form.get_by_label("Observações")).to_have_value("Ligar depois das 14h")

    form.get_by_label("Nome da empresa").fill("Papelaria Nova Era")
    form.get_by_label("Cidade").fill("uberlandia")
    form.get_by_label("Telefone").fill("(34) 99876-5432")
    save(clients.page)

    said(clients.page, "Cadastro de Papelaria Nova Era salvo.")
    clients.page.goto(f"/clients/{client.id}")
    expect(clients.page.get_by_text("Uberlândia/MG")).to_be_visible()
    expect(clients.page.get_by_text("(34) 99876-5432")).to_be_visible()
    expect(clients.page.locator("#timeline")).to_contain_text("Papelaria Nova Era")


def test_cities_of_the_state_are_suggested_while_typing(
    page_of: PageOf, make: Factory, partner: Partner, ana: User
) -> None:
    client = make.client(partner)
    clients = Clients(page_of(ana)).open()
    clients.act(client, "Editar")

    expect(form_of(clients.page)).to_be_visible()
    ready(clients.page)
    city = form_of(clients.page).get_by_label("Cidade")
    city.fill("")
    city.press_sequentially("campi")

    expect(clients.page.locator("datalist option[value=Campinas]")).to_have_count(1)
    expect(city).to_be_focused()
    expect(city).to_have_value("campi")


def test_the_second_of_two_editors_sees_both_values_and_can_save_again(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, width: int, js: bool, watch: Watch
) -> None:
    watch.expect("409")
    client = make.client(partner, name="Floricultura Girassol")
    bia = make.user(partner, name="Bia Reis")
    here, there = (Clients(page_of(user, width, js=js), js=js).open() for user in (ana, bia))
    for clients in (here, there):
        clients.act(client, "Editar")
        expect(form_of(clients.page)).to_be_visible()
    form_of(there.page).get_by_label("Nome da empresa").fill("Floricultura da Bia")
    save(there.page)
    said(there.page, "salvo")

    form_of(here.page).get_by_label("Nome da empresa").fill("Floricultura da Ana")
    save(here.page)

    form = form_of(here.page)
    expect(form.get_by_text("enquanto você editava")).to_be_visible()
    expect(form.get_by_text(re.compile("Gravado agora.*: Floricultura da Bia"))).to_be_visible()
    expect(form.get_by_label("Nome da empresa")).to_have_value("Floricultura da Ana")
    save(here.page)
    said(here.page, "Cadastro de Floricultura da Ana salvo.")
    assert names_in_history(client) == ["Floricultura da Bia", "Floricultura da Ana"]


def test_going_back_without_saving_changes_nothing(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, js: bool
) -> None:
    client = make.client(partner, name="Loja Intacta")
    clients = Clients(page_of(ana, js=js), js=js).open()
    clients.act(client, "Editar")
    form_of(clients.page).get_by_label("Nome da empresa").fill("Loja Mudada")

    clients.page.get_by_role("link", name="Voltar sem salvar").click()

    expect(form_of(clients.page)).to_have_count(0)
    expect(clients.page.get_by_text("Loja Intacta").first).to_be_visible()
    assert events_of(client) == 0


def test_a_form_filled_in_while_the_session_ended_comes_back_after_the_login(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, width: int, js: bool, watch: Watch
) -> None:
    watch.expect("401")
    client = make.client(partner, name="Sapataria Passo Certo")
    page = page_of(ana, width, js=js)
    Clients(page, js=js).open().act(client, "Editar")
    form_of(page).get_by_label("Observações").fill("Contrato novo em agosto")
    end_sessions(ana)

    save(page)

    expect(page.get_by_text("o que você digitou foi guardado")).to_be_visible()
    sign_in(page, ana.email)
    expect(form_of(page).get_by_label("Observações")).to_have_value("Contrato novo em agosto")
    save(page)
    said(page, "Cadastro de Sapataria Passo Certo salvo.")
    assert events_of(client) == 1


def test_a_list_whose_session_ended_leads_to_the_login_and_back_to_where_it_was(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, js: bool, watch: Watch
) -> None:
    watch.expect("401")
    make.client(partner, name="Padaria Estrela")
    clients = Clients(page_of(ana, js=js), js=js).open("?sort=due")
    with db.engine.begin() as connection:
        connection.execute(delete(UserSession).where(UserSession.user_id == ana.id))

    clients.tab("Ativo")

    sign_in(clients.page, ana.email)
    expect(clients.page).to_have_url(re.compile(r"/clients\?.*sort=due"))
    expect(clients.page.get_by_text("Padaria Estrela")).to_be_visible()


def test_a_double_click_on_suspender_suspends_once(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, width: int, js: bool
) -> None:
    client = make.client(partner, name="Mercado Dois Cliques")
    page = page_of(ana, width, js=js)
    clients = Clients(page, js=js).open()
    clients.act(client, "Suspender")

    page.get_by_role("button", name="Suspender").dblclick()

    said(page, re.compile("suspenso|Já estava feito"))
    expect(clients.status(client)).to_have_text("Suspenso")
    assert events_of(client) == 1
