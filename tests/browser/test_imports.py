"""An import of clients as a person does it: a file, its columns, the trial, the clients, the way back; no barriers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from portal.domain.roles import Role
from portal.models import Partner, PriceVersion, User
from tests.browser.barriers import overflow, small_targets, violations
from tests.browser.conftest import PageOf
from tests.browser.screen import said
from tests.factories import Factory
from tests.imports.conftest import DUE_TITLES, TITLES
from tests.imports.sheets import csv_of, xlsx_of


@pytest.fixture
def prices(make: Factory) -> PriceVersion:
    return make.price_version()


def row(make: Factory, name: str, **cells: str) -> list[str]:
    facts = {
        "name": name, "document": make.document(), "product": "Link", "uf": "SP", "city": "Campinas",
        "email": "", "phone": "", "method": "", "cloud": "", "waiter": "2", "mobile": "",
    } | cells  # fmt: skip
    return list(facts.values())


def send(page: Page, content: bytes, name: str) -> None:
    page.get_by_label(re.compile("Planilha")).set_input_files({"name": name, "mimeType": "", "buffer": content})
    page.get_by_role("button", name="Enviar planilha").click()
    expect(page.get_by_role("heading", name="Qual coluna é qual?")).to_be_visible()


def check_barriers(page: Page, *, js: bool) -> None:
    if js:  # what looks for them is a script
        assert violations(page) == []
        assert small_targets(page) == []
        assert overflow(page) == 0


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_sheet_becomes_clients_and_is_taken_back(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, prices: PriceVersion, width: int, js: bool, kind: str
) -> None:
    page = page_of(ana, width, js=js)
    page.goto("/clients/new")
    page.get_by_role("link", name="Importar de uma planilha").click()
    expect(page.get_by_role("heading", name="Importar clientes de uma planilha")).to_be_visible()
    check_barriers(page, js=js)

    rows = [
        TITLES,
        row(make, "Padaria do Journey"),
        row(make, "Bar sem cidade", city="Atlântida"),
        row(make, "Mercado"),
    ]
    send(page, csv_of(*rows) if kind == "csv" else xlsx_of(*rows), f"clientes.{kind}")
    expect(page.get_by_label("CPF/CNPJ (obrigatório)")).to_have_value("1")
    check_barriers(page, js=js)

    page.get_by_role("button", name="Conferir planilha").first.click()
    expect(page.get_by_role("heading", name="Total a pagar: R$\xa0279,40")).to_be_visible()
    expect(page.get_by_text("Não há a cidade Atlântida em SP.")).to_be_visible()
    check_barriers(page, js=js)

    page.get_by_role("button", name="Importar só 2 sem erro").click()
    expect(page.get_by_role("heading", name="Importação concluída")).to_be_visible()
    expect(page.get_by_role("link", name="Padaria do Journey")).to_be_visible()
    check_barriers(page, js=js)

    page.get_by_role("button", name="Desfazer importação").click()
    said(page, re.compile(r"Importação \d+ desfeita\."))
    expect(page.get_by_role("heading", name="Importação desfeita")).to_be_visible()
    check_barriers(page, js=js)
    page.get_by_role("link", name="Importações de clientes").click()
    expect(page.get_by_text("Desfeita")).to_be_visible()
    check_barriers(page, js=js)


def test_the_operador_brings_clients_with_their_due_dates(
    page_of: PageOf, make: Factory, partner: Partner, prices: PriceVersion, width: int
) -> None:
    page = page_of(make.user(None, Role.OPERATOR, name="Olga"), width)
    page.goto("/imports")
    page.get_by_role("link", name="Importar clientes").last.click()
    page.get_by_label("Revenda").select_option(value=str(partner.id))
    check_barriers(page, js=True)
    send(page, csv_of(DUE_TITLES, [*row(make, "Cliente de antes"), "09/07/2025"]), "antigos.csv")
    page.get_by_role("button", name="Conferir planilha").first.click()
    expect(page.get_by_text("Nada a pagar.")).to_be_visible()
    page.get_by_role("button", name="Importar 1 cliente").click()
    expect(page.get_by_text("Expirado", exact=True)).to_be_visible()
    check_barriers(page, js=True)
