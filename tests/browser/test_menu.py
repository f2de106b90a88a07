"""The menu and what stands behind the company's name: the same on a desktop and on a phone, with JavaScript and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from portal.domain.roles import Role
from portal.models import Partner, User
from tests.browser.barriers import overflow, small_targets, violations
from tests.browser.conftest import PageOf
from tests.factories import Factory

TALLEST = {1280: 60, 360: 96}
"""How far down a page begins at most: the menu is no reason to scroll."""

WIDTHS = (320, 480, 768, 1024, 1056, 1060, 1100, 1200, 1260, 1270, 1366, 1600)
"""Phones, tablets, small and large screens, and both sides of every change of the layout."""


def company(page: Page) -> Locator:
    """Press the company's name and return what it opens."""
    page.locator(".who > button").click()
    return page.locator("#me")


def test_the_company_s_name_opens_what_concerns_the_person_and_the_company(
    page_of: PageOf, partner: Partner, ana: User, width: int, js: bool
) -> None:
    page = page_of(ana, width, js=js)
    page.goto("/clients")
    expect(page.get_by_role("button", name="Sair")).to_be_hidden()

    menu = company(page)

    expect(menu).to_contain_text("Ana Lima · Administrador")
    expect(menu.get_by_role("button", name="Sair")).to_be_visible()
    assert not js or violations(page) == []
    assert overflow(page) <= 0
    if width < 600:
        assert small_targets(page) == []
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    company(page).get_by_role("link", name="Usuários").click()
    expect(page.get_by_role("heading", name="Usuários", level=1)).to_be_visible()


def test_the_menu_leaves_the_page_its_place(page_of: PageOf, make: Factory, width: int) -> None:
    partner = make.partner(name="Comercial de Automação Irmãos Vasconcelos de Albuquerque e Filhos Ltda")
    page = page_of(make.user(partner), width)
    page.goto("/clients")
    assert page.locator(".top").bounding_box()["height"] <= TALLEST[width]  # type: ignore[index]
    assert overflow(page) <= 0


def test_at_no_width_does_the_list_scroll_sideways_or_the_menu_grow(
    page_of: PageOf, make: Factory, partner: Partner, ana: User
) -> None:
    make.client(partner, name="Associação dos Produtores Rurais e Comerciantes de Hortifrutigranjeiros da Microrregião")
    page = page_of(ana, 1280)
    page.goto("/clients")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 700})
        assert overflow(page) <= 0, width
        assert page.locator(".top").bounding_box()["height"] <= TALLEST[360], width  # type: ignore[index]


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.READER])
def test_who_sees_no_invoices_is_offered_none(page_of: PageOf, make: Factory, partner: Partner, role: Role) -> None:
    page = page_of(make.user(partner, role), 360)
    page.goto("/clients")
    expect(page.get_by_role("link", name="Clientes")).to_be_visible()
    expect(page.get_by_role("button", name="Mais")).to_have_count(0)
    expect(company(page).get_by_text("Crédito")).to_have_count(0)
