"""Invoices in a browser: ticked clients, "Pagar adicionais", the code that a bank pays, cancelling, paper and receipt."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from portal import formatting
from portal.access import Viewer
from portal.credit import service as credit
from portal.credit.service import Origin
from portal.domain.catalogue import Item
from portal.domain.invoices import CreditKind
from portal.extensions import db
from portal.models import Charge, Client, Invoice, Partner, User
from tests.browser.barriers import overflow, small_targets, violations
from tests.browser.conftest import PageOf
from tests.browser.screen import Clients, ready, said, wait_for_focus
from tests.browser.server import Server
from tests.browser.test_barriers import LONG
from tests.browser.test_bulk import press, tick
from tests.conftest import NOW
from tests.factories import Factory
from tests.money import Purse
from tests.psp import Psp

TODAY = NOW.date()


@pytest.fixture
def purse(ana: User) -> Purse:
    facts = ana.id, ana.name, ana.email, ana.role, ana.partner_id, "", 0
    return Purse(Viewer("t", 1, *facts, is_partner_suspended=False))


@pytest.fixture
def bank(server: Server) -> Psp:
    secret = (server.instance / "demo-pix-webhook-secret").read_text(encoding="utf-8").strip()
    return Psp(f"{server.url}/webhooks/pix/{secret}/pix")


@dataclass
class Debts:
    """Two clients that owe, due today; one that does not."""

    bar: Client
    bakery: Client
    free: Client
    charge: Charge


@pytest.fixture
def debts(make: Factory, partner: Partner) -> Debts:
    bar = make.client(partner, name="Bar do Zé", due_on=TODAY)
    bakery = make.client(partner, name=LONG, due_on=TODAY)
    charge = make.charge(bar, 3_338)
    make.charge(bakery, 1_000)
    return Debts(bar, bakery, make.client(partner, name="Cantina", due_on=TODAY), charge)


@pytest.fixture
def rich(partner: Partner) -> Partner:
    """Give the partner R$ 20,00 of credit."""
    credit.move(partner.id, CreditKind.EXCESS, 2_000, now=NOW, origin=Origin())
    db.session.commit()
    return partner


def code_on(page: Page) -> str:
    return page.get_by_label("Pix copia e cola").input_value()


def wait_for_invoice(page: Page, state: str) -> None:
    expect(page.get_by_role("heading", name=re.compile(r"^Fatura \d+$"), level=1)).to_be_visible()
    expect(page.locator("h1 + .s")).to_have_text(state)


def test_what_blocks_a_renewal_is_paid_and_frees_it(
    page_of: PageOf, ana: User, debts: Debts, bank: Psp, width: int, js: bool
) -> None:
    page = page_of(ana, width, js=js)  # R11
    page.goto(f"/invoices/new?kind=renewal&client={debts.bar.id}")
    expect(page.get_by_text("Tem adicionais em aberto: R$ 33,38.")).to_be_visible()

    Clients(page, js=js).open().act(debts.bar, "Pagar adicionais")
    expect(page.get_by_role("heading", name="Pagar adicionais")).to_be_visible()
    expect(page.get_by_text("Total: R$ 33,38")).to_be_visible()
    page.get_by_role("button", name="Confirmar").click()
    wait_for_invoice(page, "Em aberto")
    said(page, re.compile(r"Fatura \d+ emitida\. Gravado às 12:00, protocolo \d+\."))

    assert bank.tell(bank.pay(code_on(page), NOW)).status == 200
    page.get_by_role("link", name="Atualizar").click()
    wait_for_invoice(page, "Paga")
    expect(page.locator("#lines")).to_contain_text("Concluída")

    page.goto(f"/invoices/new?kind=renewal&client={debts.bar.id}")
    page.get_by_role("button", name="Confirmar").click()
    wait_for_invoice(page, "Em aberto")
    assert bank.tell(bank.pay(code_on(page), NOW)).status == 200
    page.goto(f"/clients/{debts.bar.id}")
    expect(page.get_by_text("10/08/2025").first).to_be_visible()


def test_ticked_clients_pay_with_one_invoice_and_credit(
    page_of: PageOf, ana: User, debts: Debts, rich: Partner, width: int, js: bool
) -> None:
    page = page_of(ana, width, js=js)
    Clients(page, js=js).open("?charge=open")
    ready(page)
    tick(page, debts.bar.id, debts.bakery.id)
    press(page, "Pagar adicionais")
    expect(page.get_by_text("uma fatura para 2 clientes")).to_be_visible()
    expect(page.locator("#to-pay")).to_have_text("A pagar: R$ 23,38")
    page.get_by_label("Usar crédito (R$)").fill("10,00")
    if js:
        expect(page.locator("#to-pay")).to_have_text("A pagar: R$ 33,38")
        wait_for_focus(page, "credit")
    page.get_by_role("button", name="Confirmar").click()
    wait_for_invoice(page, "Em aberto")
    expect(page.get_by_text("Crédito usado").locator("..")).to_contain_text("R$ 10,00")

    page.goto("/charges?state=open")
    expect(page.get_by_role("link", name=re.compile(r"^fatura \d+$"))).to_have_count(2)


def test_everybody_of_a_filter_pays_at_once(page_of: PageOf, ana: User, debts: Debts, width: int, js: bool) -> None:
    page = page_of(ana, width, js=js)
    Clients(page, js=js).open("?charge=open&q=bar")
    ready(page)
    page.get_by_role("checkbox", name=re.compile("deste filtro")).check()
    press(page, "Pagar adicionais")
    expect(page.get_by_text("Total: R$ 33,38")).to_be_visible()


def test_an_invoice_is_cancelled_and_credit_comes_back(
    page_of: PageOf, ana: User, purse: Purse, debts: Debts, rich: Partner, width: int, js: bool
) -> None:
    invoice = purse.renew(debts.free, TODAY, credit=2_000)
    page = page_of(ana, width, js=js)
    page.goto(f"/clients/{debts.free.id}")
    rest = formatting.money(invoice.total_cents).replace("\xa0", " ")
    expect(page.locator("main .card").first).to_contain_text(f"Fatura {invoice.number} em aberto (Renovação): {rest}")
    page.goto(f"/invoices/{invoice.id}")
    ready(page)
    page.get_by_role("link", name="Cancelar fatura").click()
    expect(page.get_by_role("heading", name=f"Cancelar a fatura {invoice.number}?")).to_be_visible()
    expect(page.get_by_text("R$ 20,00 de crédito usado voltam para o seu crédito.")).to_be_visible()
    page.get_by_role("button", name="Cancelar fatura").click()
    wait_for_invoice(page, "Cancelada")
    said(page, f"Fatura {invoice.number} cancelada.")
    assert purse.credit == 2_000


def test_the_window_is_closed_without_cancelling_by_keyboard(
    page_of: PageOf, ana: User, purse: Purse, debts: Debts
) -> None:
    invoice = purse.renew(debts.free, TODAY)
    page = page_of(ana)
    page.goto(f"/invoices/{invoice.id}")
    ready(page)
    page.locator("#cancel").focus()
    page.keyboard.press("Enter")
    wait_for_focus(page, "cancellation-title")
    page.get_by_role("button", name="Voltar").press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    wait_for_focus(page, "cancel")
    wait_for_invoice(page, "Em aberto")


def test_the_code_is_copied(page_of: PageOf, ana: User, purse: Purse, debts: Debts) -> None:
    invoice = purse.renew(debts.free, TODAY)
    page = page_of(ana, permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"/invoices/{invoice.id}")
    ready(page)
    button = page.locator("#pix [data-copy]")
    button.click()
    expect(button).to_have_text("Copiado")
    assert page.evaluate("navigator.clipboard.readText()") == code_on(page)


def test_paper_and_receipt_print_without_what_is_only_for_the_screen(
    page_of: PageOf, ana: User, purse: Purse, debts: Debts, bank: Psp, width: int, js: bool
) -> None:
    invoice = purse.renew(debts.free, TODAY)
    page = page_of(ana, width, js=js)
    page.goto(f"/invoices/{invoice.id}")
    code = code_on(page)
    page.get_by_role("link", name="Imprimir").click()
    expect(page.get_by_role("heading", name=f"Fatura {invoice.number} · Em aberto")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("img", name="QR Code do Pix")).to_be_visible()
    expect(page.get_by_role("button", name="Sair")).to_be_hidden()
    expect(page.get_by_role("link", name="Voltar à fatura")).to_be_hidden()

    payment = bank.pay(code, NOW)
    assert bank.tell(payment).status == 200
    page.emulate_media(media="screen")
    page.goto(f"/invoices/{invoice.id}")
    page.get_by_role("link", name="Comprovante").click()
    expect(page.get_by_role("heading", name="Comprovante de pagamento")).to_be_visible()
    expect(page.get_by_text(payment.end_to_end_id)).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_text(payment.end_to_end_id)).to_be_visible()
    expect(page.get_by_role("link", name="Voltar à fatura")).to_be_hidden()


def test_the_list_is_narrowed_and_leads_to_an_invoice(
    page_of: PageOf, ana: User, purse: Purse, debts: Debts, width: int, js: bool
) -> None:
    purse.renew(debts.free, TODAY)
    purse.pay_additionals([debts.bar], TODAY)
    page = page_of(ana, width, js=js)
    page.goto("/invoices")
    expect(page.locator("caption")).to_have_text("2 faturas")
    page.get_by_role("searchbox").fill("cantina")
    page.get_by_role("button", name="Filtrar").click()
    expect(page.locator("caption")).to_have_text("1 fatura")
    page.locator("#invoice-table tbody th a").click()
    wait_for_invoice(page, "Em aberto")
    expect(page.locator("#lines")).to_contain_text("Cantina")


def listed(page: Page, purse: Purse, debts: Debts) -> None:
    purse.pay_additionals([debts.bar, debts.bakery], TODAY)
    page.goto("/invoices")


def listed_nothing(page: Page, purse: Purse, debts: Debts) -> None:
    page.goto("/invoices?q=ninguem")


def shown_open(page: Page, purse: Purse, debts: Debts) -> None:
    page.goto(f"/invoices/{purse.pay_additionals([debts.bar, debts.bakery], TODAY).id}")


def asked_to_cancel(page: Page, purse: Purse, debts: Debts) -> None:
    shown_open(page, purse, debts)
    ready(page)
    page.locator("#cancel").click()
    expect(page.locator("#cancellation")).to_be_visible()


def shown_paid(page: Page, purse: Purse, debts: Debts) -> None:
    page.goto(f"/invoices/{_paid(purse, debts).id}")


def on_paper(page: Page, purse: Purse, debts: Debts) -> None:
    page.goto(f"/invoices/{purse.pay_additionals([debts.bar, debts.bakery], TODAY).id}/paper")


def receipt(page: Page, purse: Purse, debts: Debts) -> None:
    page.goto(f"/invoices/{_paid(purse, debts).id}/receipt")


def values(page: Page, purse: Purse, debts: Debts) -> None:
    page.goto("/invoices/new")


def blocked(page: Page, purse: Purse, debts: Debts) -> None:
    page.goto(f"/invoices/new?kind=renewal&client={debts.bar.id}")


def ledger_with_marks(page: Page, purse: Purse, debts: Debts) -> None:
    purse.pay_additionals([debts.bar], TODAY)
    page.goto("/charges")


def client_on_invoice(page: Page, purse: Purse, debts: Debts) -> None:
    purse.pay_additionals([debts.bar], TODAY)
    page.goto(f"/clients/{debts.bar.id}")


def _paid(purse: Purse, debts: Debts) -> Invoice:
    return purse.pay_additionals([debts.bar], TODAY, credit=2_000)


STATES = [
    listed, listed_nothing, shown_open, asked_to_cancel, shown_paid, on_paper, receipt, values, blocked,
    ledger_with_marks, client_on_invoice,
]  # fmt: skip


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_nothing_keeps_anybody_out(
    page_of: PageOf,
    ana: User,
    purse: Purse,
    debts: Debts,
    rich: Partner,
    width: int,
    state: Callable[[Page, Purse, Debts], None],
) -> None:
    debts.charge.amount_cents = 2_000
    db.session.commit()
    page = page_of(ana, width)
    state(page, purse, debts)
    expect(page.get_by_role("heading").first).to_be_visible()
    assert violations(page) == []
    assert overflow(page) <= 0
    if width < 600:
        assert small_targets(page) == []


def test_an_invoice_of_a_wide_license_fits_a_phone(page_of: PageOf, ana: User, make: Factory, purse: Purse) -> None:
    client = make.client(db.session.get_one(Partner, ana.partner_id), name=LONG, due_on=TODAY)
    for item in (Item.CLOUD, Item.WAITER, Item.MOBILE, Item.SELF_SERVICE, Item.INTEGRATED_PAYMENT):
        make.item(client, item, 2)
    page = page_of(ana, 360)
    page.goto(f"/invoices/{purse.renew(client, TODAY).id}")
    expect(page.locator("#lines")).to_contain_text("Link Móvel")
    assert overflow(page) <= 0
