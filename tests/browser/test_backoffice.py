"""The vendor's back office: every page on a desktop and a phone, and the road of a registration without JavaScript too."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from portal import clock
from portal.domain.catalogue import Item
from portal.domain.roles import Role
from portal.models import Client, Partner
from tests.browser.barriers import overflow, small_targets, violations
from tests.browser.conftest import PageOf
from tests.browser.screen import said
from tests.browser.watch import Watch
from tests.factories import Factory

LONG = "Associação dos Revendedores de Automação Comercial da Microrregião de São João d'Aliança"


@pytest.fixture
def waiting(make: Factory, partner: Partner) -> Client:
    client = make.client(partner, name=LONG, due_on=None, pending_at=clock.now(), pending_reason="Em avaliação.")
    make.item(client, Item.CLOUD)
    make.client(make.partner(name=f"{LONG} II"), document=client.document)
    return client


def check(page: Page, width: int) -> None:
    assert violations(page) == [], page.url
    assert overflow(page) <= 0, page.url
    if width < 600:
        assert small_targets(page) == [], page.url


def test_nothing_keeps_anybody_out_of_the_back_office(
    page_of: PageOf, make: Factory, partner: Partner, waiting: Client, width: int, watch: Watch
) -> None:
    watch.expect(r"\b4\d\d\b")
    page = page_of(make.user(None, Role.OPERATOR, name="Olga"), width)
    for path in (
        "/backoffice", "/evaluations", "/evaluations?turn=partner", f"/evaluations/{waiting.id}", "/partners",
        "/partners?q=xyzxyz", "/partners/new", f"/partners/{partner.id}", f"/partners/{partner.id}/visit/new",
        "/catalogue", "/catalogue/versions/new", "/catalogue/versions/1",
    ):  # fmt: skip
        page.goto(path)
        check(page, width)
    page.goto("/partners/new")
    page.get_by_role("button", name="Cadastrar").click()
    expect(page.get_by_role("alert").first).to_contain_text("Nada foi gravado ainda")
    check(page, width)
    page.goto("/catalogue/versions/new")
    page.get_by_label("Vale de").fill("2025-08-01")
    page.get_by_role("button", name="Ver quem é afetado").click()
    expect(page.get_by_role("heading", name="Confira a tabela")).to_be_visible()
    check(page, width)
    page.goto(f"/partners/{partner.id}/visit/new")
    page.get_by_label("Motivo do acesso").fill("Chamado 4711")
    page.get_by_role("button", name="Registrar e ver").click()
    expect(page.get_by_role("heading", name="Clientes de")).to_be_visible()
    check(page, width)
    page.locator("table a").first.click()
    expect(page.get_by_role("heading", name="Histórico")).to_be_visible()
    check(page, width)


@pytest.mark.parametrize("width", [360])
def test_a_registration_is_rejected_corrected_and_approved(
    page_of: PageOf, make: Factory, partner: Partner, ana, waiting: Client, js: bool, width: int
) -> None:
    olga = make.user(None, Role.OPERATOR, name="Olga")
    staff = page_of(olga, width, js=js)
    staff.goto("/backoffice")
    staff.get_by_role("link", name="Cadastros pendentes").last.click()
    staff.locator(f"#evaluation-{waiting.id} a").click()
    expect(staff.get_by_text("O mesmo documento está em outra revenda.")).to_be_visible()
    staff.get_by_label("Motivo da recusa").fill("CNPJ de outra loja")
    staff.get_by_role("button", name="Recusar").click()
    said(staff, "recusado")
    shop = page_of(ana, width, js=js)
    shop.goto(f"/clients/{waiting.id}")
    expect(shop.get_by_text("CNPJ de outra loja").first).to_be_visible()
    if js:
        check(shop, width)
    shop.get_by_role("link", name="Corrigir e reenviar").click()
    shop.get_by_label("Nome da empresa").fill("Bar Correto")
    if js:
        check(shop, width)
    shop.get_by_role("button", name="Reenviar", exact=True).click()
    said(shop, "reenviado para avaliação")
    staff.goto(f"/evaluations/{waiting.id}")
    staff.get_by_role("button", name="Aprovar", exact=True).click()
    said(staff, "Cadastro de Bar Correto aprovado")
    shop.goto(f"/clients/{waiting.id}")
    expect(shop.locator("h1 + .s")).to_have_text("Ativo")
