"""Focus stays where the hand was, results are announced, and the whole job is done by keyboard."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.sync_api import Page, Route, expect

from portal.models import Client, Partner, User
from tests.browser.conftest import PageOf
from tests.browser.screen import Clients, focused, ready, said, wait_for_focus
from tests.browser.watch import Watch, sent_by, until
from tests.factories import PASSWORD, Factory


@pytest.fixture
def shops(make: Factory, partner: Partner) -> list[Client]:
    return [
        make.client(partner, name="Armazém do Porto", due_on=date(2025, 7, 9)),
        make.client(partner, name="Boutique Aurora", due_on=date(2025, 7, 5)),
        make.client(partner, name="Casa das Tintas"),
    ]


@pytest.fixture
def clients(page_of: PageOf, ana: User, shops: list[Client], width: int) -> Clients:
    return Clients(page_of(ana, width)).open()


def test_focus_stays_on_what_was_pressed_in_the_list(clients: Clients, shops: list[Client]) -> None:
    page = clients.page
    tab = page.locator("#t-expired")
    tab.press("Enter")
    clients.shows(*shops[:2])
    expect(tab).to_be_focused()
    said(page, "2 clientes")

    heading = page.locator("#h-due")
    if heading.is_visible():
        heading.press("Enter")
        clients.shows(shops[1], shops[0])
        expect(heading).to_be_focused()

    page.get_by_role("searchbox").fill("porto")
    page.get_by_role("button", name="Filtrar").first.press("Enter")
    clients.shows(shops[0])
    expect(page.locator("#go")).to_be_focused()
    said(page, "Clientes encontrados")

    page.get_by_role("searchbox").fill("nada disso")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("searchbox")).to_be_focused()
    said(page, "Nenhum cliente encontrado")


def test_filtrar_inside_the_filters_leaves_them_open_and_keeps_the_focus(clients: Clients, shops: list[Client]) -> None:
    clients.tick("Expirado")
    button = clients.page.locator("#more-filters").get_by_role("button", name="Filtrar")

    button.press("Enter")

    clients.shows(*shops[:2])
    expect(button).to_be_visible()
    expect(button).to_be_focused()


def test_removing_a_chip_keeps_the_focus_in_the_list(clients: Clients, shops: list[Client]) -> None:
    clients.open("?status=expired&q=a")
    clients.page.get_by_role("link", name="Remover filtro Expirado").press("Enter")

    clients.shows(*shops)
    is_inside = "() => document.activeElement.closest('#client-table') !== null"
    clients.page.wait_for_function(is_inside)


def test_the_arrow_keeps_the_focus_while_its_row_opens_and_closes(clients: Clients, shops: list[Client]) -> None:
    arrow = clients.page.locator(f"#o{shops[0].id}")
    for is_open in ("true", "false", "true"):
        arrow.press("Enter")
        expect(arrow).to_have_attribute("aria-expanded", is_open)
        expect(arrow).to_be_focused()


def test_the_menu_takes_the_focus_and_escape_gives_it_back(clients: Clients, shops: list[Client]) -> None:
    dots = clients.page.locator(f"#m{shops[2].id}")
    dots.press("Enter")
    menu = clients.page.locator(f"#menu-{shops[2].id}")
    expect(menu.locator("a, button").first).to_be_focused()
    expect(dots).to_have_attribute("aria-expanded", "true")

    clients.page.keyboard.press("Escape")

    expect(dots).to_be_focused()
    expect(dots).to_have_attribute("aria-expanded", "false")
    expect(menu).to_be_empty()


def test_a_press_on_the_dots_of_an_open_menu_closes_it(clients: Clients, shops: list[Client]) -> None:
    dots, menu = clients.page.locator(f"#m{shops[2].id}"), clients.open_menu(shops[2])

    with sent_by(clients.page) as sent:
        dots.click()
        expect(menu).to_have_count(0)
        expect(dots).to_be_focused()

    assert sent == []
    expect(dots).to_have_attribute("aria-expanded", "false")


def test_opening_a_menu_closes_the_one_that_was_open(clients: Clients, shops: list[Client]) -> None:
    clients.open_menu(shops[2])
    clients.open_menu(shops[1])
    expect(clients.page.locator(".menu")).to_have_count(1)


def test_after_an_action_the_focus_is_in_its_row_and_the_result_is_said(clients: Clients, shops: list[Client]) -> None:
    client, page = shops[2], clients.page
    clients.act(client, "Suspender")
    reason = page.get_by_label("Motivo (opcional)")
    expect(reason).to_be_focused()

    reason.press("Enter")

    said(page, "Acesso de Casa das Tintas suspenso.")
    wait_for_focus(page, f"m{client.id}", f"o{client.id}")
    clients.act(client, "Cancelar suspensão")
    said(page, "cancelada")
    wait_for_focus(page, f"m{client.id}", f"o{client.id}")


def test_leaving_a_row_form_gives_the_focus_back_to_the_row(clients: Clients, shops: list[Client]) -> None:
    client = shops[2]
    clients.act(client, "Suspender")
    wait_for_focus(clients.page, f"reason-{client.id}")

    clients.page.get_by_role("link", name="Voltar", exact=True).press("Enter")

    wait_for_focus(clients.page, f"m{client.id}", f"o{client.id}")


def test_a_refused_form_puts_the_focus_on_the_first_field_to_mend(
    clients: Clients, shops: list[Client], watch: Watch
) -> None:
    watch.expect("422")
    clients.act(shops[2], "Editar")
    wait_for_focus(clients.page, "name")
    ready(clients.page)
    clients.page.get_by_label("Telefone").fill("123")
    clients.page.get_by_role("button", name="Salvar").press("Enter")

    expect(clients.page.get_by_label("Telefone")).to_be_focused()


def test_the_codes_window_takes_the_focus_and_escape_gives_it_back(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, width: int
) -> None:
    make.code(make.client(partner))
    page = page_of(ana, width)
    Clients(page).open()
    page.get_by_role("link", name="Visualizar").press("Enter")
    window = page.get_by_role("dialog")
    expect(window).to_be_visible()
    page.wait_for_function("() => document.activeElement.closest('dialog') !== null")

    page.keyboard.press("Escape")

    expect(window).to_be_hidden()
    wait_for_focus(page, "codes")


class Held:
    """Holds answers back until the test lets them through, as a slow line does."""

    def __init__(self, page: Page, pattern: str) -> None:
        self.page, self.routes = page, list[Route]()
        page.route(pattern, self._hold)

    def _hold(self, route: Route) -> None:
        self.routes.append(route)

    def let_go(self) -> None:
        until(self.page, lambda: bool(self.routes))
        self.routes.pop(0).continue_()


def test_what_is_typed_while_an_answer_is_on_its_way_stays(page_of: PageOf, ana: User, shops: list[Client]) -> None:
    page = page_of(ana)
    clients = Clients(page).open()
    held = Held(page, "**/clients?q=*")
    box = page.get_by_role("searchbox")
    with page.expect_request("**/clients?q=a*"):
        box.fill("a")
        box.press("Enter")
    box.press_sequentially("urora")
    held.let_go()
    said(page, "Clientes encontrados")
    expect(box).to_have_value("aurora")
    expect(box).to_be_focused()

    with page.expect_request("**/clients?q=aurora*"):
        box.press("Enter")
    held.let_go()

    clients.shows(shops[1])


def test_the_latest_of_two_searches_counts(page_of: PageOf, ana: User, shops: list[Client]) -> None:
    page = page_of(ana)
    clients = Clients(page).open()
    held = Held(page, "**/clients?q=*")
    box = page.get_by_role("searchbox")
    for text in ("porto", "aurora"):
        with page.expect_request(f"**/clients?q={text}*"):
            box.fill(text)
            box.press("Enter")

    held.let_go()
    held.let_go()

    clients.shows(shops[1])
    expect(box).to_have_value("aurora")
    expect(page).to_have_url(re.compile("q=aurora"))


def test_the_whole_job_by_keyboard(page_of: PageOf, make: Factory, partner: Partner, ana: User) -> None:
    client = make.client(partner, name="Mercearia Central")
    make.code(client)
    gone = make.client(partner, name="Xaropes & Cia", due_on=date(2025, 6, 10))
    page = page_of(None)
    page.goto("/clients")
    type_login(page, ana)
    look_at_codes(page)
    leave_only_inativo_ticked(page)
    hide_in_menu(page, gone)
    said(page, "Xaropes & Cia oculto.")

    page.goto("/clients")
    tab_to(page, f"o{client.id}")
    page.keyboard.press("Enter")
    expect(page.locator(f"#x{client.id}")).to_contain_text("Código de registro")
    wait_for_focus(page, f"o{client.id}")
    suspend_and_resume(page, client)


def type_login(page: Page, user: User) -> None:
    """Type from the first key on, once the page has put the focus in its first field."""
    wait_for_focus(page, "email")
    keys = page.keyboard
    keys.type(user.email)
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Clientes", exact=True)).to_be_visible()
    ready(page)


def look_at_codes(page: Page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    tab_to(page, "codes")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    wait_for_focus(page, "codes")


def leave_only_inativo_ticked(page: Page) -> None:
    keys = page.keyboard
    tab_to(page, "f-sum")
    keys.press("Enter")
    for box in page.locator("#more-filters").get_by_role("checkbox").all():
        keys.press("Tab")
        expect(box).to_be_focused()
        if box.get_attribute("value") != "inactive" and box.is_checked():
            keys.press("Space")
    keys.press("Enter")
    said(page, "1 cliente")


def hide_in_menu(page: Page, client: Client) -> None:
    tab_to(page, f"m{client.id}")
    page.keyboard.press("Enter")
    tab_to_entry(page, client, "Reativar", "Ocultar")
    page.keyboard.press("Enter")


def suspend_and_resume(page: Page, client: Client) -> None:
    keys = page.keyboard
    tab_to(page, f"m{client.id}")
    keys.press("Enter")
    tab_to_entry(page, client, "Editar", "Suspender")
    keys.press("Enter")
    expect(page.get_by_label("Motivo (opcional)")).to_be_focused()
    keys.type("Férias")
    keys.press("Enter")
    said(page, f"Acesso de {client.name} suspenso.")
    wait_for_focus(page, f"m{client.id}", f"o{client.id}")
    if focused(page) == f"o{client.id}":
        keys.press("Tab")
    keys.press("Enter")
    tab_to_entry(page, client, "Editar", "Cancelar suspensão")
    keys.press("Enter")
    said(page, f"Suspensão de {client.name} cancelada.")


def tab_to_entry(page: Page, client: Client, first: str, wanted: str) -> None:
    """Check that an opened menu has the focus on its first entry, and press Tab until it is on another."""
    menu = page.locator(f"#menu-{client.id}")
    expect(menu.get_by_text(first, exact=True)).to_be_focused()
    for _ in range(menu.locator("a, button").count()):
        if page.evaluate("document.activeElement.textContent") == wanted:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} is not reached by Tab")


def tab_to(page: Page, wanted: str, limit: int = 60) -> None:
    """Press Tab until an element has the focus, as somebody without a mouse does."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        if focused(page) == wanted:
            return
    raise AssertionError(f"{wanted} is not reached by Tab")
