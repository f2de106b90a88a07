"""Home in a browser: where one lands, where its cards lead, that it reads well on a phone and to everybody."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from portal.domain import codes
from portal.models import Partner, User
from tests.browser.conftest import PageOf
from tests.browser.screen import Clients, sign_in
from tests.factories import Factory

WCAG = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
}


@pytest.fixture
def kinds(make: Factory, partner: Partner) -> dict[str, object]:
    """Give the partner a client of each kind that a card counts."""
    waiting = make.client(partner, name="Empório São Bento")
    return {
        "waiting": waiting,
        "code": codes.grouped(make.code(waiting).code),
        "expired": make.client(partner, name="Açougue Boi Gordo", due_on=date(2025, 7, 9)),
        "soon": make.client(partner, name="Bazar Três Irmãos", due_on=date(2025, 7, 20)),
    }


def breaches(page: Page) -> list[str]:
    """Return what axe finds."""
    found = Axe().run(page, options=WCAG).response["violations"]
    return [f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]]


def test_after_login_one_lands_on_home_and_its_cards_lead_into_the_list(
    page_of: PageOf, ana: User, kinds: dict[str, object], width: int, js: bool
) -> None:
    page = page_of(None, width, js=js)
    clients = Clients(page, js=js)
    page.goto("/login")

    sign_in(page, ana.email)
    expect(page.get_by_role("heading", name="Início", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Início", exact=True)).to_have_attribute("aria-current", "page")

    page.get_by_role("link", name="A renovar 2").click()
    clients.shows(kinds["expired"], kinds["soon"])  # type: ignore[arg-type]
    expect(page.get_by_label("Remover filtro A renovar")).to_be_visible()

    page.get_by_role("link", name="Início", exact=True).click()
    page.get_by_role("link", name="Expirados 1").click()
    clients.shows(kinds["expired"])  # type: ignore[arg-type]

    page.get_by_role("link", name="Início", exact=True).click()
    page.get_by_role("link", name="Ativos 2").click()
    clients.shows(kinds["soon"], kinds["waiting"])  # type: ignore[arg-type]


def test_the_codes_open_over_home_or_as_a_page(
    page_of: PageOf, ana: User, kinds: dict[str, object], width: int, js: bool
) -> None:
    page = page_of(ana, width, js=js)
    page.goto("/")

    page.get_by_role("link", name="Códigos não utilizados 1").click()

    expect(page.get_by_role("heading", name="Códigos de registro não utilizados")).to_be_visible()
    expect(page.locator(".codes")).to_contain_text(str(kinds["code"]))
    if js:
        page.get_by_role("button", name="Fechar").click()
        expect(page.get_by_role("link", name="Códigos não utilizados 1")).to_be_focused()


def test_the_expired_part_of_this_month_leads_to_them(page_of: PageOf, ana: User, kinds: dict[str, object]) -> None:
    page = page_of(ana)
    page.goto("/")

    page.get_by_role("figure").get_by_role("link", name="1 expirado").click()

    Clients(page).shows(kinds["expired"])  # type: ignore[arg-type]


@pytest.mark.parametrize("is_empty", [False, True], ids=["mixed", "empty"])
def test_home_breaks_no_rule_of_accessibility_and_fits_the_screen(
    page_of: PageOf, make: Factory, ana: User, kinds: dict[str, object], width: int, is_empty: bool
) -> None:
    page = page_of(make.user(make.partner(name="Épsilon Sistemas")) if is_empty else ana, width)
    page.goto("/")

    assert breaches(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    low = "all => all.filter(one => one.getBoundingClientRect().height < 44).map(one => one.outerHTML)"
    assert page.locator(".kpi, figure a").evaluate_all(low) == []


def test_the_months_of_the_chart_do_not_touch_each_other(
    page_of: PageOf, ana: User, kinds: dict[str, object], width: int
) -> None:
    page = page_of(ana, width)
    page.goto("/")

    boxes = [box for text in page.locator("svg text:nth-of-type(even)").all() if (box := text.bounding_box())]
    assert len(boxes) == 2, "this month and the next"
    assert all(left["x"] + left["width"] < right["x"] for left, right in pairwise(boxes))
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)


def test_back_from_the_list_home_is_there_again(page_of: PageOf, ana: User, kinds: dict[str, object]) -> None:
    page = page_of(ana)
    page.goto("/")
    page.get_by_role("link", name="Ativos 2").click()
    page.go_back()
    expect(page.get_by_role("figure")).to_be_visible()
