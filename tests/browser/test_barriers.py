"""Every page and state, on a desktop and on a phone: axe finds nothing, nothing scrolls sideways, fingers hit."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from portal import access, clock
from portal.domain.catalogue import Item, Product
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Client, Partner, PasswordReset, User
from tests.browser.barriers import overflow, small_targets, violations
from tests.browser.conftest import PageOf
from tests.browser.screen import Clients, said
from tests.browser.watch import Watch
from tests.factories import Factory

LONG = "Associação dos Produtores Rurais e Comerciantes de Hortifrutigranjeiros da Microrregião de São João d'Aliança"


@dataclass
class Scene:
    """A page and the rows that it can show."""

    page: Page
    make: Factory
    partner: Partner
    user: User
    link: Client
    navi: Client

    def clients(self, query: str = "") -> Clients:
        return Clients(self.page).open(query)


def login(scene: Scene) -> None:
    scene.page.context.clear_cookies()
    scene.page.goto("/login")


def login_refused(scene: Scene) -> None:
    login(scene)
    scene.page.get_by_label("E-mail").fill("ninguem@example.test")
    scene.page.get_by_label("Senha").fill("errada")
    scene.page.get_by_role("button", name="Entrar").click()
    expect(scene.page.get_by_role("alert").first).to_be_visible()


def password_forgotten(scene: Scene) -> None:
    scene.page.goto("/password/forgotten")


def password_new(scene: Scene) -> None:
    token, now = secrets.token_urlsafe(32), clock.now()
    db.session.add(
        PasswordReset(
            token_hash=access.token_hash(token),
            user_id=scene.user.id,
            created_by_id=scene.user.id,
            created_at=now,
            expires_at=now + timedelta(hours=24),
        )
    )
    db.session.commit()
    scene.page.goto(f"/password/{token}")
    scene.page.get_by_label("Senha nova", exact=False).first.fill("curta")
    scene.page.get_by_role("button", name="Gravar senha").click()
    expect(scene.page.get_by_role("alert").first).to_be_visible()


def password_link_dead(scene: Scene) -> None:
    scene.page.goto("/password/nao-existe")


def users(scene: Scene) -> None:
    scene.page.goto("/users")


def password_link(scene: Scene) -> None:
    scene.page.goto("/users")
    scene.page.get_by_role("button", name="Gerar link de nova senha").first.click()
    expect(scene.page.get_by_label("Link de uso único")).to_be_visible()


def the_list(scene: Scene) -> None:
    scene.clients()


def list_filtered(scene: Scene) -> None:
    scene.clients("?q=a&status=active&product=link&sort=-due").open_filters()


def list_empty(scene: Scene) -> None:
    scene.clients("?q=xyzxyz")


def menu_open(scene: Scene) -> None:
    scene.clients().open_menu(scene.link)


def row_expanded(scene: Scene) -> None:
    scene.clients().unfold(scene.link).wait_for()


def suspension_form(scene: Scene) -> None:
    scene.clients().act(scene.link, "Suspender")
    scene.page.get_by_label("Motivo (opcional)").wait_for()


def after_an_action(scene: Scene) -> None:
    scene.clients().suspend(scene.link)
    said(scene.page, "suspenso")


def edit_with_errors(scene: Scene) -> None:
    scene.clients().act(scene.link, "Editar")
    scene.page.get_by_label("Cidade").fill("Lugar Nenhum")
    scene.page.get_by_label("Telefone").fill("1")
    scene.page.get_by_role("button", name="Salvar").click()
    expect(scene.page.get_by_text("Nada foi gravado ainda.")).to_be_visible()


def codes_window(scene: Scene) -> None:
    scene.clients()
    scene.page.get_by_role("link", name="Visualizar").click()
    expect(scene.page.get_by_role("dialog")).to_be_visible()


def codes_page(scene: Scene) -> None:
    scene.page.goto("/clients/codes")


def offline_bar(scene: Scene) -> None:
    clients = scene.clients()
    scene.page.context.set_offline(True)
    clients.tab("Ativo")
    expect(scene.page.get_by_text("Sem conexão")).to_be_visible()
    scene.page.context.set_offline(False)


def clients_page(scene: Scene) -> None:
    scene.clients().suspend(scene.link, "Reforma até agosto")
    said(scene.page, "suspenso")
    scene.page.goto(f"/clients/{scene.link.id}")
    expect(scene.page.locator("#timeline [aria-current] ~ li")).to_have_count(1)


def navi_clients_page(scene: Scene) -> None:
    scene.page.goto(f"/clients/{scene.navi.id}")


def edit_page(scene: Scene) -> None:
    scene.page.goto(f"/clients/{scene.link.id}/revision/new")


def values_window(scene: Scene) -> None:
    edit_page(scene)
    scene.page.get_by_role("button", name="Aumentar Link Garçom").click()
    scene.page.locator("#contract").get_by_role("button", name="Salvar").click()
    expect(scene.page.get_by_role("dialog")).to_be_visible()


def order_of_today(scene: Scene) -> None:
    values_window(scene)
    scene.page.get_by_role("button", name="Confirmar").click()
    expect(scene.page.get_by_role("button", name="Estornar pedido")).to_be_visible()


def pending_change(scene: Scene) -> None:
    edit_page(scene)
    scene.page.get_by_role("button", name="Diminuir Link Garçom").click()
    scene.page.locator("#contract").get_by_role("button", name="Salvar").click()
    said(scene.page, "salvo")
    edit_page(scene)
    expect(scene.page.get_by_role("heading", name="Mudanças agendadas")).to_be_visible()


def reactivation_page(scene: Scene) -> None:
    inactive = scene.make.client(scene.partner, name="Volta", due_on=date(2025, 6, 10))
    scene.page.goto(f"/clients/{inactive.id}/reactivation/new")
    expect(scene.page.get_by_role("button", name="Reativar cliente").last).to_be_visible()


def suspension_page(scene: Scene) -> None:
    scene.page.goto(f"/clients/{scene.link.id}/suspension/new")


def release_form(scene: Scene) -> None:
    expired = scene.make.client(scene.partner, name=LONG, due_on=clock.today() - timedelta(days=1))
    scene.clients().act(expired, "Liberar em confiança")
    scene.page.get_by_label("Motivo").wait_for()


def release_page(scene: Scene) -> None:
    expired = scene.make.client(scene.partner, name=LONG, due_on=clock.today() - timedelta(days=1))
    scene.page.goto(f"/clients/{expired.id}/release/new")


def method_window(scene: Scene) -> None:
    scene.make.retail_charge(scene.link)
    edit_page(scene)
    scene.page.get_by_label("Renovação de licença").select_option("Gestão de cobranças")
    scene.page.locator("#contract").get_by_role("button", name="Salvar", exact=True).click()
    expect(scene.page.locator("#method").get_by_role("heading")).to_be_visible()


def forbidden(scene: Scene) -> None:
    with db.engine.begin() as connection:
        connection.execute(update(User).where(User.id == scene.user.id).values(role=Role.READER))
    scene.page.goto("/users")
    expect(scene.page.get_by_role("heading", name="Sem permissão")).to_be_visible()


def not_found(scene: Scene) -> None:
    scene.page.goto("/clients/999999999")
    expect(scene.page.get_by_role("heading", name="Não encontrado")).to_be_visible()


def conflict(scene: Scene) -> None:
    expired = scene.make.client(scene.partner, due_on=date(2025, 7, 5))
    scene.page.goto(f"/clients/{expired.id}/suspension/new")
    expect(scene.page.get_by_role("heading", name="Suspender: não é possível")).to_be_visible()


STATES: list[Callable[[Scene], None]] = [
    login, login_refused, password_forgotten, password_new, password_link_dead, users, password_link, the_list,
    list_filtered, list_empty, menu_open, row_expanded, suspension_form, after_an_action, edit_with_errors,
    codes_window, codes_page, offline_bar, clients_page, navi_clients_page, edit_page, values_window, order_of_today, pending_change, reactivation_page, suspension_page, release_form, release_page,
    method_window, forbidden,
    not_found, conflict,
]  # fmt: skip


@pytest.fixture
def scene(page_of: PageOf, make: Factory, partner: Partner, ana: User, width: int, watch: Watch) -> Scene:
    watch.expect(r"\b4\d\d\b", "ERR_INTERNET_DISCONNECTED", "Failed to fetch")
    link = make.client(partner, name=LONG, email="contato@associacao.example", phone="61998765432", notes="Só à tarde.")
    make.item(link, Item.CLOUD)
    make.item(link, Item.WAITER, 3)
    make.code(link)
    navi = make.client(partner, name="Quiosque Sol", product=Product.NAVI)
    make.client(partner, name="Bazar Velho", due_on=date(2025, 6, 10))
    make.client(partner, name="Casa Atrasada", due_on=date(2025, 7, 5))
    make.client(partner, name="Loja Suspensa", suspended_at=clock.now())
    make.client(partner, name="Em Avaliação", due_on=None, pending_at=clock.now(), pending_reason="CNPJ em análise.")
    return Scene(page_of(ana, width), make, partner, ana, link, navi)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_nothing_keeps_anybody_out(scene: Scene, width: int, state: Callable[[Scene], None]) -> None:
    state(scene)

    assert violations(scene.page) == []
    assert overflow(scene.page) <= 0
    if width < 600:
        assert small_targets(scene.page) == []
