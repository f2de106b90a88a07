"""DOMAIN R17 as a person lives it: Link ordered from the Navi's row, the checklist, only Link renewed, Navi lapses and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update

from portal import clock
from portal.demo.people import ALFA, PASSWORD
from portal.domain.catalogue import Product
from portal.extensions import db
from portal.factory import create_app
from portal.models import Charge, Client, Invoice, NaviMigration, Partner
from tests.browser.barriers import overflow, small_targets, violations
from tests.browser.conftest import PATIENCE_MS, SIZES
from tests.browser.screen import said, sign_in
from tests.browser.server import SECRET_KEY, Server, running_server
from tests.conftest import test_config
from tests.factories import Factory
from tests.money import pay


class Days:
    """A portal whose clock is turned from day to day, somebody in front of it, and a hand on its rows."""

    def __init__(self, server: Server, clock_file: Path, app: Flask, browser: Browser) -> None:
        self.server, self.clock_file, self.app, self.browser = server, clock_file, app, browser

    def turn_to(self, day: str) -> None:
        """Let it be noon of a day, with the session of the day before ended."""
        self.clock_file.write_text(f"{day}T12:00:00-03:00", encoding="utf-8")
        self.page.context.clear_cookies()
        self.page.goto("/login")
        sign_in(self.page, ALFA.people[0].email, PASSWORD)
        expect(self.page.get_by_role("heading", level=1)).not_to_have_text("Entrar")

    def open(self, width: int) -> Page:
        context = self.browser.new_context(
            base_url=self.server.url, viewport={"width": width, "height": SIZES[width]}, is_mobile=width < 600,
            has_touch=width < 600, locale="pt-BR", timezone_id="America/Sao_Paulo", ignore_https_errors=True,
        )  # fmt: skip
        context.set_default_timeout(PATIENCE_MS)
        self.page = context.new_page()
        return self.page


@pytest.fixture(scope="module")
def days(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Days]:
    folder = tmp_path_factory.mktemp("days")
    clock_file = folder / "now"
    clock_file.write_text("2025-06-16T12:00:00-03:00", encoding="utf-8")
    with running_server(folder, f"@{clock_file}") as server:
        app = create_app(test_config(server.database_url, server.instance, secret_key=SECRET_KEY))
        with app.app_context():
            db.session().expire_on_commit = False
            yield Days(server, clock_file, app, chromium)
            db.session.remove()
            db.engine.dispose()


def sound(page: Page, width: int) -> None:
    """Check that nothing keeps anybody out of the page as it is."""
    assert violations(page) == []
    assert overflow(page) <= 0
    if width < 600:
        assert small_targets(page) == []


def settle(client: Client) -> None:
    """Have the open charges of a client paid: they block its renewal."""
    open_ones = Charge.client_id == client.id, Charge.paid_at.is_(None)
    db.session.execute(update(Charge).where(*open_ones).values(paid_at=clock.parse_moment("2025-06-17T12:00:00-03:00")))
    db.session.commit()


def let_go(client: Client) -> Client:
    """Return a client as it was read, with no lock held on the database."""
    db.session.expunge(client)
    db.session.rollback()
    return client


def pay_invoice() -> None:
    invoice = db.session.scalars(select(Invoice).order_by(Invoice.id.desc())).first()
    assert invoice is not None
    moment = clock.parse_moment("2025-07-01T12:00:00-03:00")
    with clock.frozen(moment):
        pay(invoice, clock.local_date(moment))
    db.session.rollback()


def decision(page: Page, client: Client) -> str:
    return page.get_by_label(f"Decisão do cliente {client.id}", exact=True).input_value()


class Story:
    """R17's client, from day to day."""

    def __init__(self, days: Days, width: int) -> None:
        self.days, self.page, self.width = days, days.open(width), width
        partner = db.session.scalars(select(Partner).where(Partner.name.startswith("Alfa"))).one()
        facts = {"name": f"Padaria Aurora {width}", "product": Product.NAVI, "due_on": date(2025, 7, 10)}
        self.navi = let_go(Factory(70_000 + width).client(partner, **facts))

    @property
    def link(self) -> Client:
        same = Client.document == self.navi.document, Client.product == Product.LINK
        return let_go(db.session.scalars(select(Client).where(*same)).one())

    def order_link(self) -> None:
        """Order Link from the Navi's row."""
        page = self.page
        page.goto(f"/clients?q={self.navi.document}")
        page.get_by_label(f"Ações do cliente {self.navi.id}", exact=True).click()
        page.get_by_role("link", name="Migrar para o Link", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Migrar para o Link")
        expect(page.get_by_label("Nome da empresa")).to_have_value(self.navi.name)
        expect(page.get_by_text("Notas fiscais não são migradas.")).to_be_visible()
        sound(page, self.width)
        page.locator("#save").click()
        window = page.get_by_role("dialog")
        expect(window).to_contain_text("1 × R$ 99,90 ÷ 30 × 25 dias = R$ 83,25")
        expect(window).to_contain_text("O pedido do Link não cancela a licença do Navi")
        sound(page, self.width)
        window.get_by_role("button", name="Confirmar").click()
        expect(page.locator(".codes code")).to_have_count(1)
        page.get_by_role("link", name="Ver migração").click()
        expect(page.locator("[aria-current=step]")).to_contain_text("“Configurações” › “Backup” › “Fazer backup”")
        expect(page.locator("main")).to_contain_text("01/08/2025: sem renovação, Inativo")
        sound(page, self.width)

    def renew_link_only(self) -> None:
        """Find only Link chosen on the desk; the question about Navi leads to the checklist; pay for Link."""
        page, navi, link = self.page, self.navi, self.link
        page.goto(f"/renewals?month=2025-07&q={navi.document}")
        expect(page.locator("#desk-table tbody th")).to_have_count(2)
        assert (decision(page, navi), decision(page, link)) == ("skip", "renew")
        page.get_by_label(f"Decisão do cliente {navi.id}", exact=True).select_option(label="Renovar")
        page.locator(f"#guard-{navi.id}").get_by_role("link", name="Ver migração").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Migração do Navi para o Link")
        page.goto(f"/invoices/new?kind=renewal&client={link.id}")
        page.get_by_role("button", name="Confirmar").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Fatura")
        pay_invoice()

    def stands(self, navi: str, *words: str) -> None:
        """Check what the checklist says; Link is Ativo."""
        self.page.goto(f"/clients/{self.navi.id}/migration")
        expect(self.page.locator(".facts .s")).to_have_text([navi, "Ativo"])
        for text in words:
            expect(self.page.locator("main")).to_contain_text(text)

    def reactivate_navi(self) -> None:
        page = self.page
        page.get_by_role("link", name="Reativar o Navi").click()
        page.locator("#contract").get_by_role("button", name="Reativar cliente", exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name="Confirmar").click()
        said(page, f"{self.navi.name} reativado.")


@pytest.mark.parametrize("width", sorted(SIZES, reverse=True))
def test_r17_from_the_order_to_the_navi_that_comes_back(days: Days, width: int) -> None:
    story = Story(days, width)
    days.turn_to("2025-06-16")
    story.order_link()
    settle(story.link)

    days.turn_to("2025-07-01")
    story.renew_link_only()

    days.turn_to("2025-07-11")
    story.stands("Expirado", "Renovação decidida: O Navi não foi renovado")

    days.turn_to("2025-08-01")
    story.stands("Inativo", "O Navi está Inativo desde 01/08/2025. Pode ser reativado")
    story.reactivate_navi()
    story.stands("Ativo")

    over = db.session.scalars(select(NaviMigration.link_id).where(NaviMigration.users_at.is_not(None))).one()
    db.session.rollback()
    story.page.goto(f"/clients/{over}/migration")  # the demo's
    expect(story.page.locator("main")).to_contain_text("Migração concluída.")
    sound(story.page, width)
