"""The renewal desk in a browser: deciding, the question of R17, from the desk to an invoice, with and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal import clock
from portal.credit import service as credit
from portal.credit.service import Origin
from portal.domain.catalogue import Item, Product
from portal.domain.invoices import CreditKind
from portal.extensions import db
from portal.models import Client, Invoice, Partner, PendingChange, PriceVersion, RenewalDecision, User
from tests.browser.barriers import overflow, small_targets, violations
from tests.browser.conftest import PageOf
from tests.browser.screen import said
from tests.browser.test_barriers import LONG
from tests.browser.watch import Watch
from tests.conftest import NOW
from tests.factories import Factory
from tests.money import pay

TODAY = date(2025, 7, 10)
DUE = {"due_on": date(2025, 7, 15), "due_day": 15}


@dataclass
class Desk:
    """R12's two clients, one that owes R4's charge (R11), a Navi beside its Link (R17)."""

    bar: Client
    shop: Client
    debtor: Client
    navi: Client


@pytest.fixture
def desk(make: Factory, partner: Partner) -> Desk:
    if db.session.scalar(select(PriceVersion)) is None:
        make.price_version()
    bar = make.client(partner, name="Bar do Zé", **DUE)
    for item, units in ((Item.CLOUD, 1), (Item.WAITER, 3), (Item.MOBILE, 1)):
        make.item(bar, item, units)
    shop = make.client(partner, name="Loja Navi", product=Product.NAVI, **DUE)
    debtor = make.client(partner, name=f"Ótica {LONG}"[:150], **DUE)
    make.item(debtor, Item.WAITER, 3)
    db.session.add(PendingChange(client_id=debtor.id, item=Item.WAITER, effective_on=date(2025, 7, 16), quantity=2))
    make.charge(debtor, 3338)
    navi = make.client(partner, name="Padaria Navi", product=Product.NAVI, **DUE)
    link = make.client(partner, name="Padaria Link", document=navi.document, due_on=date(2025, 8, 10))
    make.code(link)
    credit.move(partner.id, CreditKind.EXCESS, 6000, now=NOW, origin=Origin())
    db.session.commit()
    return Desk(bar, shop, debtor, navi)


def choice(page: Page, client: Client):
    return page.get_by_label(f"Decisão do cliente {client.id}", exact=True)


def decide(page: Page, client: Client, label: str, *, js: bool) -> None:
    """Choose, and save where nothing saves by itself."""
    choice(page, client).select_option(label=label)
    if not js:
        page.get_by_role("button", name="Salvar decisões").click()


def stored(client: Client) -> str | None:
    with db.engine.connect() as connection:
        query = select(RenewalDecision.decision).where(RenewalDecision.client_id == client.id)
        found = connection.scalar(query)
    return found.value if found else None


def total(page: Page):
    return page.locator("#sum")


def test_r12_from_the_desk_to_a_paid_invoice(page_of: PageOf, ana: User, desk: Desk, width: int, js: bool) -> None:
    page = page_of(ana, width, js=js)
    page.goto("/renewals")
    expect(total(page)).to_have_text("Uma fatura agora: 2 clientes, R$ 264,30")
    decide(page, desk.shop, "Decidir depois", js=js)
    said(page, "Loja Navi: Decidir depois.")
    expect(total(page)).to_have_text("Uma fatura agora: 1 cliente, R$ 214,40")
    decide(page, desk.shop, "Renovar", js=js)
    expect(total(page)).to_have_text("Uma fatura agora: 2 clientes, R$ 264,30")

    page.get_by_role("link", name="Gerar fatura").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Fatura das renovações de julho de 2025")
    expect(page.get_by_text("Link Garçom 3 × R$ 19,90 (mês inteiro) = R$ 59,70")).to_be_visible()
    expect(page.get_by_label("Usar crédito (R$)")).to_have_value("60,00")
    expect(page.locator("#to-pay")).to_contain_text("A pagar: R$ 204,30")
    page.get_by_role("button", name="Confirmar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Fatura 1")
    said(page, re.compile(r"Fatura 1 emitida\. Gravado às .*, protocolo \d+\. Ficaram de fora, .*com impedimento: 1"))

    page.goto("/renewals")
    expect(page.locator(f"#client-{desk.bar.id}")).to_contain_text("Já está na fatura 1")
    invoice = db.session.scalars(select(Invoice).where(Invoice.partner_id == desk.bar.partner_id)).one()
    with clock.frozen(NOW):
        pay(invoice, TODAY)
    page.reload()
    expect(page.locator(f"#client-{desk.bar.id}")).to_have_count(0)
    page.goto(f"/clients/{desk.bar.id}")
    expect(page.locator(".facts").first).to_contain_text("15/08/2025")


def test_r11_an_open_charge_blocks_until_it_is_paid(
    page_of: PageOf, ana: User, desk: Desk, width: int, js: bool
) -> None:
    page = page_of(ana, width, js=js)
    page.goto("/renewals")
    row = page.locator(f"#client-{desk.debtor.id}")
    expect(row).to_contain_text("Garçom 3 → 2")
    expect(row).to_contain_text("Tem adicionais em aberto: R$ 33,38")
    row.get_by_role("link", name="Pagar adicionais").click()
    page.get_by_label("Usar crédito (R$)").fill("0")
    page.get_by_role("button", name="Confirmar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Fatura 1")
    invoice = db.session.scalars(select(Invoice).where(Invoice.partner_id == desk.bar.partner_id)).one()
    with clock.frozen(NOW):
        pay(invoice, TODAY)
    page.goto("/renewals")
    expect(row).not_to_contain_text("adicionais")
    expect(total(page)).to_have_text("Uma fatura agora: 3 clientes, R$ 404,00")


def test_r17_a_navi_beside_its_link_asks_first(page_of: PageOf, ana: User, desk: Desk, width: int, js: bool) -> None:
    page = page_of(ana, width, js=js)
    page.goto("/renewals")
    row = page.locator(f"#client-{desk.navi.id}")
    expect(choice(page, desk.navi)).to_have_value("skip")
    expect(row).to_contain_text("Já tem Link, mas o código de registro não foi usado")
    decide(page, desk.navi, "Renovar", js=js)
    page.get_by_role("link", name="Voltar").click()
    expect(page.get_by_role("button", name="Usa os dois")).to_have_count(0)
    expect(choice(page, desk.navi)).to_have_value("skip")
    assert stored(desk.navi) is None

    decide(page, desk.navi, "Renovar", js=js)
    page.get_by_role("button", name="Usa os dois").click()
    said(page, "Padaria Navi usa Navi e Link: o Navi é renovado.")
    expect(choice(page, desk.navi)).to_have_value("renew")
    expect(row).to_contain_text("Usa Navi e Link")
    row.get_by_role("link", name="Alterar").click()
    page.get_by_role("button", name="Não usa mais os dois").click()
    said(page, "Padaria Navi não usa mais os dois.")
    expect(choice(page, desk.navi)).to_have_value("skip")

    decide(page, desk.navi, "Renovar", js=js)
    page.get_by_role("button", name="Renovar só desta vez").click()
    expect(choice(page, desk.navi)).to_have_value("renew")
    expect(total(page)).to_have_text("Uma fatura agora: 3 clientes, R$ 314,20")


def test_everybody_of_a_filter_at_once_and_back(page_of: PageOf, ana: User, desk: Desk, width: int, js: bool) -> None:
    page = page_of(ana, width, js=js)
    page.goto("/renewals?q=navi")
    page.get_by_role("form", name="Decidir por todos").get_by_role("button", name="Decidir depois").click()
    said(page, "Decidir depois: 2 clientes.")
    expect(choice(page, desk.shop)).to_have_value("later")
    page.get_by_role("button", name="Desfazer").click()
    said(page, "Desfeito: 2 clientes.")
    page.goto("/renewals")
    expect(choice(page, desk.shop)).to_have_value("renew")
    expect(choice(page, desk.navi)).to_have_value("skip")


def test_months_tabs_and_filters_stand_in_the_address(
    page_of: PageOf, ana: User, desk: Desk, width: int, js: bool
) -> None:
    page = page_of(ana, width, js=js)
    page.goto("/renewals")
    page.get_by_role("list", name="Clientes por decisão").get_by_role("link", name="Com impedimento").click()
    expect(page.locator("caption")).to_have_text("1 cliente com vencimento em julho de 2025")
    assert "place=blocked" in page.url
    page.get_by_label("Mês de vencimento").select_option(label="agosto de 2025")
    page.get_by_label("Decisão", exact=True).select_option(label="Todas as decisões")
    page.get_by_role("button", name="Filtrar").click()
    expect(page.locator("#desk-table tbody th")).to_have_text(["Padaria Link"])
    expect(page.locator("#desk-table tbody")).to_contain_text("abre em 31/07")
    page.go_back()
    expect(page.locator("caption")).to_have_text("1 cliente com vencimento em julho de 2025")


def test_by_keyboard_the_hand_stays_at_its_row(page_of: PageOf, ana: User, desk: Desk) -> None:
    page = page_of(ana)
    page.goto("/renewals")
    choice(page, desk.bar).focus()
    page.keyboard.press("n")
    said(page, "Bar do Zé: Não renovar.")
    page.wait_for_function("name => document.activeElement.name === name", arg=f"d{desk.bar.id}")
    expect(choice(page, desk.bar)).to_have_value("skip")
    choice(page, desk.navi).focus()
    page.keyboard.press("r")
    question = page.get_by_role("button", name="Renovar só desta vez")
    expect(question).to_be_focused()
    page.keyboard.press("Enter")
    said(page, "Padaria Navi: Renovar.")
    expect(page.get_by_label(f"Ações do cliente {desk.navi.id}", exact=True)).to_be_focused()


def test_the_row_menu_leads_to_editar_and_back(page_of: PageOf, ana: User, desk: Desk, width: int, js: bool) -> None:
    page = page_of(ana, width, js=js)
    page.goto("/renewals")
    page.get_by_label(f"Ações do cliente {desk.bar.id}", exact=True).click()
    page.get_by_role("link", name="Editar", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Editar")
    if js:
        page.get_by_role("link", name="Voltar sem salvar", exact=True).click()
        expect(page.locator(f"#client-{desk.bar.id}")).to_be_visible()
        assert "/renewals" in page.url


def test_choices_made_without_a_line_go_out_together_once_it_is_back(
    page_of: PageOf, ana: User, desk: Desk, watch: Watch
) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED", "Failed to fetch")
    page = page_of(ana)
    page.goto("/renewals")
    page.context.set_offline(True)
    choice(page, desk.bar).select_option(label="Não renovar")
    choice(page, desk.shop).select_option(label="Decidir depois")
    expect(page.get_by_role("alert")).to_contain_text("Sem conexão.")
    assert (stored(desk.bar), stored(desk.shop)) == (None, None)
    page.context.set_offline(False)
    page.get_by_role("button", name="Tentar de novo").click()
    expect(total(page)).to_have_text("Nada a faturar agora")
    expect(page.get_by_role("alert")).to_be_hidden()
    assert (stored(desk.bar), stored(desk.shop)) == ("skip", "later")


def listed(page: Page, desk: Desk) -> None:
    page.goto("/renewals")


def asking(page: Page, desk: Desk) -> None:
    page.goto("/renewals")
    choice(page, desk.navi).select_option(label="Renovar")
    expect(page.get_by_role("button", name="Usa os dois")).to_be_visible()


def asking_alone(page: Page, desk: Desk) -> None:
    page.goto(f"/renewals/{desk.navi.id}/guard/new?month=2025-07")


def menu(page: Page, desk: Desk) -> None:
    page.goto("/renewals")
    page.get_by_label(f"Ações do cliente {desk.navi.id}", exact=True).click()
    expect(page.get_by_role("link", name="Editar", exact=True)).to_be_visible()


def filtered(page: Page, desk: Desk) -> None:
    page.goto("/renewals?q=navi&product=navi&place=skip")


def empty(page: Page, desk: Desk) -> None:
    page.goto("/renewals?q=ninguem")


def confirming(page: Page, desk: Desk) -> None:
    page.goto("/invoices/month/new?month=2025-07")


def nothing_to_confirm(page: Page, desk: Desk) -> None:
    page.goto("/invoices/month/new?month=2025-08")


STATES = [listed, asking, asking_alone, menu, filtered, empty, confirming, nothing_to_confirm]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_nothing_keeps_anybody_out(
    page_of: PageOf, ana: User, desk: Desk, width: int, state: Callable[[Page, Desk], None]
) -> None:
    page = page_of(ana, width)
    state(page, desk)
    assert violations(page) == []
    assert overflow(page) <= 0
    if width < 600:
        assert small_targets(page) == []
