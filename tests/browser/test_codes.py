"""Codes on their way to the shop, as a person handles them: keyboard, phone, no JavaScript; nothing keeps anybody out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from portal.domain import codes
from portal.domain.catalogue import Item
from portal.extensions import db
from portal.models import Client, Partner, RegistrationCode, User
from tests.browser.barriers import overflow, small_targets, violations
from tests.browser.conftest import PageOf
from tests.browser.screen import Clients, ready, said, stands_at, wait_for_focus
from tests.browser.test_barriers import LONG
from tests.browser.watch import Watch
from tests.conftest import NOW
from tests.factories import Factory


@dataclass
class Scene:
    """A page, a client with a waiting code, another one that runs."""

    page: Page
    make: Factory
    partner: Partner
    client: Client
    code: RegistrationCode
    runs: Client

    def line(self) -> object:
        return self.page.locator(f"#code-{self.code.id}")


@pytest.fixture
def lay_out(page_of: PageOf, make: Factory, partner: Partner, ana: User) -> Callable[..., Scene]:
    """Return what opens a browser over the rows."""

    def open_scene(width: int = 1280, *, js: bool = True) -> Scene:
        client = make.client(partner, name=LONG, phone="61998765432", email="contato@associacao.example")
        code = make.code(client, issued_at=NOW - timedelta(days=12))
        make.code(client, item=Item.MOBILE)
        runs = make.client(partner, name="Cantina da Praça")
        make.code(runs, consumed_at=NOW)
        make.code(runs, item=Item.MOBILE, consumed_at=NOW)
        make.installation(runs)
        make.installation(runs, item=Item.MOBILE, device="Fone da Bia")
        return Scene(page_of(ana, width, js=js), make, partner, client, code, runs)

    return open_scene


def test_a_code_is_found_and_handed_on(lay_out: Callable[..., Scene], width: int, js: bool) -> None:
    scene = lay_out(width, js=js)
    page = scene.page
    page.goto("/clients")
    page.get_by_role("link", name="Visualizar").click()
    page.get_by_role("link", name="Por idade e por envio").click()
    expect(page.get_by_role("heading", name="Códigos", exact=True)).to_be_visible()
    page.get_by_role("link", name=re.compile("^8 a 30 dias")).click()
    stands_at(page, age="month")
    expect(page.locator(".codes li")).to_have_count(1)
    page.get_by_role("searchbox").fill("produtores")
    page.get_by_role("button", name="Filtrar").click()
    stands_at(page, q="produtores", age="month")
    expect(page.locator(".codes li")).to_have_count(1)
    ready(page)

    page.get_by_role("button", name="WhatsApp").click()

    expect(page.get_by_text("Envio por WhatsApp registrado às 12:00.")).to_be_visible()
    link = page.get_by_role("link", name="Abrir o WhatsApp")
    expect(link).to_have_attribute("href", re.compile(r"^https://wa\.me/5561998765432\?text="))
    expect(scene.line()).to_contain_text("WhatsApp, hoje, por Ana Lima")
    if js:
        expect(link).to_be_focused()


def test_a_code_is_printed(lay_out: Callable[..., Scene], width: int, js: bool) -> None:
    scene = lay_out(width, js=js)
    page = scene.page
    page.goto(f"/codes/{scene.code.id}")
    page.get_by_text("Outras formas").click()
    page.get_by_role("button", name="Imprimir").click()
    expect(page.get_by_role("heading", name="Código de registro do Link")).to_be_visible()
    expect(page.get_by_role("img", name="O mesmo código")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_text(codes.grouped(scene.code.code))).to_be_visible()
    expect(page.get_by_role("button", name="Sair")).to_be_hidden()
    expect(page.get_by_role("link", name="Voltar ao código")).to_be_hidden()


def test_the_whole_of_a_reissue_by_keyboard(lay_out: Callable[..., Scene], js: bool) -> None:
    scene = lay_out(js=js)
    page = scene.page
    page.goto(f"/clients/{scene.runs.id}")
    page.get_by_role("link", name="Reemitir código", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("a chave antiga deixa de valer quando o novo código for usado")).to_be_visible()
    button = page.get_by_role("button", name="Reemitir código")
    button.focus()
    page.keyboard.press("Enter")
    said(page, "Código reemitido.")
    expect(page.get_by_text("A chave em uso continua valendo até este código ser usado.")).to_be_visible()
    expect(page.locator(".codes li")).to_have_count(1)


def test_a_typo_is_caught_and_the_right_code_found(lay_out: Callable[..., Scene], width: int, js: bool, watch) -> None:
    watch.expect("422")
    scene = lay_out(width, js=js)
    page, right = scene.page, codes.grouped(scene.code.code)
    wrong = right[:-1] + ("3" if right[-1] == "2" else "2")
    page.goto("/codes")
    page.get_by_label("Código de registro").fill(wrong)
    page.get_by_role("button", name="Procurar código").click()
    expect(page.get_by_text("o 16º caractere não confere")).to_be_visible()
    field = page.get_by_label("Código de registro")
    expect(field).to_have_value(wrong)
    if js:
        wait_for_focus(page, "code")
    field.fill(right.lower())
    page.get_by_role("button", name="Procurar código").click()
    expect(page).to_have_url(re.compile(rf"/codes/{scene.code.id}$"))


def test_another_document(lay_out: Callable[..., Scene], width: int, js: bool, watch) -> None:
    watch.expect("4(09|22)")
    scene = lay_out(width, js=js)
    page, free = scene.page, scene.make.document()
    Clients(page, js=js).open(f"?q={scene.runs.document}").act(scene.runs, "Alterar CPF/CNPJ")
    field, button = page.get_by_label("Novo CPF/CNPJ"), page.get_by_role("button", name="Alterar CPF/CNPJ")
    field.fill("11.111.111/1111-11")
    button.click()
    expect(page.get_by_text("CPF/CNPJ inválido")).to_be_visible()
    field.fill(scene.client.document)
    button.click()
    expect(page.get_by_role("link", name="Abrir esse cliente")).to_have_attribute("href", f"/clients/{scene.client.id}")
    expect(field).to_have_value(scene.client.document)
    field.fill(free)
    button.click()
    said(page, "CPF/CNPJ de Cantina da Praça alterado.")
    expect(page.locator("#codigos code")).to_have_count(2)


# states


def funnel(scene: Scene) -> None:
    scene.page.goto("/codes")
    for summary in scene.page.locator("#code-table summary").all():
        summary.click()


def funnel_empty(scene: Scene) -> None:
    scene.page.goto("/codes?q=xyzxyz")


def after_a_sending(scene: Scene) -> None:
    scene.page.goto("/codes")
    scene.page.get_by_role("button", name="WhatsApp").first.click()
    expect(scene.page.get_by_role("link", name="Abrir o WhatsApp")).to_be_visible()


def typo(scene: Scene) -> None:
    scene.page.goto("/codes/search/new")
    scene.page.get_by_label("Código de registro").fill("ABCD")
    scene.page.get_by_role("button", name="Procurar código").click()
    expect(scene.page.get_by_text("Código digitado errado")).to_be_visible()


def one_code(scene: Scene) -> None:
    scene.page.goto(f"/codes/{scene.code.id}")
    scene.page.get_by_text("Outras formas").click()
    scene.page.get_by_role("button", name="E-mail").click()
    expect(scene.page.get_by_role("link", name="Abrir o e-mail")).to_be_visible()
    scene.page.reload()
    expect(scene.page.get_by_text("E-mail, hoje, por Ana Lima").last).to_be_visible()


def ended_code(scene: Scene) -> None:
    ended = scene.make.code(scene.runs, revoked_at=NOW)
    scene.page.goto(f"/codes/{ended.id}")


def slip(scene: Scene) -> None:
    scene.page.goto(f"/codes/{scene.code.id}/slip")


def question(scene: Scene) -> None:
    scene.page.goto(f"/clients/{scene.runs.id}/reissue/new")


def question_again(scene: Scene) -> None:
    question(scene)
    db.session.get(Client, scene.runs.id).version += 1
    db.session.commit()
    scene.page.get_by_role("button", name="Reemitir código").click()
    expect(scene.page.get_by_role("alert").first).to_be_visible()


def document(scene: Scene) -> None:
    scene.page.goto(f"/clients/{scene.client.id}/document/new")


def document_refused(scene: Scene) -> None:
    document(scene)
    scene.page.get_by_label("Novo CPF/CNPJ").fill(scene.runs.document)
    scene.page.get_by_role("button", name="Alterar CPF/CNPJ").click()
    expect(scene.page.get_by_role("link", name="Abrir esse cliente")).to_be_visible()


def codes_of_a_client(scene: Scene) -> None:
    scene.page.goto(f"/clients/{scene.runs.id}")
    expect(scene.page.locator("#codigos li")).to_have_count(2)


STATES: list[Callable[[Scene], None]] = [
    funnel, funnel_empty, after_a_sending, typo, one_code, ended_code, slip, question, question_again, document,
    document_refused, codes_of_a_client,
]  # fmt: skip


@pytest.mark.parametrize("show", STATES, ids=lambda show: show.__name__)
def test_nothing_keeps_anybody_out(
    lay_out: Callable[..., Scene], width: int, watch: Watch, show: Callable[[Scene], None]
) -> None:
    watch.expect(r"\b4\d\d\b")
    scene = lay_out(width)
    show(scene)
    assert violations(scene.page) == []
    assert overflow(scene.page) <= 0
    if width < 600:
        assert small_targets(scene.page) == []
