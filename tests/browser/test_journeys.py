"""The job that partners come for, from login to logout: with JavaScript and without, on a desktop and on a phone."""

from __future__ import annotations

import re
from datetime import date

from playwright.sync_api import expect

from portal.domain import codes
from portal.domain.catalogue import Item, Product
from portal.models import Client, Partner, User
from tests.browser.conftest import PageOf
from tests.browser.screen import Clients, ready, said, sign_in
from tests.factories import Factory


def test_a_partner_does_the_whole_job(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, width: int, js: bool
) -> None:
    later = make.client(partner, name="Açougue Boi Gordo", due_on=date(2025, 7, 9))
    earlier = make.client(partner, name="Bazar Três Irmãos", due_on=date(2025, 7, 5), product=Product.NAVI)
    active = make.client(partner, name="Cantina da Praça")
    make.installation(active, version="5.2.1")
    inactive = make.client(partner, name="Drogaria Central", due_on=date(2025, 6, 10))
    waiting = make.client(partner, name="Empório São Bento")
    code = codes.grouped(make.code(waiting).code)
    page = page_of(None, width, js=js)
    clients = Clients(page, js=js).open()

    sign_in(page, ana.email)
    clients.shows(later, earlier, active, inactive, waiting)
    ready(page)
    filters_and_sorts(clients, later, earlier)
    clients.tab("Todos")
    looks_at_details(clients, active)
    suspends_and_resumes(clients, active)
    hides_and_finds_again(clients, inactive)
    clients.open()
    clients.shows(later, earlier, active, inactive, waiting)
    reads_unused_codes(clients, waiting, code)
    page.get_by_role("button", name=partner.name).click()
    page.get_by_role("button", name="Sair").click()
    said(page, "Você saiu do portal.")
    clients.open()
    expect(page.get_by_role("button", name="Entrar")).to_be_visible()


def filters_and_sorts(clients: Clients, later: Client, earlier: Client) -> None:
    clients.tab("Expirado")
    clients.shows(later, earlier)
    clients.sort("Vencimento")
    clients.shows(earlier, later)
    expect(clients.page).to_have_url(re.compile(r"[?&]status=expired\b"))
    expect(clients.page).to_have_url(re.compile(r"[?&]sort=due\b"))


def looks_at_details(clients: Clients, client: Client) -> None:
    details = clients.unfold(client)
    expect(details).to_contain_text("Versão do Link")
    expect(details).to_contain_text("5.2.1")
    expect(details).to_contain_text("Chave")
    expect(details).not_to_contain_text("Código de registro")


def suspends_and_resumes(clients: Clients, client: Client) -> None:
    clients.suspend(client, "Mudança de endereço")
    said(clients.page, f"Acesso de {client.name} suspenso.")
    expect(clients.status(client)).to_have_text("Suspenso")
    clients.back()
    clients.act(client, "Cancelar suspensão")
    said(clients.page, f"Suspensão de {client.name} cancelada.")
    expect(clients.status(client)).to_have_text("Ativo")
    clients.back()


def hides_and_finds_again(clients: Clients, client: Client) -> None:
    clients.act(client, "Ocultar")
    said(clients.page, f"{client.name} oculto.")
    clients.open()
    expect(clients.row(client)).to_have_count(0)
    clients.tick("Oculto")
    clients.filter()
    clients.shows(client)
    clients.act(client, "Reexibir")
    said(clients.page, f"{client.name} voltou para a lista.")


def reads_unused_codes(clients: Clients, client: Client, code: str) -> None:
    page = clients.page
    expect(page.get_by_text("1 cliente tem código de registro não utilizado.")).to_be_visible()
    page.get_by_role("link", name="Visualizar").click()
    expect(page.get_by_role("heading", name="Códigos de registro não utilizados")).to_be_visible()
    expect(page.locator(".codes li")).to_have_count(1)
    expect(page.locator(".codes")).to_contain_text(client.name)
    expect(page.locator(".codes")).to_contain_text(code)
    if clients.js:
        page.get_by_role("button", name="Fechar").click()


def test_details_name_version_quantity_and_auxiliary_products(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, width: int, js: bool
) -> None:
    client = make.client(partner, name="Restaurante Sabor da Terra")
    make.item(client, Item.CLOUD)
    make.item(client, Item.WAITER, 3)
    code = codes.grouped(make.code(client).code)
    page = page_of(ana, width, js=js)

    details = Clients(page).open().unfold(client)

    expect(details).to_contain_text("Ainda não informada")
    expect(details).to_contain_text(code)
    expect(details).to_contain_text("Cloud, Link Garçom × 3")
    arrow = page.get_by_label(f"Detalhes do cliente {client.id}", exact=True)
    expect(arrow).to_have_attribute("aria-expanded", "true")
    arrow.click()
    expect(details).to_be_hidden()
    expect(arrow).to_have_attribute("aria-expanded", "false")
    arrow.click()
    expect(details).to_be_visible()


def test_only_link_rows_have_the_arrow(page_of: PageOf, make: Factory, partner: Partner, ana: User, js: bool) -> None:
    navi = make.client(partner, product=Product.NAVI)
    clients = Clients(page_of(ana, js=js)).open()

    expect(clients.row(navi).get_by_label(re.compile("^Ações"))).to_be_visible()
    expect(clients.row(navi).get_by_label(re.compile("^Detalhes"))).to_have_count(0)


def test_an_action_refused_by_the_status_says_why_and_shows_the_row_as_it_is(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, width: int, js: bool, watch
) -> None:
    watch.expect("409")
    client = make.client(partner, name="Loja do Porto")
    here, there = (Clients(page_of(user, width, js=js), js=js).open() for user in (ana, make.user(partner)))
    here.act(client, "Suspender")
    expect(here.page.get_by_label("Motivo (opcional)")).to_be_visible()
    there.suspend(client, "A pedido do dono")
    said(there.page, "suspenso")

    here.page.get_by_role("button", name="Suspender").last.click()

    if js:
        said(here.page, "Outra pessoa alterou este cliente.")
        expect(here.status(client)).to_have_text("Suspenso")
    else:
        expect(here.page.get_by_role("heading", name="Cadastro alterado")).to_be_visible()
