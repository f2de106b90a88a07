"""What each role sees of the same list (DOMAIN §11)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from portal.domain import codes
from portal.domain.roles import Role
from portal.models import Partner, User
from tests.browser.conftest import PageOf
from tests.browser.screen import Clients
from tests.factories import Factory


@pytest.mark.parametrize(
    ("role", "wanted", "unwanted"),
    [
        (Role.ADMIN, ["Editar", "Suspender"], []),
        (Role.SUPPORT, ["Editar", "Suspender"], []),
        (Role.FINANCE, ["Editar"], ["Suspender"]),
        (Role.READER, [], ["Editar", "Suspender"]),
    ],
)
def test_the_menu_offers_what_the_role_may_do(
    page_of: PageOf, make: Factory, partner: Partner, js: bool, role: Role, wanted: list[str], unwanted: list[str]
) -> None:
    client = make.client(partner)
    clients = Clients(page_of(make.user(partner, role), js=js), js=js).open()

    clients.open_menu(client)

    actions = clients.page.locator(f"#menu-{client.id}, #acoes")
    for label in wanted:
        expect(actions.get_by_text(label, exact=True)).to_be_visible()
    for label in unwanted:
        expect(clients.page.get_by_text(label, exact=True)).to_have_count(0)


def test_a_reader_sees_no_code_and_no_key_anywhere(
    page_of: PageOf, make: Factory, partner: Partner, watch, js: bool
) -> None:
    watch.expect("403")
    waiting, running = make.client(partner, name="Aguarda Ltda"), make.client(partner, name="Roda Ltda")
    code, key = codes.grouped(make.code(waiting).code), make.installation(running).key
    page = page_of(make.user(partner, Role.READER), js=js)
    clients = Clients(page, js=js).open()

    expect(page.get_by_role("link", name="Visualizar")).to_have_count(0)
    expect(clients.unfold(waiting)).to_contain_text("Não exibido para o seu perfil")
    expect(clients.unfold(running)).to_contain_text("Não exibida para o seu perfil")
    assert code not in page.content()
    assert key not in page.content()
    page.goto("/clients/codes")
    expect(page.get_by_role("heading", name="Sem permissão")).to_be_visible()
    assert code not in page.content()


def test_users_of_a_suspended_partner_read_and_change_nothing(page_of: PageOf, make: Factory, js: bool) -> None:
    from portal import clock

    partner = make.partner(name="Delta Sistemas", suspended_at=clock.now())
    client = make.client(partner)
    clients = Clients(page_of(make.user(partner), js=js), js=js).open()

    expect(clients.page.get_by_text("Sua revenda está suspensa")).to_be_visible()
    clients.open_menu(client)
    expect(clients.page.get_by_text("Suspender", exact=True)).to_have_count(0)


def test_vendor_staff_are_led_to_what_waits_for_them(page_of: PageOf, make: Factory) -> None:
    page = page_of(make.user(None, Role.OPERATOR))

    page.goto("/")

    expect(page.get_by_role("heading", name="Início", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Clientes", exact=True)).to_have_count(0)


def test_another_partners_client_is_not_found(page_of: PageOf, make: Factory, ana: User, watch, js: bool) -> None:
    watch.expect("404")
    theirs = make.client(make.partner(name="Ômega Sistemas"), name="Segredo Alheio")
    page = page_of(ana, js=js)

    page.goto(f"/clients/{theirs.id}")

    expect(page.get_by_role("heading", name="Não encontrado")).to_be_visible()
    expect(page.get_by_text("Segredo Alheio")).to_have_count(0)
