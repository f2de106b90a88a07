"""The inbox "Avisos" as a person uses it: from the banner to a decision that sticks, and back again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import update

from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Client, Partner, User
from portal.notifications import service
from tests.browser.barriers import overflow
from tests.browser.conftest import PageOf
from tests.browser.screen import Clients, ready, said, wait_for_focus
from tests.browser.test_focus import tab_to
from tests.browser.watch import Watch
from tests.conftest import NOW
from tests.factories import Factory

TODAY = NOW.date()
GROUP = "#a-due_in_3"
SOON = "Loja da Praça", "Mercado Bom Dia", "Ótica Central"


@pytest.fixture
def shops(make: Factory, partner: Partner) -> list[Client]:
    """Return three clients due soon and one that has become Inativo, as the night has told of them."""
    shops = [
        make.client(partner, name=name, due_on=TODAY + timedelta(days=days)) for days, name in enumerate(SOON, start=1)
    ]
    shops.append(make.client(partner, name="Bazar Velho", due_on=date(2025, 6, 10)))
    service.notify(NOW)
    return shops


@pytest.fixture
def inbox(page_of: PageOf, ana: User, shops: list[Client], js: bool) -> Page:
    """Return the inbox with the group of those due soon opened."""
    page = page_of(ana, js=js)
    page.goto("/notices")
    page.locator(GROUP).get_by_role("link", name="Decidir um a um").click()
    expect(lines(page)).to_have_count(3)
    ready(page)
    return page


def lines(page: Page) -> Locator:
    return page.locator(f"{GROUP} .codes > li")


def waiting(page: Page, *names: str) -> None:
    """Check that exactly these wait for a decision, now and after a reload."""
    for _ in range(2):
        expect(lines(page).get_by_role("link")).to_have_text(names)
        expect(page.locator("#alerts-n")).to_have_text(str(len(names) + 1))
        page.goto("/notices?open=due_in_3")


def dismiss(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"Dispensar o aviso de {name}").click()


def put_off(page: Page, whom: str, to: str) -> None:
    page.get_by_label(f"Adiar {whom}", exact=True).click()
    field = page.get_by_label("Avisar de novo em").and_(page.locator(":visible"))
    field.fill(to)
    field.locator("xpath=ancestor::form").get_by_role("button", name="Adiar").click()


def test_the_banner_leads_to_the_list_and_to_the_inbox_and_its_groups_to_theirs(
    page_of: PageOf, ana: User, shops: list[Client], width: int, js: bool
) -> None:
    page = page_of(ana, width, js=js)
    clients = Clients(page, js=js).open()
    banner = page.locator("#alerts")
    expect(banner).to_contain_text("3 licenças vencem até domingo.")
    banner.get_by_role("link", name="Ver", exact=True).click()
    clients.shows(*shops[:3])

    banner.get_by_role("link", name="e mais 1 aviso").click()
    expect(page.get_by_role("heading", level=2)).to_have_text(
        ["3 licenças vencem até domingo", "1 cliente ficou Inativo em 01/07"]
    )
    assert overflow(page) <= 0
    page.locator("#a-inactive").get_by_role("link", name="Ver na lista de clientes").click()
    clients.shows(shops[3])
    expect(page.get_by_label("Remover filtro Aviso: Ficou Inativo")).to_be_visible()


def test_a_group_is_unfolded_and_folded_again(page_of: PageOf, ana: User, shops: list[Client], width: int) -> None:
    page = page_of(ana, width)
    page.goto("/notices")
    fold = page.locator("#f-due_in_3")
    for is_open in (True, False, True):
        fold.press("Enter")
        expect(fold).to_have_attribute("aria-expanded", str(is_open).lower())
        expect(fold).to_be_focused()
        expect(lines(page)).to_have_count(3 if is_open else 0)
    assert overflow(page) <= 0


def test_a_dismissed_notice_stays_away_and_comes_back_by_desfazer(inbox: Page) -> None:
    dismiss(inbox, SOON[1])
    said(inbox, f"Aviso de {SOON[1]} dispensado.")
    inbox.get_by_role("button", name="Desfazer").click()
    said(inbox, "1 aviso voltou.")
    waiting(inbox, *SOON)
    dismiss(inbox, SOON[1])
    said(inbox, "dispensado")
    waiting(inbox, SOON[0], SOON[2])


def test_a_dismissed_group_stays_away_and_comes_back_by_desfazer(inbox: Page, js: bool) -> None:
    everything = inbox.get_by_role("button", name="Dispensar todos: Vence em até 3 dias")
    everything.click()
    said(inbox, "3 avisos dispensados.")
    if js:
        expect(inbox.locator(GROUP)).to_contain_text("Nada mais a decidir aqui.")
    expect(inbox.locator("#alerts")).to_contain_text("1 cliente ficou Inativo")
    inbox.get_by_role("button", name="Desfazer").click()
    said(inbox, "3 avisos voltaram.")
    waiting(inbox, *SOON)
    everything.click()
    said(inbox, "3 avisos dispensados.")
    inbox.reload()
    expect(inbox.locator(GROUP)).to_have_count(0)
    expect(inbox.locator("#alerts-n")).to_have_text("1")


def test_a_notice_is_put_off_to_a_day(inbox: Page) -> None:
    put_off(inbox, f"o aviso de {SOON[0]}", "2025-07-20")
    said(inbox, f"Aviso de {SOON[0]} adiado para 20/07/2025.")
    waiting(inbox, SOON[1], SOON[2])
    put_off(inbox, "todos: Vence em até 3 dias", "2025-07-11")
    said(inbox, "2 avisos adiados para 11/07/2025.")
    inbox.goto("/notices")
    expect(inbox.locator(GROUP)).to_have_count(0)


def test_a_day_that_has_passed_is_refused_and_nothing_is_lost(inbox: Page, watch: Watch, js: bool) -> None:
    watch.expect("422")
    inbox.evaluate("document.querySelectorAll('form').forEach((form) => { form.noValidate = true; })")
    put_off(inbox, f"o aviso de {SOON[0]}", "2025-07-09")
    expect(inbox.get_by_text("Escolha uma data de 11/07/2025 a 08/09/2025.")).to_be_visible()
    if js:
        field = inbox.get_by_label("Avisar de novo em").and_(inbox.locator(":visible"))
        expect(field).to_have_value("2025-07-09")
    inbox.goto("/notices?open=due_in_3")
    waiting(inbox, *SOON)


def test_a_client_is_silenced_for_a_kind_and_told_of_again(inbox: Page, shops: list[Client]) -> None:
    inbox.get_by_role("button", name=f"Não avisar mais deste cliente: {SOON[2]}, Vence em até 3 dias").click()
    said(inbox, f"{SOON[2]}: não avisaremos mais “Vence em até 3 dias”.")
    waiting(inbox, SOON[0], SOON[1])
    silent = inbox.locator("#mutes")
    expect(silent).to_contain_text(SOON[2])
    silent.get_by_role("button", name=f"Voltar a avisar de {SOON[2]}").click()
    said(inbox, "voltaremos a avisar")
    expect(silent).not_to_contain_text(SOON[2])
    inbox.reload()
    expect(silent).not_to_contain_text(SOON[2])


def test_the_whole_inbox_by_keyboard(page_of: PageOf, ana: User, shops: list[Client]) -> None:
    page = page_of(ana)
    page.goto("/notices")
    keys = page.keyboard
    tab_to(page, "f-due_in_3")
    keys.press("Enter")
    expect(lines(page)).to_have_count(3)
    wait_for_focus(page, "f-due_in_3")
    for name, left in ((SOON[0], SOON[1:]), (SOON[1], SOON[2:])):
        tab_until(page, lambda label, name=name: label == f"Dispensar o aviso de {name}")
        keys.press("Enter")
        said(page, f"Aviso de {name} dispensado.")
        expect(page.get_by_role("link", name=left[0])).to_be_focused()
    tab_until(page, lambda label: label == f"Adiar o aviso de {SOON[2]}")
    keys.press("Enter")
    tab_until(page, lambda label: label == "Adiar")
    keys.press("Enter")
    said(page, "adiado para 11/07/2025")
    wait_for_focus(page, "a-due_in_3")
    page.get_by_role("button", name="Desfazer").focus()
    keys.press("Enter")
    said(page, "1 aviso voltou.")
    wait_for_focus(page, "a-due_in_3")


def tab_until(page: Page, is_wanted: Callable[[str], bool], limit: int = 30) -> None:
    """Press Tab until an element with this accessible name has the focus."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        label = page.evaluate("document.activeElement.ariaLabel || document.activeElement.textContent.trim()")
        if is_wanted(label):
            return
    raise AssertionError("it is not reached by Tab")


def test_deciding_by_mouse_leaves_the_focus_in_the_group(page_of: PageOf, ana: User, shops: list[Client]) -> None:
    page = page_of(ana)
    page.goto("/notices?open=due_in_3")
    dismiss(page, SOON[2])
    said(page, "dispensado")
    wait_for_focus(page, "a-due_in_3")


@pytest.mark.parametrize("case", ["reader", "suspended"])
def test_who_may_not_decide_sees_no_button(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, shops: list[Client], js: bool, case: str
) -> None:
    user = make.user(partner, Role.READER) if case == "reader" else ana
    if case == "suspended":
        suspend(partner)
    page = page_of(user, js=js)
    page.goto("/notices?open=due_in_3")
    expect(lines(page)).to_have_count(3)
    expect(page.locator("#inbox").get_by_role("button")).to_have_count(0)
    expect(page.locator("#inbox details")).to_have_count(0)


@pytest.mark.parametrize("case", ["reader", "suspended"])
def test_who_lost_the_right_meanwhile_is_told_and_nothing_changes(
    inbox: Page, partner: Partner, ana: User, watch: Watch, case: str
) -> None:
    watch.expect("403")
    if case == "suspended":
        suspend(partner)
    else:
        with db.engine.begin() as connection:
            connection.execute(update(User).where(User.id == ana.id).values(role=Role.READER))
    dismiss(inbox, SOON[0])
    reason = "Sua revenda está suspensa" if case == "suspended" else "Seu perfil não permite isto."
    expect(inbox.get_by_text(reason).first).to_be_visible()
    inbox.goto("/notices?open=due_in_3")
    waiting(inbox, *SOON)


def suspend(partner: Partner) -> None:
    with db.engine.begin() as connection:
        connection.execute(update(Partner).where(Partner.id == partner.id).values(suspended_at=NOW))


def test_hiding_a_client_takes_its_notice_out_of_the_banner_at_once(
    page_of: PageOf, ana: User, shops: list[Client], width: int
) -> None:
    page = page_of(ana, width)
    clients = Clients(page).open()
    expect(page.locator("#alerts")).to_contain_text("e mais 1 aviso")
    clients.act(shops[3], "Ocultar")
    said(page, "Bazar Velho oculto.")
    expect(page.locator("#alerts")).not_to_contain_text("e mais")
    expect(page.locator("#alerts")).to_contain_text("3 licenças vencem")
    expect(page.locator("#alerts-n")).to_have_text("3")
    expect(clients.status(shops[3])).to_have_text("Oculto")
