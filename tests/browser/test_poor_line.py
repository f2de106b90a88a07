"""A line that goes down: it is said, nothing typed is lost, and what is sent again happens once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from portal.models import Client, Partner, User
from tests.browser.conftest import PageOf
from tests.browser.rows import events_of
from tests.browser.screen import Clients, said
from tests.browser.watch import Watch
from tests.factories import Factory


@pytest.fixture(autouse=True)
def _the_line_breaks(watch: Watch) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED", "ERR_CONNECTION_RESET", "Failed to fetch")


@pytest.fixture
def client(make: Factory, partner: Partner) -> Client:
    return make.client(partner, name="Hotel Serra Azul")


@pytest.fixture
def clients(page_of: PageOf, ana: User, client: Client, width: int) -> Clients:
    return Clients(page_of(ana, width)).open()


@contextmanager
def offline(page: Page) -> Iterator[None]:
    page.context.set_offline(True)
    page.wait_for_function("() => !navigator.onLine")
    yield
    page.context.set_offline(False)
    page.wait_for_function("() => navigator.onLine")


def bar(page: Page) -> Locator:
    return page.get_by_role("alert").filter(has_text="Sem conexão")


def try_again(page: Page) -> None:
    bar(page).get_by_role("button", name="Tentar de novo").click()


def search(clients: Clients) -> None:
    clients.search("serra")


def press_tab(clients: Clients) -> None:
    clients.tab("Ativo")


@pytest.mark.parametrize("do", [search, press_tab])
def test_a_filter_pressed_without_a_line_is_repeated_when_it_is_back(
    clients: Clients, client: Client, make: Factory, partner: Partner, do: Callable[[Clients], None]
) -> None:
    from datetime import date

    make.client(partner, name="Vila Velha", due_on=date(2025, 7, 5))
    clients.open()
    page = clients.page
    with offline(page):
        do(clients)
        expect(bar(page)).to_be_visible()
        if do is search:
            expect(page.get_by_role("searchbox")).to_have_value("serra")

    try_again(page)

    clients.shows(client)
    expect(bar(page)).to_be_hidden()


def test_trying_again_while_the_line_is_still_down_says_so_again(clients: Clients) -> None:
    with offline(clients.page):
        clients.tab("Ativo")
        expect(bar(clients.page)).to_be_visible()
        with clients.page.expect_event("requestfailed"):
            try_again(clients.page)
        expect(bar(clients.page)).to_be_visible()


def test_a_reason_typed_in_a_row_survives_and_suspends_once(clients: Clients, client: Client) -> None:
    clients.act(client, "Suspender")
    reason, page = clients.page.get_by_label("Motivo (opcional)"), clients.page
    with offline(page):
        reason.fill("Reforma até agosto")
        reason.press("Enter")
        expect(bar(page)).to_be_visible()
        expect(reason).to_have_value("Reforma até agosto")

    try_again(page)

    said(page, "Acesso de Hotel Serra Azul suspenso.")
    expect(bar(page)).to_be_hidden()
    assert events_of(client) == 1


def test_an_answer_that_was_cut_is_no_doubt(clients: Clients, client: Client) -> None:
    def cut(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    page = clients.page
    page.route("**/suspension", cut, times=1)

    clients.suspend(client, "Reforma")

    expect(bar(page)).to_be_visible()
    assert events_of(client) == 1
    try_again(page)
    said(page, "Já estava feito (Suspensão): gravado às 12:00")
    expect(clients.status(client)).to_have_text("Suspenso")
    assert events_of(client) == 1


def test_the_form_of_a_page_waits_for_the_line_too(clients: Clients, client: Client) -> None:
    page = clients.page
    page.goto(f"/clients/{client.id}/revision/new")
    with offline(page):
        page.get_by_label("Observações").fill("Chave com o vizinho")
        page.get_by_role("button", name="Salvar").click()
        expect(bar(page)).to_be_visible()
        expect(page.get_by_label("Observações")).to_have_value("Chave com o vizinho")

    try_again(page)

    said(page, "Cadastro de Hotel Serra Azul salvo.")
    assert events_of(client) == 1


def test_a_menu_that_could_not_open_opens_when_the_line_is_back(clients: Clients, client: Client) -> None:
    page = clients.page
    with offline(page):
        page.locator(f"#m{client.id}").click()
        expect(bar(page)).to_be_visible()

    try_again(page)

    expect(page.locator(f"#menu-{client.id}.menu").get_by_text("Suspender")).to_be_visible()
