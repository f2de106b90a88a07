"""A client's devices, as a person handles them: a seat freed, a Navi authorised, a Link Móvel that leaves; open to all."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from portal.domain.catalogue import Item, Product
from portal.models import Client, Installation, Partner, User
from tests.browser.barriers import overflow, small_targets, violations
from tests.browser.conftest import PageOf
from tests.browser.screen import ready, said
from tests.browser.test_barriers import LONG
from tests.browser.watch import Watch
from tests.factories import Factory

QUESTION = "Qual aparelho deixa o Link Móvel?"


@dataclass
class Shop:
    """A Link client with devices of every kind, and a Navi that waits."""

    link: Client
    navi: Client
    phone: Installation


@pytest.fixture
def shop(make: Factory, partner: Partner) -> Shop:
    link = make.client(partner, name=LONG)
    for item, quantity in ((Item.CLOUD, 1), (Item.WAITER, 2), (Item.MOBILE, 2)):
        make.item(link, item, quantity)
    make.installation(link)
    make.installation(link, item=Item.MOBILE, device="Fone da Bia")
    phone = make.installation(link, item=Item.MOBILE, device="Tablet do Léo")
    make.seat(link, device="Tablet do salão com um nome comprido · 1")
    make.contact(link, peaks={"waiter": 2})
    navi = make.client(partner, name="Quiosque Sol", product=Product.NAVI)
    make.installation(navi, device="CAIXA-VELHO")
    make.pairing(navi)
    return Shop(link, navi, phone)


def open_cut(page: Page, shop: Shop, *, js: bool = True) -> None:
    """Want one Link Móvel less; who has no script is asked once it is saved."""
    page.goto(f"/clients/{shop.link.id}/revision/new")
    ready(page)
    page.get_by_label("Link Móvel", exact=True).fill("1")
    if not js:
        page.get_by_role("button", name="Salvar", exact=True).last.click()
    expect(page.get_by_text(QUESTION)).to_be_visible()


def test_devices_are_freed_authorised_and_chosen_to_leave(
    page_of: PageOf, shop: Shop, ana: User, watch: Watch, js: bool
) -> None:
    watch.expect(r"\b422\b")
    page = page_of(ana, js=js)
    page.goto(f"/clients/{shop.link.id}")
    page.locator("summary", has_text="Liberar").click()
    page.get_by_role("button", name="Liberar agora").click()
    said(page, "Licença liberada.")
    expect(page.locator("#instalacoes")).not_to_contain_text("Tablet do salão")

    page.goto(f"/clients/{shop.navi.id}")
    expect(page.locator("#instalacoes")).to_contain_text("Autorizar encerra o uso no aparelho CAIXA-VELHO.")
    page.get_by_role("button", name="Autorizar o aparelho CAIXA-01, número 482-913").click()
    said(page, "Aparelho autorizado")
    expect(page.locator("#instalacoes li")).to_have_count(1)
    expect(page.locator("#instalacoes li")).to_contain_text("CAIXA-01")

    open_cut(page, shop, js=js)
    page.get_by_label("Tablet do Léo").check()
    page.get_by_role("button", name="Salvar", exact=True).last.click()
    said(page, "salvo")
    expect(page.locator("#instalacoes li", has_text="Tablet do Léo")).to_contain_text("sai em 11/08")


def test_devices_keep_nobody_out(page_of: PageOf, shop: Shop, ana: User, width: int) -> None:
    page = page_of(ana, width)

    def check() -> None:
        assert violations(page) == []
        assert overflow(page) <= 0
        if width < 600:
            assert small_targets(page) == []

    page.goto(f"/clients/{shop.link.id}")
    page.locator("summary", has_text="Liberar").click()
    expect(page.get_by_role("button", name="Liberar agora")).to_be_visible()
    check()
    page.goto(f"/clients/{shop.navi.id}")
    expect(page.get_by_role("button", name="Recusar")).to_be_visible()
    check()
    open_cut(page, shop)
    check()
