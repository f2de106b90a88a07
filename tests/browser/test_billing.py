"""Gestão de cobranças as people live it: the partner sets prices and bills, the end client pays from a phone (R13)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from portal.domain.catalogue import Item, RenewalMethod
from portal.extensions import db
from portal.models import Client, Partner, RetailCharge, RetailPrice, User
from tests.browser.barriers import overflow, small_targets, violations
from tests.browser.conftest import PageOf
from tests.browser.screen import said, wait_for_focus
from tests.browser.test_barriers import LONG
from tests.browser.watch import Watch
from tests.factories import Factory
from tests.money import pay

RETAIL = {"Licença": "149,90", "Cloud": "49,90", "Link Garçom": "29,90", "Link Móvel": "30,50"}
TODAY = date(2025, 7, 10)


@dataclass
class Scene:
    """A page, R13's client without prices, and one whose charge waits for the partner."""

    page: Page
    client: Client
    owing: Client
    anonymous: Callable[[], Page]

    def row(self, client: Client) -> object:
        return self.page.locator(f"#bill-{client.id}")

    def charge(self) -> RetailCharge:
        db.session.rollback()
        return db.session.scalars(db.select(RetailCharge).where(RetailCharge.client_id == self.client.id)).one()


@pytest.fixture
def lay_out(page_of: PageOf, make: Factory, partner: Partner, ana: User) -> Callable[..., Scene]:
    """Return what opens a browser over the rows."""

    def open_scene(width: int = 1280, *, js: bool = True) -> Scene:
        billed = {"due_on": TODAY, "renewal_method": RenewalMethod.BILLING}
        client = make.client(partner, name="Bar do Zé", phone="11987654321", **billed)
        for item, count in ((Item.CLOUD, 1), (Item.WAITER, 3), (Item.MOBILE, 1)):
            make.item(client, item, count)
        owing = make.client(partner, name=LONG, **billed)
        make.charge(owing)
        return Scene(page_of(ana, width, js=js), client, owing, lambda: page_of(None, 360, js=js))

    return open_scene


def issue(scene: Scene) -> str:
    """Issue the client's charge on screen and return the address of the end client's page."""
    page = scene.page
    page.goto(f"/billing/clients/{scene.client.id}/charge/new")
    page.get_by_role("button", name="Emitir cobrança").click()
    link = page.get_by_role("link", name="Ver a página do cliente")
    expect(link).to_be_visible()
    return str(link.get_attribute("href"))


def test_r13_from_the_prices_to_the_margin(lay_out: Callable[..., Scene], width: int, js: bool) -> None:
    scene = lay_out(width, js=js)
    page = scene.page
    page.goto("/billing")
    page.get_by_label(f"Ações do cliente {scene.client.id}").click()
    page.get_by_role("link", name="Preços de venda").first.click()
    for label, price in RETAIL.items():
        page.get_by_label(re.compile(f"^{label}")).fill(price)
    if js:
        expect(page.locator("#margin")).to_contain_text("Cliente paga R$ 320,00 · custo R$ 214,40 · margem R$ 105,60")
    page.get_by_role("button", name="Salvar preços").click()
    said(page, "Preços de venda de Bar do Zé salvos.")
    expect(scene.row(scene.client)).to_contain_text("R$ 105,60")

    address = issue(scene)
    said(page, "Cobrança de Bar do Zé emitida.")
    expect(page.get_by_role("link", name="Abrir o WhatsApp")).to_have_attribute(
        "href", re.compile("wa.me/5511987654321")
    )

    phone = scene.anonymous()
    phone.goto(address)
    expect(phone.get_by_role("heading", name="Gama Automação")).to_be_visible()
    expect(phone.get_by_text("Total R$ 320,00")).to_be_visible()
    expect(phone.get_by_role("img", name="QR Code do Pix")).to_be_visible()
    expect(phone.get_by_label("Pix copia e cola")).to_have_value(re.compile("br.gov.bcb.pix"))
    expect(phone.get_by_text("214,40")).to_have_count(0)

    pay(scene.charge(), TODAY)

    phone.reload()
    expect(phone.get_by_text("Paga em 10/07/2025.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Quitou")).to_be_visible()
    page.goto("/billing")
    expect(scene.row(scene.client)).to_contain_text("Paga")
    page.goto(f"/clients/{scene.client.id}")
    expect(page.get_by_text("10/08/2025", exact=True).first).to_be_visible()


def test_a_price_below_cost_is_refused_with_the_cost_in_its_field(
    lay_out: Callable[..., Scene], js: bool, watch
) -> None:
    watch.expect("422")
    scene = lay_out(js=js)
    page = scene.page
    page.goto(f"/billing/clients/{scene.client.id}/prices/new")
    field = page.get_by_label(re.compile("^Link Garçom"))
    field.fill("19,89")
    page.get_by_role("button", name="Salvar preços").click()
    expect(page.get_by_text("Link Garçom custa R$ 19,90: informe ao menos esse valor.")).to_be_visible()
    expect(field).to_have_value("19,89")
    expect(field).to_have_attribute("aria-invalid", "true")
    if js:
        wait_for_focus(page, "price-waiter")


def test_the_code_is_copied(lay_out: Callable[..., Scene]) -> None:
    scene = lay_out()
    address = issue(scene)
    phone = scene.anonymous()
    phone.context.grant_permissions(["clipboard-read", "clipboard-write"])
    phone.goto(address)
    phone.get_by_role("button", name="Copiar código").click()
    expect(phone.get_by_role("status")).to_have_text("Copiado")
    copied = phone.evaluate("navigator.clipboard.readText()")
    assert copied == phone.get_by_label("Pix copia e cola").input_value()


def test_paused_in_the_list_and_back(lay_out: Callable[..., Scene], width: int) -> None:
    scene = lay_out(width)
    page = scene.page
    page.goto("/billing")
    for button, state in (
        ("Pausar cobranças", "Pausada"),
        ("Retomar cobranças", "Não emitida"),
    ):
        page.get_by_label(f"Ações do cliente {scene.client.id}").click()
        page.get_by_role("button", name=button).click()
        expect(scene.row(scene.client)).to_contain_text(state)
    said(page, "retomados")
    wait_for_focus(page, f"m{scene.client.id}")


def test_filters_stand_in_the_address(lay_out: Callable[..., Scene], width: int, js: bool) -> None:
    scene = lay_out(width, js=js)
    page = scene.page
    page.goto("/billing")
    page.get_by_role("link", name="Com impedimento").click()
    expect(page.locator("#bill-table tbody")).to_have_count(1)
    expect(scene.row(scene.owing)).to_contain_text("Bloqueada: adicional em aberto")
    page.get_by_role("searchbox").fill("bar do")
    page.get_by_role("button", name="Filtrar").click()
    expect(page.get_by_role("heading", name="Nenhum cliente encontrado")).to_be_visible()
    page.get_by_role("link", name="Limpar filtros").first.click()
    expect(page.locator("#bill-table tbody")).to_have_count(2)


def test_a_reminder_is_marked_as_sent_and_taken_back(lay_out: Callable[..., Scene], width: int, js: bool) -> None:
    scene = lay_out(width, js=js)
    issue(scene)
    page = scene.page
    page.goto("/billing/reminders")
    line = page.locator(f"#reminder-{scene.client.id}-2025-07-10")
    expect(line.get_by_role("link", name="WhatsApp de Bar do Zé")).to_have_attribute("href", re.compile("vence%20hoje"))
    line.get_by_role("button", name="Marcar como enviado").click()
    said(page, "Lembrete de Bar do Zé marcado como enviado.")
    if not js:
        page.get_by_role("link", name="Enviados").click()
    expect(line).to_contain_text("por Ana Lima")
    line.get_by_role("button", name="Desfazer o envio").click()
    said(page, "voltou para a lista")
    expect(line.get_by_role("button", name="Marcar como enviado")).to_be_visible()


def test_a_charge_is_cancelled_after_a_question(lay_out: Callable[..., Scene], width: int, js: bool) -> None:
    scene = lay_out(width, js=js)
    address = issue(scene)
    page = scene.page
    page.get_by_role("link", name="Cancelar cobrança").click()
    page.get_by_role("button", name="Cancelar cobrança").click()
    said(page, "Cobrança cancelada.")
    phone = scene.anonymous()
    phone.goto(address)
    expect(phone.get_by_text("fale com Gama Automação")).to_be_visible()


# states


def list_with_menu(scene: Scene) -> None:
    scene.page.goto("/billing")
    scene.page.get_by_label(f"Ações do cliente {scene.client.id}").click()
    expect(scene.page.get_by_role("link", name="Preços de venda")).to_be_visible()


def list_empty(scene: Scene) -> None:
    scene.page.goto("/billing?q=xyzxyz&month=2025-08")


def prices(scene: Scene) -> None:
    scene.page.goto(f"/billing/clients/{scene.client.id}/prices/new")


def prices_refused(scene: Scene) -> None:
    prices(scene)
    scene.page.get_by_label(re.compile("^Cloud")).fill("1,00")
    scene.page.get_by_role("button", name="Salvar preços").click()
    expect(scene.page.get_by_text("Cloud custa R$ 29,90")).to_be_visible()


def prices_overtaken(scene: Scene) -> None:
    prices(scene)
    db.session.add(RetailPrice(client_id=scene.client.id, item=Item.CLOUD, cents=5000))
    db.session.get(Client, scene.client.id).version += 1
    db.session.commit()
    scene.page.get_by_role("button", name="Salvar preços").click()
    expect(scene.page.get_by_role("alert").first).to_be_visible()


def question(scene: Scene) -> None:
    scene.page.goto(f"/billing/clients/{scene.client.id}/charge/new")


def question_held_back(scene: Scene) -> None:
    scene.page.goto(f"/billing/clients/{scene.owing.id}/charge/new")


def charge_page(scene: Scene) -> None:
    issue(scene)


def cancellation(scene: Scene) -> None:
    issue(scene)
    scene.page.get_by_role("link", name="Cancelar cobrança").click()
    expect(scene.page.get_by_role("heading", name="Cancelar a cobrança")).to_be_visible()


def public_open(scene: Scene) -> None:
    scene.page.goto(issue(scene))


def public_paid(scene: Scene) -> None:
    address = issue(scene)
    pay(scene.charge(), TODAY)
    scene.page.goto(address)


def reminders(scene: Scene) -> None:
    scene.page.goto("/billing/reminders")
    issue(scene)
    scene.page.goto("/billing/reminders")
    scene.page.get_by_text("Ver texto").first.click()


def reminders_empty(scene: Scene) -> None:
    scene.page.goto("/billing/reminders?sent=1")


def client_page(scene: Scene) -> None:
    issue(scene)
    scene.page.goto(f"/clients/{scene.client.id}")


STATES: list[Callable[[Scene], None]] = [
    list_with_menu, list_empty, prices, prices_refused, prices_overtaken, question, question_held_back, charge_page,
    cancellation, public_open, public_paid, reminders, reminders_empty, client_page,
]  # fmt: skip


@pytest.mark.parametrize("show", STATES, ids=lambda show: show.__name__)
def test_nothing_keeps_anybody_out(
    lay_out: Callable[..., Scene], width: int, watch: Watch, show: Callable[[Scene], None]
) -> None:
    watch.expect(r"\b4\d\d\b")
    scene = lay_out(width)
    show(scene)
    expect(scene.page.locator(".htmx-request")).to_have_count(0)
    assert violations(scene.page) == []
    assert overflow(scene.page) <= 0
    if width < 600:
        assert small_targets(scene.page) == []
