"""A person is invited, comes in, and signs in in two steps: on a desktop, on a phone, and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Page, expect

from portal.models import Partner, User
from tests.browser.barriers import overflow, small_targets, violations
from tests.browser.conftest import PageOf
from tests.browser.screen import said
from tests.browser.watch import Watch
from tests.conftest import NOW
from tests.factories import Factory

LONG = "Maria Aparecida da Conceição Guimarães de Albuquerque e Vasconcelos"
NEW = "cavalo bateria grampo"

Check = Callable[[Page], None]


def checker(width: int, *, js: bool) -> Check:
    """Return what finds that something keeps somebody out of a page; axe needs scripts."""

    def check(page: Page) -> None:
        if not js:
            return
        assert violations(page) == []
        assert overflow(page) <= 0
        if width < 600:
            assert small_targets(page) == []

    return check


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize(("width", "js"), [(1280, True), (360, True), (360, False)])
def test_somebody_is_invited_and_signs_in_in_two_steps(
    page_of: PageOf, ana: User, factory: Factory, watch: Watch, width: int, js: bool
) -> None:
    watch.expect(r"\b4\d\d\b")
    check, email = checker(width, js=js), f"maria{factory.document()}@gama.test"
    boss, page = page_of(ana, width, js=js), page_of(None, width, js=js)
    page.goto(invites(boss, email, check))
    comes_in(page, check)
    boss.goto("/users")
    press(boss, "Exigir de todos")
    secret, codes = sets_up(page, check)
    signs_in_again(page, email, pyotp.TOTP(secret).at(NOW + timedelta(seconds=30)), check)
    looks_after_oneself(page, codes[0], check)


def invites(boss: Page, email: str, check: Check) -> str:
    """Invite Maria and return the link."""
    boss.goto("/users")
    boss.get_by_role("link", name="Convidar pessoa").click()
    boss.get_by_label("Nome", exact=True).fill(LONG)
    boss.get_by_label("E-mail").fill("sem-arroba")
    press(boss, "Enviar convite")
    expect(boss.get_by_text("Informe um e-mail válido.")).to_be_visible()
    check(boss)
    boss.get_by_label("E-mail").fill(email)
    boss.get_by_label("Perfil de acesso").select_option("Suporte")
    press(boss, "Enviar convite")
    expect(boss.get_by_label("Link do convite")).to_be_visible()
    check(boss)
    link = boss.get_by_label("Link do convite").input_value()
    boss.goto("/users")
    expect(boss.get_by_role("heading", name="Convites enviados")).to_be_visible()
    check(boss)
    return link


def comes_in(page: Page, check: Check) -> None:
    expect(page.get_by_role("heading", name="Boas-vindas ao Portal do Parceiro")).to_be_visible()
    check(page)
    page.get_by_label("Senha nova", exact=True).fill(NEW)
    page.get_by_label("Repita a senha nova").fill(NEW)
    press(page, "Criar acesso")
    expect(page.get_by_role("link", name="Clientes").first).to_be_visible()


def sets_up(page: Page, check: Check) -> tuple[str, list[str]]:
    """Be led to the second step, and return the secret and the recovery codes."""
    page.goto("/clients")
    expect(page.get_by_text("Sua revenda exige a verificação em duas etapas.")).to_be_visible()
    check(page)
    press(page, "Começar")
    expect(page.get_by_role("img", name="QR code para o aplicativo autenticador")).to_be_visible()
    check(page)
    secret = page.locator("ol code").inner_text().replace(" ", "")
    page.get_by_label("Código de 6 números").fill("000000")
    press(page, "Ativar")
    expect(page.get_by_text("Código incorreto ou já utilizado.")).to_be_visible()
    page.get_by_label("Código de 6 números").fill(pyotp.TOTP(secret).at(NOW))
    press(page, "Ativar")
    expect(page.get_by_role("heading", name="Códigos de recuperação")).to_be_visible()
    check(page)
    codes = page.locator("main code").all_inner_texts()
    page.get_by_role("link", name="Já guardei, continuar").click()
    page.wait_for_url("**/clients")
    return secret, codes


def signs_in_again(page: Page, email: str, code: str, check: Check) -> None:
    page.goto("/profile")
    page.locator(".who > .btn").click()
    press(page, "Sair")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Senha").fill(NEW)
    press(page, "Entrar")
    expect(page.get_by_role("heading", name="Verificação em duas etapas")).to_be_visible()
    check(page)
    page.get_by_label("Código").fill(code)
    press(page, "Continuar")
    expect(page.locator(".who > .btn")).to_be_visible()


def looks_after_oneself(page: Page, code: str, check: Check) -> None:
    page.goto("/profile")
    expect(page.get_by_text("Restam 10 de 10 códigos de recuperação.")).to_be_visible()
    check(page)
    for link, heading in (
        ("Alterar nome", "Meu nome"),
        ("Trocar senha", "Trocar senha"),
        ("Gerar códigos novos", "Gerar códigos de recuperação"),
        ("Desativar", "Desativar verificação em duas etapas"),
    ):
        page.goto("/profile")
        page.get_by_role("link", name=link, exact=True).click()
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        check(page)
    page.get_by_label("Senha", exact=True).fill(NEW)
    page.get_by_label("Código do aplicativo ou de recuperação").fill(code)
    press(page, "Desativar")
    expect(page.get_by_text("Sua revenda exige a verificação em duas etapas.")).to_be_visible()


def test_an_access_is_ended_and_given_back(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, watch: Watch, width: int
) -> None:
    watch.expect(r"\b422\b")
    check = checker(width, js=True)
    make.user(partner, name=LONG, totp_since=NOW)
    boss = page_of(ana, width)
    boss.goto("/users")
    boss.get_by_role("link", name=LONG).click()
    expect(boss.get_by_role("button", name="Remover verificação em duas etapas")).to_be_visible()
    check(boss)
    press(boss, "Desativar acesso")
    said(boss, "desativado. As sessões abertas foram encerradas.")
    check(boss)
    boss.locator("#said").get_by_role("button", name="Desfazer").click()
    said(boss, "reativado")
    expect(boss.get_by_role("button", name="Desativar acesso")).to_be_visible()
    boss.goto("/profile/contact/new")
    boss.get_by_label("Telefone").fill("1")
    press(boss, "Salvar")
    expect(boss.get_by_text("Informe DDD e número.")).to_be_visible()
    check(boss)
