"""The ledger of charges and a client's line of time in a browser: with a mouse, by keyboard, without JavaScript, on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from portal.domain.catalogue import Item
from portal.extensions import db
from portal.models import AuditEvent, Charge, Client, LicenseOrder, Partner, PendingChange, User
from tests.browser.barriers import overflow, small_targets, violations
from tests.browser.conftest import PageOf
from tests.browser.screen import said, wait_for_focus
from tests.browser.test_barriers import LONG
from tests.conftest import NOW
from tests.factories import Factory
from tests.fixed import unfixed


@dataclass
class Debts:
    """A client that owes, and what it owes; another that has paid."""

    bar: Client
    open_: Charge
    bakery: Client
    paid: Charge


@pytest.fixture
def debts(make: Factory, partner: Partner) -> Debts:
    bar, bakery = make.client(partner, name="Bar do Zé"), make.client(partner, name=LONG)
    paid, open_ = make.charge(bakery, 123_456, paid_at=NOW), make.charge(bar)
    make.charge(bakery, 9_999, reversed_at=NOW)
    make.item(bar, Item.WAITER, 3)
    change = PendingChange(client_id=bar.id, item=Item.WAITER, effective_on=date(2025, 8, 11), quantity=2)
    event_id = select(LicenseOrder.event_id).where(LicenseOrder.id == open_.order_id).scalar_subquery()
    told = {"before": {"licenses": {"waiter": 1}}, "after": {"licenses": {"waiter": 3}}}
    with unfixed(db.session):
        db.session.execute(update(AuditEvent).where(AuditEvent.id == event_id).values(told))
    db.session.add(change)
    db.session.commit()
    return Debts(bar, open_, bakery, paid)


def test_from_home_to_the_arithmetic_of_a_charge_and_on_to_its_client(
    page_of: PageOf, ana: User, debts: Debts, width: int, js: bool
) -> None:
    page = page_of(ana, width, js=js)
    page.goto("/")
    page.get_by_role("link", name=re.compile("Cobranças em aberto")).click()
    expect(page.get_by_role("heading", name="Cobranças", level=1)).to_be_visible()
    expect(page.locator("#charge-table tbody th")).to_have_text(["Bar do Zé"])

    page.get_by_label(f"Detalhes da cobrança {debts.open_.id}").click()
    row = page.locator(f"#charge-{debts.open_.id}")
    expect(row).to_contain_text("Link Garçom 2 × R$ 19,90 ÷ 31 × 26 dias = R$ 33,38")
    expect(row.locator(".i")).to_have_attribute("aria-expanded", "true")
    page.get_by_label(f"Detalhes da cobrança {debts.open_.id}").click()
    expect(page.get_by_text("÷ 31 × 26 dias")).to_be_hidden()

    page.get_by_role("link", name="Bar do Zé").click()
    expect(page.get_by_role("heading", name="Bar do Zé", level=1)).to_be_visible()
    section = page.locator("#cobrancas")
    expect(section).to_contain_text("Em aberto: R$ 33,38 em 1 cobrança, a pagar antes da renovação.")
    section.get_by_text("Ver a conta").click()
    expect(section.get_by_text("÷ 31 × 26 dias")).to_be_visible()


def test_filters_narrow_rows_and_sums_and_stand_in_the_address(
    page_of: PageOf, ana: User, debts: Debts, width: int, js: bool
) -> None:
    page = page_of(ana, width, js=js)
    page.goto("/charges")
    expect(page.locator("caption")).to_have_text("3 cobranças")
    tabs = page.get_by_role("list", name="Cobranças por situação")
    expect(tabs.get_by_role("link", name="Pagas")).to_contain_text("R$ 1.234,56")

    tabs.get_by_role("link", name="Pagas").click()
    expect(page.locator("caption")).to_have_text("1 cobrança")
    expect(page).to_have_url(re.compile("state=paid"))
    page.get_by_label("Situação", exact=True).select_option("Em aberto")
    page.get_by_label("Mês", exact=True).select_option("julho de 2025")
    page.get_by_label("Procurar por nome").fill("bar do ze")
    page.get_by_role("button", name="Filtrar").click()
    expect(page.locator("#charge-table tbody th")).to_have_text(["Bar do Zé"])
    expect(page.get_by_role("list", name="Cobranças por situação").get_by_role("link", name="Pagas")).to_contain_text(
        "R$ 0,00"
    )
    page.get_by_label("Remover filtro Julho de 2025").click()
    expect(page.get_by_label("Remover filtro Julho de 2025")).to_have_count(0)
    expect(page.locator("#charge-table tbody th")).to_have_text(["Bar do Zé"])
    page.go_back()
    expect(page.get_by_label("Remover filtro Julho de 2025")).to_be_visible()


def test_by_keyboard_the_hand_stays_where_it_was_and_results_are_said(page_of: PageOf, ana: User, debts: Debts) -> None:
    page = page_of(ana)
    page.goto("/charges")
    page.locator("#t-2").focus()
    page.keyboard.press("Enter")
    said(page, "1 cobrança")
    wait_for_focus(page, "t-2")
    page.locator(f"#o{debts.open_.id}").focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"#x{debts.open_.id}")).to_be_visible()
    wait_for_focus(page, f"o{debts.open_.id}")
    page.keyboard.press("Enter")
    expect(page.locator(f"#x{debts.open_.id}")).to_be_hidden()
    wait_for_focus(page, f"o{debts.open_.id}")


def test_the_line_of_time_reads_from_what_comes_to_what_was(
    page_of: PageOf, ana: User, debts: Debts, width: int, js: bool
) -> None:
    page = page_of(ana, width, js=js)
    page.goto(f"/clients/{debts.bar.id}")
    told = page.locator("#timeline li").all_inner_texts()
    today = next(number for number, text in enumerate(told) if text.startswith("Hoje: Ativo"))
    assert any("11/08/2025 Link Garçom 3 → 2" in text for text in told[:today])
    assert "Link Garçom: 1 3" in told[today + 1]
    page.locator("#timeline").get_by_role("link", name="Cobrança de R$ 33,38").click()
    expect(page.get_by_role("heading", name=f"Cobrança {debts.open_.id}")).to_be_visible()
    page.get_by_role("link", name="Bar do Zé").click()
    expect(page.locator("#timeline")).to_be_visible()


def ledger(page: Page, debts: Debts) -> None:
    page.goto("/charges")
    page.get_by_label(f"Detalhes da cobrança {debts.paid.id}").click()
    expect(page.locator(f"#x{debts.paid.id}")).to_be_visible()


def ledger_filtered(page: Page, debts: Debts) -> None:
    page.goto("/charges?state=open&q=bar&month=2025-07")


def ledger_empty(page: Page, debts: Debts) -> None:
    page.goto("/charges?q=ninguem")


def charge_alone(page: Page, debts: Debts) -> None:
    page.goto(f"/charges/{debts.paid.id}")


def client_in_debt(page: Page, debts: Debts) -> None:
    page.goto(f"/clients/{debts.bar.id}")
    page.get_by_text("Ver a conta").first.click()


def home(page: Page, debts: Debts) -> None:
    page.goto("/")


STATES = [ledger, ledger_filtered, ledger_empty, charge_alone, client_in_debt, home]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_nothing_keeps_anybody_out(
    page_of: PageOf, ana: User, debts: Debts, width: int, state: Callable[[Page, Debts], None]
) -> None:
    page = page_of(ana, width)
    state(page, debts)
    assert violations(page) == []
    assert overflow(page) <= 0
    if width < 600:
        assert small_targets(page) == []
