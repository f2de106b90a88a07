"""A request as two people use it: a partner sends an import with its file, staff value it; with scripts and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Invoice, Partner, User
from tests.browser.barriers import overflow, small_targets, violations
from tests.browser.conftest import PageOf
from tests.browser.test_barriers import LONG
from tests.conftest import NOW
from tests.factories import Factory
from tests.money import pay

FILE = {"name": "produtos.csv", "mimeType": "text/csv", "buffer": b"codigo;produto\n1;Leite\n"}


def check_barriers(page: Page, *, js: bool) -> None:
    if js:  # what looks for them is a script
        assert violations(page) == []
        assert small_targets(page) == []
        assert overflow(page) <= 0


def state(page: Page, word: str) -> None:
    expect(page.locator("#request .s").first).to_have_text(word)


@pytest.fixture
def olga(make: Factory) -> User:
    return make.user(None, Role.OPERATOR, name="Olga Operadora")


def send(page: Page, *, js: bool) -> None:
    """Ask for an import for the client with the long name, from the empty list on."""
    page.goto("/import-requests")
    page.get_by_role("link", name="Solicitar importação").click()
    check_barriers(page, js=js)
    page.get_by_role("link", name=LONG).click()
    page.get_by_label("Sistema anterior").fill("Caixa Fácil")
    page.get_by_label("O que importar").fill("Produtos e clientes")
    page.get_by_label("Contato").fill("Bia")
    page.get_by_label("Arquivo com os dados").set_input_files(FILE)
    check_barriers(page, js=js)
    page.get_by_role("button", name="Enviar solicitação").click()
    state(page, "Enviada")
    check_barriers(page, js=js)


def value(desk: Page, *, js: bool) -> None:
    """Take the newest request out of the queue, ask something, name its value."""
    desk.goto("/queue")
    check_barriers(desk, js=js)
    desk.get_by_role("link", name=LONG).first.click()
    desk.get_by_role("button", name="Assumir e analisar").click()
    state(desk, "Em análise")
    desk.get_by_label("Mensagem").fill("Qual a versão do sistema?")
    desk.get_by_role("button", name="Enviar mensagem").click()
    expect(desk.locator("#line").get_by_text("Qual a versão do sistema?")).to_be_visible()
    desk.get_by_label("Valor da importação").fill("350,00")
    check_barriers(desk, js=js)
    desk.get_by_role("button", name="Pedir pagamento").click()
    state(desk, "Aguardando pagamento")
    check_barriers(desk, js=js)


def test_an_import_is_asked_for_valued_and_given_up(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, olga: User, width: int, js: bool
) -> None:
    make.price_version()
    make.client(partner, name=LONG)
    page = page_of(ana, width, js=js)
    send(page, js=js)
    value(page_of(olga, width, js=js), js=js)
    page.reload()
    state(page, "Aguardando pagamento")
    expect(page.get_by_role("link", name="Ver fatura e pagar")).to_be_visible()
    page.get_by_text("Cancelar solicitação", exact=True).click()
    check_barriers(page, js=js)
    page.get_by_role("button", name="Confirmar cancelamento").click()
    state(page, "Cancelada")
    page.goto("/import-requests")
    expect(page.get_by_role("link", name=LONG)).to_be_visible()
    check_barriers(page, js=js)


def test_an_import_that_was_paid_and_cannot_be_done_comes_back_as_credit(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, olga: User
) -> None:
    make.price_version()
    make.client(partner, name=LONG)
    page, desk = page_of(ana, 360), page_of(olga, 360)
    send(page, js=True)
    value(desk, js=True)
    newest = select(Invoice).where(Invoice.partner_id == partner.id).order_by(Invoice.id.desc())
    pay(db.session.scalars(newest).first(), NOW.date())
    desk.reload()
    desk.get_by_role("button", name="Iniciar execução").click()
    state(desk, "Em execução")
    desk.get_by_text("Recusar", exact=True).click()
    expect(desk.get_by_text("o valor volta como crédito")).to_be_visible()
    check_barriers(desk, js=True)
    desk.get_by_label("Motivo").fill("O arquivo está corrompido")
    desk.get_by_role("button", name="Recusar solicitação").click()
    state(desk, "Recusada")
    page.reload()
    expect(page.get_by_text("devolvido como crédito")).to_be_visible()
    page.goto("/credit")
    expect(page.get_by_text("Importação recusada: valor devolvido")).to_be_visible()
