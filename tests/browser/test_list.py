"""Finding clients: filters, chips, pages, the way back, the export."""

from __future__ import annotations

import re
from datetime import date, timedelta

from playwright.sync_api import expect

from portal.domain.catalogue import Product
from portal.models import Client, Partner, User
from tests.browser.conftest import PageOf
from tests.browser.screen import Clients, stands_at
from tests.conftest import NOW
from tests.factories import Factory


def crowd(make: Factory, partner: Partner, number: int = 30, **facts: object) -> list[Client]:
    return [make.client(partner, name=f"Loja {n:02}", **facts) for n in range(number)]


def test_going_back_and_forth_shows_each_state_of_the_list_again(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, width: int, js: bool
) -> None:
    shops = crowd(make, partner)
    make.client(partner, name="Bar do Zé", due_on=date(2025, 7, 5))
    page = page_of(ana, width, js=js)
    clients = Clients(page, js=js).open()
    clients.tab("Ativo")
    clients.shows(*shops[:25])
    clients.sort("ID")
    following = page.get_by_role("link", name="Próxima")
    expect(following).to_have_attribute("href", re.compile("sort=id"))
    clients.shows(*shops[:25])
    following.click()
    clients.shows(*shops[25:])
    stands_at(page, status="active", sort="id", after=str(shops[24].id))

    page.go_back()
    clients.shows(*shops[:25])
    stands_at(page, status="active", sort="id")
    page.go_back()
    expect(following).not_to_have_attribute("href", re.compile("sort=id"))
    clients.shows(*shops[:25])
    stands_at(page, status="active")
    page.go_back()
    expect(page.locator("#client-table tbody th").first).to_have_text("Bar do Zé")
    stands_at(page)
    page.go_forward()
    clients.shows(*shops[:25])
    expect(page.get_by_role("link", name="Todos")).not_to_have_attribute("aria-current", "true")
    following.click()
    clients.shows(*shops[25:])
    page.get_by_role("link", name="Anterior").click()
    clients.shows(*shops[:25])


def test_going_back_from_a_search_empties_its_field(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, js: bool
) -> None:
    shops = crowd(make, partner, 3)
    page = page_of(ana, js=js)
    clients = Clients(page, js=js).open()
    box = page.get_by_role("searchbox")
    box.fill("loja 02")
    box.press("Enter")
    clients.shows(shops[2])

    page.go_back()

    clients.shows(*shops)
    expect(box).to_have_value("")


def test_every_filter_in_use_is_a_chip_that_removes_it(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, width: int, js: bool
) -> None:
    link = make.client(partner, name="Padaria Um")
    navi = make.client(partner, name="Padaria Dois", product=Product.NAVI)
    late = make.client(partner, name="Padaria Três", due_on=date(2025, 7, 5))
    make.client(partner, name="Quitanda")
    page = page_of(ana, width, js=js)
    clients = Clients(page, js=js).open()
    panel = clients.open_filters()
    clients.tick("Ativo")
    panel.get_by_role("combobox", name="Produto").select_option("link")
    clients.search("padaria")
    clients.shows(link)
    chips = page.get_by_role("list", name="Filtros em uso")
    expect(chips.get_by_role("link")).to_have_text(["“padaria” ×", "Ativo ×", "Link ×", "Limpar filtros"])

    chips.get_by_role("link", name="Remover filtro Link").click()
    clients.shows(navi, link)
    chips.get_by_role("link", name="Remover filtro Ativo").click()
    clients.shows(navi, late, link)
    chips.get_by_role("link", name="Limpar filtros").click()
    expect(chips).to_have_count(0)
    expect(page.get_by_role("searchbox")).to_have_value("")
    expect(page.locator("#client-table tbody")).to_have_count(4)


def test_a_search_that_finds_nothing_says_what_to_do(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, width: int, js: bool
) -> None:
    from portal import clock

    hidden = make.client(partner, name="Loja Escondida", due_on=date(2025, 5, 10), hidden_at=clock.now())
    page = page_of(ana, width, js=js)
    clients = Clients(page, js=js).open()

    clients.search("escondida")
    expect(page.get_by_role("heading", name="Nenhum cliente encontrado")).to_be_visible()
    expect(page.get_by_text("Nada com “escondida”")).to_be_visible()

    page.get_by_role("link", name="Procurar também nos ocultos").click()
    clients.shows(hidden)


def test_a_partner_without_clients_is_told_so(page_of: PageOf, ana: User, width: int) -> None:
    page = page_of(ana, width)

    Clients(page).open()

    expect(page.get_by_role("heading", name="Nenhum cliente cadastrado ainda")).to_be_visible()


def test_the_export_holds_the_list_as_filtered_on_all_its_pages(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, js: bool
) -> None:
    shops = crowd(make, partner)
    make.client(partner, name="Bar do Zé", due_on=date(2025, 7, 5))
    page = page_of(ana, js=js)
    clients = Clients(page, js=js).open()
    clients.tab("Ativo")
    clients.shows(*shops[:25])

    with page.expect_download() as started:
        page.get_by_role("link", name="Exportar CSV").click()

    assert started.value.suggested_filename == "clientes-2025-07-10.csv"
    lines = started.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "ID;Nome;CPF/CNPJ;Data de cadastro;Produto;Vencimento;Status"
    assert [line.split(";")[1] for line in lines[1:]] == [shop.name for shop in shops]


def test_a_code_is_copied_with_one_press(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, width: int
) -> None:
    from portal.domain import codes

    client = make.client(partner)
    code = codes.grouped(make.code(client).code)
    page = page_of(ana, width, permissions=["clipboard-read", "clipboard-write"])
    page.clock.install(time=NOW)
    details = Clients(page).open().unfold(client)
    details.wait_for()
    page.clock.pause_at(NOW + timedelta(hours=1))

    details.get_by_role("button", name="Copiar").click()

    expect(details.get_by_role("button", name="Copiado")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == code
    page.clock.run_for(2_000)
    expect(details.get_by_role("button", name="Copiar")).to_be_visible()


def test_what_only_works_with_javascript_is_not_shown_without(
    page_of: PageOf, make: Factory, partner: Partner, ana: User
) -> None:
    client = make.client(partner)
    make.code(client)
    details = Clients(page_of(ana, js=False)).open().unfold(client)

    expect(details.get_by_text("Código de registro")).to_be_visible()
    expect(details.get_by_text("Copiar")).to_be_hidden()


def test_an_open_row_survives_a_reload_and_has_an_address(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, js: bool
) -> None:
    first, second = make.client(partner, name="Um"), make.client(partner, name="Vinte")
    page = page_of(ana, js=js)
    Clients(page, js=js).open(f"?open={second.id}")

    expect(page.locator(f"#x{second.id}")).to_be_visible()
    expect(page.locator(f"#x{first.id}")).to_have_count(0)
    page.get_by_label(f"Detalhes do cliente {second.id}", exact=True).click()
    expect(page.locator(f"#x{second.id}")).to_be_hidden()
