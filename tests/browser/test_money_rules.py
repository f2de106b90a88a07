"""DOMAIN R1, R2, R3 and R16 as a partner sees them, on the day that the browser's portal stands at: 10/07/2025."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models import Client, Invoice, Partner, PriceVersion, User
from tests.browser.conftest import PageOf
from tests.conftest import NOW
from tests.factories import Factory
from tests.money import pay

TODAY = date(2025, 7, 10)


@pytest.fixture
def priced(make: Factory) -> None:
    if db.session.scalar(select(PriceVersion)) is None:
        make.price_version()


def choose(page: Page, client: Client, label: str, *, js: bool) -> None:
    page.get_by_label(f"Decisão do cliente {client.id}", exact=True).select_option(label=label)
    if not js:
        page.get_by_role("button", name="Salvar decisões").click()


def invoice_of_the_month(page: Page, partner: Partner) -> Invoice:
    """Make it on screen, and return it."""
    page.get_by_role("link", name="Gerar fatura").click()
    page.get_by_role("button", name="Confirmar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Fatura 1")
    db.session.expire_all()
    return db.session.scalars(select(Invoice).where(Invoice.partner_id == partner.id)).one()


def standing(page: Page, client: Client, status: str, due: str) -> None:
    page.goto(f"/clients/{client.id}")
    expect(page.locator("h1 + .s")).to_have_text(status)
    expect(page.locator("main")).to_contain_text(due)


def test_r1_a_due_date_makes_ativo_expirado_inativo_by_the_calendar_alone(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, js: bool
) -> None:
    dues = {"Ativo": date(2025, 7, 10), "Expirado": date(2025, 7, 9), "Inativo": date(2025, 6, 30)}
    clients = {status: make.client(partner, name=f"Loja {status}", due_on=due) for status, due in dues.items()}
    page = page_of(ana, js=js)
    page.goto("/clients")
    for status, client in clients.items():
        expect(page.locator(f"#client-{client.id} .s").first).to_have_text(status)


def test_r2_r3_and_r16_renewed_on_screen_and_paid_the_cycle_keeps_its_day_and_a_suspension_stays(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, js: bool, priced: None
) -> None:
    late = make.client(partner, name="Atrasada", due_on=date(2025, 7, 5), due_day=5)
    suspended = make.client(partner, name="Suspensa", due_on=date(2025, 7, 12), due_day=12, suspended_at=NOW)
    page = page_of(ana, js=js)
    page.goto("/renewals")
    expect(page.locator("#sum")).to_have_text("Uma fatura agora: 1 cliente, R$\xa099,90")  # Suspenso waits for a word
    choose(page, suspended, "Renovar", js=js)
    expect(page.locator("#sum")).to_have_text("Uma fatura agora: 2 clientes, R$\xa0199,80")
    invoice = invoice_of_the_month(page, partner)
    standing(page, late, "Expirado", "05/07/2025")

    with clock.frozen(NOW):
        pay(invoice, TODAY)

    standing(page, late, "Ativo", "05/08/2025")
    standing(page, suspended, "Suspenso", "12/08/2025")
    page.goto(f"/invoices/{invoice.id}")
    expect(page.locator("h1 + .s")).to_have_text("Paga")
