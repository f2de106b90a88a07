"""Money as the vendor's staff look after it: what the bank told of, given a destination, taken back; typed from a statement."""

from __future__ import annotations

import re
from datetime import date, time
from functools import partial

import pytest
from playwright.sync_api import Locator, Page, expect

from portal.access import Viewer
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Client, Invoice, Partner, User
from tests.browser.barriers import overflow, small_targets, violations
from tests.browser.conftest import PageOf
from tests.browser.screen import said
from tests.browser.server import Server
from tests.browser.watch import Watch
from tests.factories import Factory
from tests.money import Purse, at
from tests.psp import Psp
from tests.registrations.conftest import viewer_of

TODAY = date(2025, 7, 10)


@pytest.fixture
def client(make: Factory, partner: Partner) -> Client:
    return make.client(partner, due_on=TODAY)


@pytest.fixture
def invoice(ana: User, client: Client) -> Invoice:
    """Return the client's open invoice."""
    actor: Viewer = viewer_of(ana)
    return Purse(actor).renew(client, TODAY)


@pytest.fixture
def bank(server: Server) -> Psp:
    """Return a bank that knows where the running portal wants to be told."""
    secret = (server.instance / "demo-pix-webhook-secret").read_text(encoding="ascii")
    return Psp(f"{server.url}/webhooks/pix/{secret}/pix")


@pytest.fixture
def page(page_of: PageOf, make: Factory, width: int, js: bool) -> Page:
    """Return the browser of somebody of the vendor's."""
    return page_of(make.user(None, Role.OPERATOR, name="Olga"), width, js=js)


def check(page: Page, width: int, *, js: bool) -> None:
    """Nothing keeps anybody out of what is shown."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if js:
        assert violations(page) == []
        assert overflow(page) <= 0
    if js and width < 600:
        assert small_targets(page) == []


def due_of(client: Client) -> date | None:
    db.session.expire_all()
    due_on: date | None = db.session.get(Client, client.id).due_on
    db.session.rollback()
    return due_on


def open_menu(page: Page) -> None:
    """Show every entry of the menu; on a phone some stand behind "Mais"."""
    page.goto("/users")
    more = page.get_by_role("button", name="Mais")
    if more.is_visible():
        more.click()


def test_lost_money_is_given_its_destination_and_taken_back(
    page: Page, bank: Psp, client: Client, invoice: Invoice, partner: Partner, width: int, js: bool
) -> None:
    cents, txid = invoice.total_cents, invoice.txid
    lost = bank.receive("***", f"{cents // 100}.{cents % 100:02}", at(TODAY, time(11)))
    db.session.rollback()
    assert bank.tell(lost).status == 200

    def follow(what: Locator, shown: Locator) -> None:
        what.click()
        expect(shown).to_be_visible()
        check(page, width, js=js)

    link, button = partial(page.get_by_role, "link"), partial(page.get_by_role, "button")
    open_menu(page)
    follow(link(name="Pagamentos").first, page.get_by_role("heading", name="Pagamentos"))
    link(name="Sem destino").click()
    expect(page).to_have_url(re.compile("tab=unmatched"))
    check(page, width, js=js)
    page.goto(f"/payments?q={lost.end_to_end_id}")
    follow(page.locator("tbody").get_by_role("link"), link(name="Dar destino"))
    expect(page.get_by_text("Sem destino").first).to_be_visible()
    link(name="Dar destino").click()
    page.get_by_role("searchbox").fill(txid.lower())
    follow(button(name="Procurar"), link(name="Fatura 1"))
    follow(link(name="Fatura 1"), page.get_by_text("Quita e renova"))
    button(name="Confirmar destino").click()
    said(page, "gravado: quitou")
    assert due_of(client) == date(2025, 8, 10)

    follow(link(name="Registrar devolução"), button(name="Registrar devolução"))
    button(name="Registrar devolução").click()
    said(page, "registrada")
    expect(page.get_by_text("registrado em")).to_be_visible()
    check(page, width, js=js)
    assert due_of(client) == date(2025, 8, 10)


def test_a_payment_of_the_statement_is_typed_corrected_and_confirmed(
    page: Page, client: Client, invoice: Invoice, watch: Watch, width: int, js: bool
) -> None:
    watch.expect("422")
    txid = invoice.txid
    db.session.rollback()
    page.goto("/payments")
    page.get_by_role("link", name="Registrar pagamento").click()
    page.get_by_role("searchbox").fill(txid)
    page.get_by_role("button", name="Procurar").click()
    page.get_by_role("link", name="Fatura 1").click()
    page.get_by_label("Valor (R$)").fill("muito")
    page.get_by_label("Data").fill("2025-07-10")
    page.get_by_label("Hora").fill("09:30")
    page.get_by_role("button", name="Continuar").click()
    expect(page.get_by_text("Informe um valor em reais.")).to_be_visible()
    check(page, width, js=js)
    page.get_by_label("Valor (R$)").fill("1,00")
    page.get_by_role("button", name="Continuar").click()
    expect(page.get_by_text("Ainda não quita")).to_be_visible()
    check(page, width, js=js)
    page.get_by_role("button", name="Voltar e corrigir").click()
    page.get_by_label("Valor (R$)").fill("500,00")
    page.get_by_role("button", name="Continuar").click()
    expect(page.get_by_text("viram crédito")).to_be_visible()
    page.get_by_role("button", name="Confirmar", exact=True).click()
    said(page, "registrado: quitou")
    assert due_of(client) == date(2025, 8, 10)
