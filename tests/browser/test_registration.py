"""A new client as a person registers it: typed, counted, seen, confirmed; with script and without, by keyboard, on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from sqlalchemy import select

from portal.demo.people import ALFA, PASSWORD
from portal.domain.catalogue import Product
from portal.extensions import db
from portal.models import Client, Partner, User
from tests.browser.barriers import overflow, small_targets, violations
from tests.browser.conftest import PageOf
from tests.browser.rows import end_sessions
from tests.browser.screen import focused, ready, sign_in, wait_for_focus
from tests.browser.server import running_server
from tests.browser.watch import Watch
from tests.factories import Factory


class NewClient:
    """The screen "+ Novo cliente"."""

    def __init__(self, page: Page, *, js: bool = True) -> None:
        self.page, self.js = page, js
        self.form = page.locator("#registration")

    def open(self) -> NewClient:
        self.page.goto("/clients")
        self.page.get_by_role("link", name="+ Novo cliente").first.click()
        return self.arrived()

    def arrived(self) -> NewClient:
        """Wait until the screen is there and what it does while one types as well."""
        expect(self.page.get_by_role("heading", name="Novo cliente")).to_be_visible()
        ready(self.page)
        return self

    def fill(self, document: str, name: str = "Empório Bom Gosto", product: str = "Link") -> None:
        self.form.get_by_label("CPF/CNPJ").fill(document)
        self.form.get_by_label("Nome da empresa").fill(name)
        self.form.get_by_label("UF").select_option("SP")
        self.form.get_by_label("Cidade").fill("Santos")
        if self.js:
            expect(self.page.locator("#document-said")).not_to_be_empty()
        self.choose(product)

    def choose(self, product: str) -> None:
        chosen = self.form.get_by_label("Produto", exact=True)
        if chosen.locator("option:checked").inner_text() == product:
            return
        chosen.select_option(label=product)
        if not self.js:
            self.press("Mostrar produtos")
        offers = self.form.get_by_label("Link Garçom", exact=True)
        expect(offers).to_have_count(1 if product == "Link" else 0)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def total(self, text: str) -> None:
        """Check the running total; without script a button works it out."""
        if not self.js:
            self.press("Calcular")
        expect(self.page.locator("#quote")).to_contain_text(text)

    def save(self) -> Locator:
        self.form.get_by_role("button", name="Salvar").last.click()
        window = self.page.locator("#confirmation")
        expect(window.get_by_role("heading", name="Confira os valores")).to_be_visible()
        return window

    def confirm(self) -> None:
        self.press("Confirmar")
        expect(
            self.page.get_by_role("heading", name=re.compile("^(Cliente cadastrado|Cadastro enviado)"))
        ).to_be_visible()


def clients_of(partner: Partner) -> list[Client]:
    with db.engine.connect() as connection:
        return list(connection.execute(select(Client.id, Client.name).where(Client.partner_id == partner.id)))


def test_a_client_is_registered_with_its_products_and_has_its_code_at_once(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, width: int, js: bool
) -> None:
    new = NewClient(page_of(ana, width, js=js), js=js).open()
    new.fill(make.document())
    new.press("Aumentar Link Garçom")
    new.press("Aumentar Link Garçom")
    new.press("Aumentar Link Móvel")
    new.total("Link Móvel precisa de Cloud: marque Cloud ou tire o Móvel.")
    new.form.get_by_label("Cloud").check()
    new.press("Diminuir Link Garçom")
    new.total("Total: R$ 174,60")  # 99,90 + 29,90 + 19,90 + 24,90, inside the window
    expect(new.form.get_by_label("Nome da empresa")).to_have_value("Empório Bom Gosto")

    window = new.save()
    expect(window).to_contain_text("1 × R$ 99,90 (mês inteiro) = R$ 99,90")
    expect(window).to_contain_text("pago até 10/08/2025")
    assert clients_of(partner) == []
    new.confirm()

    expect(new.page.locator(".codes code")).to_have_count(2)
    expect(new.page.locator(".codes code").first).to_have_text(re.compile(r"^(\w{4}-){3}\w{4}$"))
    expect(new.page.get_by_text("em aberto")).to_contain_text("R$ 174,60")
    new.page.get_by_role("link", name="Ver cliente").click()
    expect(new.page.get_by_role("heading", name="Empório Bom Gosto")).to_be_visible()
    expect(new.page.locator("h1 + .s")).to_have_text("Ativo")


def test_the_whole_job_by_keyboard(page_of: PageOf, make: Factory, partner: Partner, ana: User) -> None:
    page = page_of(ana)
    page.goto("/clients/new")
    keys = page.keyboard
    wait_for_focus(page, "document")
    keys.type(make.document())
    expect(page.locator("#document-said")).to_have_text("CNPJ válido.")
    _tab_to(page, "name")
    keys.type("Bazar do Teclado")
    _tab_to(page, "city")
    keys.type("Rio Branco")
    keys.press("Shift+Tab")
    keys.type("AC")
    _tab_to(page, "waiter-more")
    keys.press("Enter")
    keys.press("Space")
    expect(page.locator("#waiter")).to_have_value("2")
    assert focused(page) == "waiter-more"
    expect(page.locator("#quote")).to_contain_text("2 × R$ 19,90")
    _tab_to(page, "waiter", "Shift+Tab")
    keys.press("ArrowUp")
    expect(page.locator("#quote")).to_contain_text("3 × R$ 19,90")
    _see_and_leave_the_window(page)
    page.locator("#waiter").press("Enter")
    expect(page.locator("#confirmation-title")).to_be_focused()
    keys.press("Tab")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Cliente cadastrado")).to_be_visible()
    assert [row.name for row in clients_of(partner)] == ["Bazar do Teclado"]


def _see_and_leave_the_window(page: Page) -> None:
    """Press Enter in a field, which is Salvar, and Escape, which gives the form back as it was."""
    page.keyboard.press("Enter")
    expect(page.locator("#confirmation-title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#confirmation-title")).to_be_hidden()
    expect(page.locator("#name")).to_have_value("Bazar do Teclado")


def _tab_to(page: Page, wanted: str, key: str = "Tab") -> None:
    for _ in range(40):
        page.keyboard.press(key)
        if focused(page) == wanted:
            return
    raise AssertionError(f"{key} never comes to {wanted}")


def test_what_is_refused_comes_back_marked_with_everything_typed(
    page_of: PageOf, ana: User, width: int, js: bool, watch: Watch
) -> None:
    watch.expect("422")
    new = NewClient(page_of(ana, width, js=js), js=js).open()
    new.fill("11.222.333/0001-82")
    new.form.get_by_label("Link Garçom", exact=True).fill("1000000000")
    new.form.get_by_role("button", name="Salvar").last.click()

    expect(new.form.get_by_role("alert").first).to_contain_text("Nada foi gravado ainda.")
    expect(new.form.get_by_label("CPF/CNPJ")).to_have_attribute("aria-invalid", "true")
    expect(new.form.get_by_label("CPF/CNPJ")).to_have_value("11.222.333/0001-82")
    expect(new.form.get_by_text("os dígitos verificadores não conferem").first).to_be_visible()
    expect(new.form.get_by_label("Link Garçom", exact=True)).to_have_value("1000000000")
    expect(new.form.get_by_text("Link Garçom: informe de 0 a 999.").first).to_be_visible()
    expect(new.form.get_by_label("Cidade")).to_have_value("Santos")
    if js:
        expect(new.form.get_by_label("CPF/CNPJ")).to_be_focused()


def test_a_document_that_is_here_is_named_and_the_other_product_is_welcome(
    page_of: PageOf, make: Factory, partner: Partner, ana: User
) -> None:
    navi = make.client(partner, name="Bar Antigo", product=Product.NAVI)
    new = NewClient(page_of(ana)).open()
    said = new.page.locator("#document-said")
    new.form.get_by_label("CPF/CNPJ").press_sequentially(navi.document)
    expect(said).to_contain_text("Este CNPJ já tem o Navi (Bar Antigo, Ativo); o Link será um segundo cadastro.")
    new.choose("Navi Vendas/PDV+")
    expect(said).to_contain_text("Já cadastrado com o Navi: Bar Antigo (Ativo).")


def test_a_confirmation_whose_answer_was_lost_is_sent_again_and_done_once(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, watch: Watch
) -> None:
    watch.expect("ERR_CONNECTION_RESET", "Failed to fetch")
    new = NewClient(page_of(ana)).open()
    new.fill(make.document())
    new.save()

    def lose(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort("connectionreset")

    new.page.route("**/clients", lose, times=1)
    new.press("Confirmar")
    bar = new.page.get_by_role("alert").filter(has_text="Sem conexão")
    expect(bar).to_be_visible()
    bar.get_by_role("button", name="Tentar de novo").click()

    expect(new.page.get_by_role("heading", name="Cliente cadastrado")).to_be_visible()
    assert len(clients_of(partner)) == 1


def test_a_session_that_ended_while_typing_brings_the_form_back(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, watch: Watch
) -> None:
    watch.expect("401")
    new = NewClient(page_of(ana)).open()
    new.fill(make.document(), name="Restaurante Guardado")
    expect(new.page.locator("#cities option").first).to_be_attached()  # nothing is under way any more
    end_sessions(ana)
    new.press("Aumentar Link Garçom")

    new.page.wait_for_url(re.compile("/login"))
    sign_in(new.page, ana.email)

    expect(new.form.get_by_label("Nome da empresa")).to_have_value("Restaurante Guardado")
    expect(new.form.get_by_label("Link Garçom", exact=True)).to_have_value("1")
    new.save()
    new.confirm()
    assert len(clients_of(partner)) == 1


# every state, for everybody


def filled(new: NewClient, make: Factory) -> None:
    new.fill(make.document())
    new.form.get_by_label("Link Móvel", exact=True).fill("2")
    new.total("precisa de Cloud")


def refused(new: NewClient, make: Factory) -> None:
    filled(new, make)
    new.form.get_by_label("Nome da empresa").fill("")
    new.form.get_by_role("button", name="Salvar").last.click()
    expect(new.form.get_by_role("alert").first).to_be_visible()


def window(new: NewClient, make: Factory) -> None:
    new.fill(
        make.document(), name="Associação dos Produtores de Hortifrutigranjeiros da Microrregião de São João d'Aliança"
    )
    new.press("Aumentar Link Garçom")
    new.save()


def receipt(new: NewClient, make: Factory) -> None:
    window(new, make)
    new.confirm()


def waiting(new: NewClient, make: Factory) -> None:
    held = make.client(make.partner())
    new.fill(held.document)
    new.save()
    new.confirm()
    expect(new.page.get_by_text("Cadastro em avaliação pelo fornecedor.")).to_be_visible()


@pytest.mark.parametrize("state", [filled, refused, window, receipt, waiting], ids=lambda state: state.__name__)
def test_nothing_keeps_anybody_out(
    page_of: PageOf, make: Factory, ana: User, width: int, watch: Watch, state: Callable[[NewClient, Factory], None]
) -> None:
    watch.expect("422")
    new = NewClient(page_of(ana, width)).open()
    state(new, make)
    assert violations(new.page) == []
    assert overflow(new.page) <= 0
    if width < 600:
        assert small_targets(new.page) == []


# days of DOMAIN's worked examples


class Days:
    """A portal of its own whose calendar the test turns, and its Administrador's browser."""

    def __init__(self, page: Page, clock_file: Path) -> None:
        self.page, self._clock_file = page, clock_file

    def turn_to(self, moment: str) -> None:
        following = self._clock_file.with_suffix(".next")
        following.write_text(f"{moment}:00-03:00", encoding="utf-8")
        following.replace(self._clock_file)  # the server never reads half a moment

    def on(self, day: str, at: str = "12:00") -> NewClient:
        """Come back on another day; the session of the day before has ended."""
        self.turn_to(f"{day}T{at}")
        self.page.context.clear_cookies()
        self.page.goto("/clients/new")
        sign_in(self.page, ALFA.people[0].email, PASSWORD)
        return NewClient(self.page).arrived()


@pytest.fixture
def days(chromium: Browser, tmp_path: Path) -> Iterator[Days]:
    clock_file = tmp_path / "now"
    clock_file.write_text("2025-06-16T12:00:00-03:00", encoding="utf-8")
    with running_server(tmp_path, f"@{clock_file}") as server:
        context = chromium.new_context(base_url=server.url, locale="pt-BR", ignore_https_errors=True)
        yield Days(context.new_page(), clock_file)
        context.close()


def test_r17_r6_and_r7_are_quoted_and_charged_on_their_days(days: Days) -> None:
    both = "12345678000195"
    new = days.on("2025-06-16")
    new.fill(both, product="Navi Vendas/PDV+")
    new.total("1 × R$ 49,90 ÷ 30 × 25 dias = R$ 41,58")
    new.save()
    new.confirm()
    expect(days.page.locator("dl")).to_contain_text("10/07/2025")

    days.page.get_by_role("link", name="Novo cliente", exact=True).click()
    new.arrived().fill(both)  # R17
    expect(days.page.locator("#document-said")).to_contain_text("o Link será um segundo cadastro")
    expect(new.save()).to_contain_text("1 × R$ 99,90 ÷ 30 × 25 dias = R$ 83,25")
    new.confirm()
    expect(days.page.locator(".codes code")).to_have_count(1)

    new = days.on("2025-06-25")  # R6
    new.fill("45997418000153")
    window = new.save()
    expect(window).to_contain_text("1 × R$ 99,90 ÷ 30 × 16 dias = R$ 53,28")
    expect(window).to_contain_text("pago até 10/07/2025")
    new.confirm()

    new = days.on("2025-07-05")  # R7
    new.fill("60701190000104")
    window = new.save()
    expect(window).to_contain_text("1 × R$ 99,90 (mês inteiro) = R$ 99,90")
    expect(window).to_contain_text("pago até 10/08/2025")
    new.confirm()
    expect(days.page.get_by_text("em aberto")).to_contain_text("R$ 99,90")


def test_a_day_that_turns_while_the_window_is_open_is_asked_again(days: Days) -> None:
    new = days.on("2025-06-24", at="23:50")
    new.fill("45997418000153")
    new.save()
    days.turn_to("2025-06-25T00:10")
    new.press("Confirmar")
    expect(
        days.page.get_by_role("alert").filter(has_text="O valor mudou: era R$ 56,61, agora R$ 53,28.")
    ).to_be_visible()
    new.confirm()
    expect(days.page.get_by_text("em aberto")).to_contain_text("R$ 53,28")
