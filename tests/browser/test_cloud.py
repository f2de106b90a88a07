"""The screen "Status Cloud" as a person uses it, with scripts and without; nothing of it keeps anybody out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.domain.catalogue import Item, Product
from portal.domain.cloud import CloudState
from portal.extensions import db
from portal.models import Client, CloudBackup, Contact, Partner, PriceVersion, User
from tests.browser.barriers import overflow, small_targets, violations
from tests.browser.conftest import PageOf
from tests.browser.screen import ready, said, stands_at
from tests.browser.test_barriers import LONG
from tests.cloud.conftest import told
from tests.conftest import NOW
from tests.factories import Factory


@dataclass
class Scene:
    """A page, a Link whose Cloud fails, a Navi whose Cloud works, one that never told."""

    page: Page
    link: Client
    navi: Client


@pytest.fixture
def lay_out(page_of: PageOf, make: Factory, partner: Partner, ana: User) -> Callable[..., Scene]:
    """Return what opens a browser over the rows."""

    def client(state: CloudState | None, **facts: object) -> Client:
        client = make.client(partner, **facts)
        make.item(client, Item.CLOUD)
        if state:
            db.session.add(Contact(client_id=client.id, partner_id=partner.id, **told(state)))
        return client

    def open_scene(width: int = 1280, *, js: bool = True) -> Scene:
        if db.session.scalar(select(PriceVersion).limit(1)) is None:
            make.price_version()
        link, navi = client(CloudState.ERROR, name=LONG), client(CloudState.ONLINE, name="Bar", product=Product.NAVI)
        made = client(None, name="Zelo")
        whose = {"client_id": made.id, "partner_id": partner.id, "requested_by_id": ana.id}
        db.session.add(CloudBackup(requested_at=NOW, handed_out_at=NOW, done_at=NOW, failure="Disco cheio", **whose))
        db.session.commit()
        return Scene(page_of(ana, width, js=js), link, navi)

    return open_scene


def test_a_fault_is_found_a_backup_asked_for_and_a_navis_cloud_removed(lay_out: Callable[..., Scene], js: bool) -> None:
    scene = lay_out(js=js)
    page, row = scene.page, scene.page.locator(f"#cloud-{scene.link.id}")
    page.goto("/")
    page.get_by_role("link", name="Status Cloud").click()
    ready(page)
    page.get_by_role("list", name="Clientes por estado").get_by_role("link", name="Erro").click()
    stands_at(page, state="error")
    expect(page.locator("#cloud-table tbody")).to_have_count(1)
    expect(row).to_contain_text("Disco cheio")
    row.get_by_role("button", name="Gerar backup").click()
    said(page, "Backup pedido. Gravado às 12:00")
    stands_at(page, state="error")
    expect(row).to_contain_text("Backup pedido às 12:00, aguardando o programa")
    if js:
        page.wait_for_function("id => document.activeElement.id === id", arg=f"cloud-{scene.link.id}")
    row.get_by_role("button", name="Cancelar pedido").click()
    said(page, "Pedido de backup cancelado.")
    expect(row.get_by_role("button", name="Gerar backup")).to_be_visible()
    page.get_by_role("list", name="Clientes por estado").get_by_role("link", name="Online").click()
    stands_at(page, state="online")
    page.get_by_role("link", name="Excluir Cloud de Bar").click()
    expect(page.get_by_text("Excluir o Cloud de Bar em 11/08/2025?")).to_be_visible()
    page.get_by_role("button", name="Excluir Cloud").click()
    said(page, "O Cloud sai em 11/08/2025.")
    page.get_by_role("button", name="Desfazer a mudança de Cloud").click()
    expect(page.get_by_role("heading", name="Mudanças agendadas")).to_be_hidden()


def the_list(scene: Scene) -> None:
    scene.page.goto("/cloud")
    scene.page.locator(f"#cloud-{scene.link.id}").get_by_role("button", name="Gerar backup").click()
    said(scene.page, "Backup pedido.")
    scene.page.get_by_text("O que significa cada estado").click()


def nobody(scene: Scene) -> None:
    scene.page.goto("/cloud?q=xyzxyz&product=navi")


def question(scene: Scene) -> None:
    scene.page.goto(f"/clients/{scene.navi.id}/cloud-removal/new")


@pytest.mark.parametrize("state", [the_list, nobody, question], ids=lambda state: state.__name__)
def test_nothing_keeps_anybody_out(lay_out: Callable[..., Scene], width: int, state: Callable[[Scene], None]) -> None:
    scene = lay_out(width)
    state(scene)
    ready(scene.page)
    assert violations(scene.page) == []
    assert overflow(scene.page) == 0
    assert small_targets(scene.page) == []
