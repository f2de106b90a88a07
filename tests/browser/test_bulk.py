"""Many rows at once, as a person does it: ticked, previewed, carried out, taken back; with and without JavaScript."""

from __future__ import annotations

import re
import secrets
from datetime import date, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy import update

from portal.domain.actions import Action
from portal.domain.jobs import RunState
from portal.domain.works import WorkKind
from portal.extensions import db
from portal.models import BulkOrder, Partner, User, Work
from tests.browser.conftest import PageOf
from tests.browser.screen import FOCUS, Clients, focused, ready, said, wait_for_focus
from tests.browser.watch import Watch
from tests.conftest import NOW
from tests.factories import Factory


def tick(page: Page, *ids: int) -> None:
    for client_id in ids:
        page.get_by_role("checkbox", name=str(client_id), exact=True).check()


def press(page: Page, label: str) -> None:
    """Press a button of the bar below the list."""
    page.get_by_role("form", name="Ações em lote").get_by_role("button", name=label, exact=True).click()


def test_rows_are_ticked_previewed_suspended_and_taken_back(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, width: int, js: bool
) -> None:
    one, two, three = (make.client(partner, name=name) for name in ("Açougue", "Bazar", "Cantina"))
    page = page_of(ana, width, js=js)
    clients = Clients(page, js=js).open()

    tick(page, one.id, three.id)
    if js:
        expect(page.locator("#ticked")).to_have_text("2 selecionados")
    press(page, "Suspender")
    expect(page.get_by_role("heading", name="Suspender: 2 clientes")).to_be_visible()
    expect(page.get_by_text("2 clientes serão alterados.")).to_be_visible()

    page.get_by_label("Motivo (opcional)").fill("Não pagaram")
    page.get_by_role("button", name="Confirmar").click()
    said(page, re.compile(r"Lote \d+ concluído: 2 feitos, 0 sem alteração\."))
    expect(page.get_by_text("Motivo: Não pagaram.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^protocolo \d+$"))).to_have_count(2)

    page.get_by_role("button", name="Desfazer").click()
    expect(page.get_by_role("heading", name=re.compile("Cancelar suspensão: desfazer o lote"))).to_be_visible()
    page.get_by_role("button", name="Confirmar").click()
    said(page, "2 feitos")
    page.get_by_role("link", name="Voltar para a lista").click()
    for client in (one, two, three):
        expect(clients.status(client)).to_have_text("Ativo")


def test_all_of_a_filter_goes_beyond_the_page(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, js: bool
) -> None:
    for number in range(30):
        make.client(partner, name=f"Loja {number:02d}")
    page = page_of(ana, js=js)
    Clients(page, js=js).open("?q=loja")
    page.get_by_role("checkbox", name=re.compile("deste filtro")).check()
    press(page, "Suspender")
    expect(page.get_by_text("30 clientes serão alterados.")).to_be_visible()
    page.get_by_role("button", name="Confirmar").click()
    said(page, "30 feitos")


def test_the_keyboard_ticks_one_and_all_of_the_page(
    page_of: PageOf, make: Factory, partner: Partner, ana: User
) -> None:
    first, *_ = (make.client(partner, name=name) for name in ("Açougue", "Bazar", "Cantina"))
    page = page_of(ana)
    Clients(page).open()
    bar, ticked = page.locator("#bulk"), page.locator("#ticked")
    expect(bar).to_be_hidden()
    page.get_by_role("checkbox", name=str(first.id), exact=True).focus()
    page.keyboard.press("Space")
    expect(ticked).to_have_text("1 selecionado")
    expect(bar).to_be_visible()
    page.get_by_role("checkbox", name="Marcar todos desta página").focus()
    page.keyboard.press("Space")
    expect(ticked).to_have_text("3 selecionados")
    page.keyboard.press("Space")
    expect(bar).to_be_hidden()


def test_a_filter_forgets_the_ticks_and_the_bar_with_them(
    page_of: PageOf, make: Factory, partner: Partner, ana: User
) -> None:
    client = make.client(partner, name="Açougue")
    page = page_of(ana)
    clients = Clients(page).open()
    tick(page, client.id)
    expect(page.locator("#bulk")).to_be_visible()
    clients.tab("Ativo")
    expect(page.locator("#t-active")).to_have_attribute("aria-current", "true")
    expect(page.locator("#bulk")).to_be_hidden()


def test_the_announced_result_is_taken_back_and_focus_returns_to_the_row(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, width: int, js: bool
) -> None:
    client = make.client(partner, name="Bar do Zé")
    page = page_of(ana, width, js=js)
    clients = Clients(page, js=js).open()
    clients.suspend(client)
    expect(clients.status(client)).to_have_text("Suspenso")
    page.get_by_role("status").get_by_role("button", name="Desfazer").click()
    said(page, "Suspensão de Bar do Zé cancelada.")
    expect(clients.status(client)).to_have_text("Ativo")
    if js:
        wait_for_focus(page, f"m{client.id}", f"client-{client.id}")
        assert focused(page) != "BODY"


def test_an_order_sent_over_a_cut_line_is_offered_again_and_done_once(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, watch: Watch
) -> None:
    watch.expect(r"failed: POST \S+/execution net::ERR_FAILED", r"console error: .*(ERR_FAILED|Failed to fetch)")
    clients = [make.client(partner, name=f"Loja {number}") for number in range(3)]
    page = page_of(ana)
    Clients(page).open()
    tick(page, *(client.id for client in clients))
    press(page, "Suspender")
    confirm = page.get_by_role("button", name="Confirmar")
    expect(confirm).to_be_visible()
    ready(page)
    page.route("**/execution", lambda route: (route.fetch(), route.abort()))
    confirm.click()
    expect(page.get_by_text("Sem conexão.")).to_be_visible()
    page.unroute("**/execution")
    page.get_by_role("button", name="Tentar de novo").click()
    said(page, "3 feitos")
    expect(page.get_by_text(re.compile(r"^protocolo \d+$"))).to_have_count(3)


def test_nobody_meets_a_barrier_on_the_way(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, width: int
) -> None:
    clients = [make.client(partner, name="Açougue"), make.client(partner, name="Vencida", due_on=date(2025, 7, 5))]
    page = page_of(ana, width)
    Clients(page).open()
    tick(page, *(client.id for client in clients))
    expect(page.locator("#bulk")).to_be_visible()
    has_no_barriers(page)
    press(page, "Suspender")
    expect(page.get_by_role("button", name="Confirmar")).to_be_visible()
    has_no_barriers(page)
    page.get_by_role("button", name="Confirmar").click()
    said(page, "1 feito, 1 sem alteração.")
    has_no_barriers(page)
    page.goto(f"/clients/{clients[0].id}")
    has_no_barriers(page)


def has_no_barriers(page: Page) -> None:
    """Check that axe finds nothing and that nothing is wider than the screen."""
    assert [found["id"] for found in Axe().run(page).response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# longer than a request

EVERY = 3_000
"""Milliseconds between two looks."""


@pytest.fixture
def under_way(make: Factory, partner: Partner, ana: User) -> BulkOrder:
    """Return an order that another process is at: 300 of 1,000 lines are done."""
    order = BulkOrder(
        key=secrets.token_urlsafe(18), partner_id=partner.id, user_id=ana.id, user_name=ana.name, done=300, lines=1_000,
        action=Action.SUSPEND, created_at=NOW, confirmed_at=NOW,
    )  # fmt: skip
    db.session.add(order)
    db.session.flush()
    db.session.add(
        Work(
            key=secrets.token_urlsafe(18), partner_id=partner.id, user_id=ana.id, user_name=ana.name, created_at=NOW,
            kind=WorkKind.BULK, subject_id=order.id, state=RunState.RUNNING, claimed_by="elsewhere:1:abcd",
            heartbeat_at=NOW, done=300, total=1_000,
        )
    )  # fmt: skip
    db.session.commit()
    return order


def gets_on(order: BulkOrder, done: int, **end: datetime) -> None:
    """Have the other process get on."""
    db.session.execute(update(BulkOrder).where(BulkOrder.id == order.id).values(done=done, **end))
    db.session.commit()


def test_the_page_of_a_long_order_follows_it_without_taking_the_place_of_who_reads(
    page_of: PageOf, ana: User, under_way: BulkOrder
) -> None:
    page = page_of(ana)
    page.clock.install(time=NOW)
    page.clock.pause_at(NOW + timedelta(seconds=1))
    page.goto(f"/clients/orders/{under_way.key}")
    looks: list[str] = []
    page.on("request", lambda request: looks.append(request.url))
    expect(page.get_by_text("300 de 1.000 prontos.")).to_be_visible()
    gets_on(under_way, 400)
    page.clock.run_for(EVERY)
    expect(page.get_by_text("400 de 1.000 prontos.")).to_be_visible()
    assert focused(page) == "BODY"
    lots = page.get_by_role("link", name="Lotes", exact=True)
    lots.focus()
    gets_on(under_way, 500)
    page.clock.run_for(EVERY)
    expect(page.get_by_text("500 de 1.000 prontos.")).to_be_visible()
    expect(lots).to_be_focused()
    expect(page.locator("#said")).to_be_empty()
    gets_on(under_way, 1_000, finished_at=NOW)
    page.clock.run_for(EVERY)
    said(page, f"Lote {under_way.id} concluído: 1.000 feitos, 0 sem alteração.")
    expect(page.get_by_role("progressbar")).to_have_count(0)
    page.wait_for_function(f"() => {FOCUS} !== 'BODY'")
    assert len(looks) == 3
    page.clock.run_for(10 * EVERY)
    page.reload()
    later = [url for url in looks[3:] if "/orders/" in url]
    assert later == [page.url], "it looks no more once there is nothing to see"


def test_without_javascript_the_link_shows_how_far_it_is(page_of: PageOf, ana: User, under_way: BulkOrder) -> None:
    page = page_of(ana, js=False)
    page.goto(f"/clients/orders/{under_way.key}")
    gets_on(under_way, 400)
    page.get_by_role("link", name="Atualizar").click()
    expect(page.get_by_text("400 de 1.000 prontos.")).to_be_visible()


def test_a_line_that_is_cut_while_looking_is_said_and_mends_itself(
    page_of: PageOf, ana: User, under_way: BulkOrder, watch: Watch
) -> None:
    watch.expect(r"failed: GET \S+/orders/\S+ net::ERR_FAILED", r"console error: .*(ERR_FAILED|Failed to fetch)")
    page = page_of(ana)
    page.goto(f"/clients/orders/{under_way.key}")
    page.route("**/orders/**", lambda route: route.abort())
    expect(page.get_by_text("Sem conexão.")).to_be_visible()
    page.unroute("**/orders/**")
    gets_on(under_way, 600)
    expect(page.get_by_text("600 de 1.000 prontos.")).to_be_visible()
    expect(page.get_by_text("Sem conexão.")).to_be_hidden()


def test_the_orders_and_an_order_under_way_are_no_barrier(
    page_of: PageOf, ana: User, under_way: BulkOrder, width: int
) -> None:
    page = page_of(ana, width)
    page.goto(f"/clients/orders/{under_way.key}")
    has_no_barriers(page)
    page.get_by_role("link", name="Lotes", exact=True).click()
    expect(page.get_by_role("link", name=f"Lote {under_way.id}: Suspender")).to_be_visible()
    has_no_barriers(page)
    db.session.execute(update(Work).where(Work.subject_id == under_way.id).values(state=RunState.FAILED, attempts=5))
    db.session.commit()
    page.goto(f"/clients/orders/{under_way.key}")
    expect(page.get_by_role("button", name="Continuar")).to_be_visible()
    has_no_barriers(page)
