"""Editar and Reativar as a person uses them: DOMAIN's R4, R5, R8-R10 and R15, on dates that give their numbers today.

The server's clock stands on 10/07/2025; the due dates are chosen so that the days charged are those of the examples.
"""

from __future__ import annotations

import re
from datetime import date

from playwright.sync_api import Locator, Page, expect

from portal.domain.catalogue import Item
from portal.models import Client, Partner, User
from tests.browser.conftest import PageOf
from tests.browser.screen import Clients, said
from tests.browser.watch import Watch
from tests.factories import Factory

R4_DUE, R5_DUE = date(2025, 8, 4), date(2025, 8, 9)
"""26 and 31 of the 31 days of their cycles are left."""


def edit(page: Page, client: Client, noun: str = "revision") -> None:
    page.goto(f"/clients/{client.id}/{noun}/new")


def press(page: Page, name: str) -> None:
    """Press "-" or "+" of an item; without JavaScript the page comes back with the other number."""
    page.get_by_role("button", name=name, exact=True).click()


def save(page: Page, button: str = "Salvar") -> None:
    page.locator("#contract").get_by_role("button", name=button, exact=True).click()


def values(page: Page) -> Locator:
    """Return the window (or, without JavaScript, the page) of values."""
    window = page.locator("#values")
    expect(window.get_by_role("heading", name="Confira os valores")).to_be_visible()
    return window


def confirm(page: Page) -> None:
    values(page).get_by_role("button", name="Confirmar").click()


def test_r4_two_seats_are_shown_with_their_values_confirmed_and_undone(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, width: int, js: bool
) -> None:
    client = make.client(partner, name="Bar R4", due_on=R4_DUE)
    page = page_of(ana, width, js=js)
    Clients(page, js=js).open().act(client, "Editar")
    for _ in range(2):
        press(page, "Aumentar Link Garçom")
    expect(page.locator("#plan")).to_contain_text("Entra agora: 2 × Link Garçom.")
    save(page)
    expect(values(page)).to_contain_text(re.compile(r"2 × R\$.19,90 ÷ 31 × 26 dias = R\$.33,38"))
    confirm(page)
    said(page, re.compile(r"Cobrança de R\$.33,38 em aberto\."))
    expect(page.locator("#order")).to_contain_text("Alteração da licença")

    page.get_by_role("button", name="Estornar pedido").click()

    said(page, "Pedido de Bar R4 estornado.")
    expect(page.locator("#order")).to_have_count(0)


def test_r5_a_whole_cycle_is_the_full_price(page_of: PageOf, make: Factory, partner: Partner, ana: User) -> None:
    page = page_of(ana)
    edit(page, make.client(partner, due_on=R5_DUE))
    press(page, "Aumentar Link Garçom")
    save(page)
    expect(values(page)).to_contain_text(re.compile(r"R\$.19,90 \(mês inteiro\)"))


def test_r8_r9_a_removal_just_saves_comes_back_free_and_a_fourth_seat_is_pro_rata(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, js: bool
) -> None:
    client = make.client(partner, name="Bar R8", due_on=R4_DUE)
    make.item(client, Item.WAITER, 3)
    page = page_of(ana, js=js)
    edit(page, client)
    press(page, "Diminuir Link Garçom")
    expect(page.locator("#plan")).to_contain_text("Sai a partir de 05/08/2025: 1 × Link Garçom.")
    save(page)
    said(page, "Cadastro de Bar R8 salvo.")
    expect(page.get_by_text("Link Garçom 3 → 2").first).to_be_visible()

    edit(page, client)
    expect(page.get_by_text("hoje 3 · a partir de 05/08: 2")).to_be_visible()
    for _ in range(2):
        press(page, "Aumentar Link Garçom")
    expect(page.locator("#plan")).to_contain_text("Fica: 1 × Link Garçom.")
    save(page)
    expect(values(page)).to_contain_text(re.compile(r"1 × R\$.19,90 ÷ 31 × 26 dias = R\$.16,69"))
    confirm(page)
    said(page, re.compile(r"Cobrança de R\$.16,69"))


def test_a_removal_is_taken_back_from_the_clients_page(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, js: bool
) -> None:
    client = make.client(partner, name="Bar do Desfazer", due_on=R4_DUE)
    make.item(client, Item.WAITER, 3)
    page = page_of(ana, js=js)
    edit(page, client)
    press(page, "Diminuir Link Garçom")
    expect(page.get_by_label("Link Garçom", exact=True)).to_have_value("2")
    save(page)
    said(page, "salvo")
    page.get_by_role("button", name="Desfazer a mudança de Link Garçom").click()
    expect(page.get_by_role("heading", name="Mudanças agendadas")).to_have_count(0)
    said(page, "salvo")


def test_r10_mobile_without_cloud_is_refused_beside_its_field(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, width: int, js: bool, watch: Watch
) -> None:
    watch.expect("422")
    page = page_of(ana, width, js=js)
    edit(page, make.client(partner, due_on=R4_DUE))
    page.get_by_label("Link Móvel", exact=True).fill("1")
    save(page)
    expect(page.get_by_label("Link Móvel", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Link Móvel precisa de Cloud").first).to_be_visible()
    page.get_by_label("Cloud").check()
    save(page)
    expect(values(page)).to_contain_text("Cloud")


def test_r15_an_inativo_client_is_reactivated_at_the_price_of_a_new_one(
    page_of: PageOf, make: Factory, ana: User, partner: Partner, width: int, js: bool
) -> None:
    other = make.partner(due_day=2)
    client = make.client(other, name="Bar R15", due_on=date(2025, 6, 10))
    page = page_of(make.user(other), width, js=js)
    Clients(page, js=js).open().act(client, "Reativar")
    save(page, "Reativar cliente")
    expect(values(page)).to_contain_text(re.compile(r"÷ 31 × 24 dias = R\$.77,34"))
    confirm(page)
    said(page, "Bar R15 reativado.")
    expect(page.locator("h1 + .s")).to_have_text("Ativo")


def test_by_keyboard_the_window_has_the_focus_and_escape_leaves_everything_as_it_was(
    page_of: PageOf, make: Factory, partner: Partner, ana: User
) -> None:
    page = page_of(ana)
    edit(page, make.client(partner, due_on=R4_DUE))
    page.get_by_label("Observações").fill("Digitado")
    page.get_by_role("button", name="Aumentar Link Garçom").press("Enter")
    page.locator("#contract").get_by_role("button", name="Salvar").press("Enter")
    values(page)
    page.wait_for_function("() => document.activeElement.closest('dialog') !== null")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_label("Observações")).to_have_value("Digitado")
    expect(page.get_by_label("Link Garçom", exact=True)).to_have_value("1")
