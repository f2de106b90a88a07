"""Crédito, Perfil and Fechamento do mês in a browser: from Home, with JavaScript and without, on a desktop and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from portal.credit import service
from portal.credit.service import Origin
from portal.domain.catalogue import Product
from portal.domain.invoices import CreditKind
from portal.extensions import db
from portal.models import Client, Partner, User
from tests.browser.barriers import overflow, small_targets, violations
from tests.browser.conftest import PageOf
from tests.browser.screen import said, wait_for_focus
from tests.browser.test_barriers import LONG
from tests.conftest import NOW
from tests.factories import Factory
from tests.money import Purse, pay
from tests.registrations.conftest import viewer_of

TODAY = NOW.date()


@pytest.fixture
def client(make: Factory, partner: Partner, ana: User) -> Client:
    """Return a client that was renewed with credit, some of which was too much; another is on an open invoice."""
    purse = Purse(viewer_of(ana))
    paid, asked = (
        make.client(partner, name=name, product=Product.NAVI, due_on=TODAY + timedelta(days=1))
        for name in (LONG, "Bar do Zé")
    )
    service.move(partner.id, CreditKind.MARGIN, 123_456, now=NOW, origin=Origin(client_id=paid.id))
    pay(purse.renew(paid, TODAY, credit=1_000), TODAY, cents=5_000)
    purse.renew(asked, TODAY, credit=2_000)
    db.session.commit()
    return paid


def test_from_home_to_where_credit_came_from_and_went(
    page_of: PageOf, ana: User, client: Client, width: int, js: bool
) -> None:
    page = page_of(ana, width, js=js)
    page.goto("/")
    page.get_by_role("link", name=re.compile("Crédito atual R\\$ 1\\.214,66 Ver detalhes")).click()
    expect(page.get_by_role("heading", name="Crédito", level=1)).to_be_visible()
    rows = page.locator("#credit-table tbody")
    expect(rows).to_have_count(4)
    expect(rows.filter(has_text="Resgatado na fatura 1")).to_contain_text("− R$ 10,00")
    expect(rows.filter(has_text="Reservado na fatura 2")).to_contain_text("− R$ 20,00")

    page.get_by_role("list", name="Entradas e saídas").get_by_role("link", name="Saídas").click()
    expect(page.locator("caption")).to_have_text("2 movimentos")
    assert "way=out" in page.url
    page.get_by_role("combobox", name="Movimento").select_option("Entradas")
    page.get_by_role("button", name="Filtrar").click()
    expect(rows).to_have_count(2)
    with page.expect_download() as sent:
        page.get_by_role("link", name="Exportar CSV").click()
    assert sent.value.suggested_filename == f"credito-{TODAY:%Y-%m-%d}.csv"


def test_by_keyboard_the_hand_stays_and_results_are_said(page_of: PageOf, ana: User, client: Client) -> None:
    page = page_of(ana)
    page.goto("/credit")
    page.locator("#t-3").focus()
    wait_for_focus(page, "t-3")
    page.keyboard.press("Enter")
    said(page, "2 movimentos")
    wait_for_focus(page, "t-3")


def test_from_the_company_s_name_to_the_closed_month_and_its_paper(
    page_of: PageOf, ana: User, client: Client, width: int, js: bool
) -> None:
    page = page_of(ana, width, js=js)
    page.goto("/clients")
    page.locator(".who > button").click()
    page.locator("#me").get_by_role("link", name="Perfil").click()
    expect(page.get_by_role("heading", name="Ana Lima")).to_be_visible()
    page.locator("main").get_by_role("link", name="Fechamento do mês").click()
    expect(
        page.get_by_role("heading", name="Não confere com os lançamentos")
    ).to_be_visible()  # the margin is of no charge
    row = page.locator("tbody").filter(has_text=LONG)
    expect(row).to_contain_text("R$ 49,90")
    page.get_by_role("link", name="Extrato para imprimir").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Gama Automação · julho de 2025")
    expect(page.locator("tbody").filter(has_text=LONG)).to_be_visible()
    page.get_by_role("link", name="Voltar ao fechamento").click()
    page.get_by_role("combobox", name="Mês").select_option("maio de 2025")
    page.get_by_role("button", name="Mostrar").click()
    expect(page.get_by_role("heading", name="Nada em maio de 2025")).to_be_visible()
    expect(page.get_by_role("heading", name="Confere com os lançamentos", exact=True)).to_be_visible()


def home(page: Page) -> None:
    page.goto("/")


def profile(page: Page) -> None:
    page.goto("/profile")


def credit(page: Page) -> None:
    page.goto("/credit")


def credit_narrowed_to_nothing(page: Page) -> None:
    page.goto("/credit?month=2024-01&way=out")


def month(page: Page) -> None:
    page.goto("/closing")


def empty_month(page: Page) -> None:
    page.goto("/closing?month=2024-01")


def paper(page: Page) -> None:
    page.goto("/closing/statement")


STATES: list[Callable[[Page], None]] = [home, profile, credit, credit_narrowed_to_nothing, month, empty_month, paper]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_nothing_keeps_anybody_out(
    page_of: PageOf, ana: User, client: Client, width: int, state: Callable[[Page], None]
) -> None:
    page = page_of(ana, width)
    state(page)

    assert violations(page) == []
    assert overflow(page) <= 0
    if width < 600:
        assert small_targets(page) == []
