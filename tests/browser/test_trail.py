"""The record as people search it, and "Ajuda" where they stand: every page on a desktop and on a phone, with and without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from portal import audit
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Client, Partner, User
from tests.browser.barriers import overflow, small_targets, violations
from tests.browser.conftest import PageOf
from tests.browser.test_barriers import LONG
from tests.conftest import NOW
from tests.factories import Factory


class Ana:
    def __init__(self, user: User) -> None:
        self.user_id, self.name = user.id, user.name


@pytest.fixture
def client(make: Factory, partner: Partner, ana: User) -> Client:
    """Return a client that Ana edited and suspended."""
    client = make.client(partner, name=LONG)
    facts = {"actor": Ana(ana), "now": NOW, "partner_id": partner.id, "client_id": client.id}
    audit.record("edit", before={"name": "Mercado"}, after={"name": LONG}, reason="Ligaram", **facts)
    audit.record("suspend", reason="Não pagou", **facts)
    db.session.commit()
    return client


def check(page: Page, width: int, *, js: bool) -> None:
    """Nothing keeps anybody out of what is shown."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if js:
        assert violations(page) == []
        assert overflow(page) <= 0
    if js and width < 600:
        assert small_targets(page) == []


def test_a_partner_finds_who_changed_what_and_reads_about_the_screen(
    page_of: PageOf, ana: User, client: Client, width: int, js: bool
) -> None:
    page = page_of(ana, width, js=js)
    page.goto("/users")
    page.locator("main").get_by_role("link", name="Auditoria").click()
    rows = page.locator("#trail-table tbody")
    expect(rows).to_have_count(2)
    check(page, width, js=js)
    page.get_by_role("combobox", name="O que foi feito").select_option("Edição")
    page.get_by_role("button", name="Filtrar").click()
    expect(rows).to_have_count(1)
    with page.expect_download() as sent:
        page.get_by_role("link", name="Exportar CSV").click()
    assert sent.value.suggested_filename.startswith("auditoria-")
    page.get_by_role("link", name="protocolo").click()
    expect(page.get_by_text("Ligaram")).to_be_visible()
    expect(page.get_by_role("cell", name=LONG)).to_be_visible()
    check(page, width, js=js)
    page.goto("/trail?protocol=999999")
    expect(page.get_by_role("heading", name="Nenhum registro encontrado")).to_be_visible()
    check(page, width, js=js)


def test_help_is_where_the_hand_is(page_of: PageOf, ana: User, width: int, js: bool) -> None:
    page = page_of(ana, width, js=js)
    page.goto("/trail")
    page.locator(".who > button").click()
    page.locator("#me").get_by_role("link", name="Ajuda").click()
    expect(page.get_by_role("heading", name="Auditoria", level=1)).to_be_visible()
    check(page, width, js=js)
    page.get_by_role("link", name="Ajuda").last.click()
    expect(page.get_by_role("heading", name="Ajuda", level=1)).to_be_visible()
    check(page, width, js=js)
    page.get_by_role("link", name="Expirado").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Expirado")
    check(page, width, js=js)
    page.goto("/help/actions")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    check(page, width, js=js)


def test_staff_search_every_partners_record(
    page_of: PageOf, make: Factory, client: Client, width: int, js: bool
) -> None:
    other = make.partner(name=f"Cerrado {width} {js} do Sul")
    make.partner(name=f"Cerrado {width} {js} do Norte")
    audit.record("notice_muted", actor=None, now=NOW, partner_id=other.id)
    db.session.commit()
    page = page_of(make.user(None, Role.OPERATOR, name="Olga"), width, js=js)
    page.goto("/trail")
    expect(page.locator("#trail-table tbody").first).to_be_visible()
    check(page, width, js=js)
    page.get_by_role("searchbox", name="Revenda").fill(f"cerrado {width} {js}")
    page.get_by_role("button", name="Filtrar").click()
    expect(page.get_by_role("heading", name="Qual revenda?")).to_be_visible()
    check(page, width, js=js)
    page.get_by_role("link", name=other.name).click()
    expect(page.locator("#trail-table tbody")).to_have_count(1)
