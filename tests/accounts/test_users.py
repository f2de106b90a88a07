"""The list of users, and the one-time links made there."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal import access, clock
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import AuditEvent, PasswordReset, User
from tests.conftest import NOW
from tests.factories import Factory
from tests.visitor import Visitor


def link_on(page: str) -> str:
    found = re.search(r'value="(http://localhost/password/[\w-]+)"', page)
    assert found, page
    return found[1]


def test_an_administrator_sees_the_users_of_the_own_partner(ana: User, make: Factory, visitor: Visitor) -> None:
    make.user(ana.partner, Role.READER, name="Léo Leitor", last_login_at=NOW - timedelta(days=1))
    make.user(make.partner(), name="Zé de Fora", email="ze@outra.test")
    make.user(None, Role.OPERATOR, name="Olga Operadora")
    page = visitor.sign_in(ana).get("/users").text
    assert "Léo Leitor" in page
    assert "Leitura" in page
    assert "09/07/2025 12:00" in page
    assert "Zé de Fora" not in page
    assert "ze@outra.test" not in page
    assert "Olga Operadora" not in page


def test_an_operator_sees_everybody_by_partner(ana: User, make: Factory, visitor: Visitor) -> None:
    olga = make.user(None, Role.OPERATOR, name="Olga Operadora")
    make.user(make.partner(name="Zenite"), name="Zé de Fora")
    page = visitor.sign_in(olga).get("/users").text
    places = [page.index(text) for text in (">Fornecedor</h2>", "Ana Administradora", ">Zenite</h2>", "Zé de Fora")]
    assert places == sorted(places)


def test_partners_of_one_name_stay_apart(make: Factory, visitor: Visitor) -> None:
    for _ in range(2):
        make.user(make.partner(name="Zenite"))
    page = visitor.sign_in(make.user(None, Role.OPERATOR)).get("/users").text
    assert page.count(">Zenite</h2>") == 2


@pytest.mark.parametrize("role", [Role.FINANCE, Role.SUPPORT, Role.READER])
def test_other_roles_see_no_users(make: Factory, visitor: Visitor, role: Role) -> None:
    user = make.user(make.partner(), role)
    assert visitor.sign_in(user).get("/users").status_code == 403
    assert visitor.post(f"/users/{user.id}/password-link").status_code == 403


def test_users_are_found_by_name_email_and_partner(ana: User, make: Factory, visitor: Visitor) -> None:
    olga = make.user(None, Role.OPERATOR, name="Olga")
    make.user(make.partner(name="Zenite"), name="Beto", email="beto@zenite.test")
    visitor.sign_in(olga)
    for search in ("beto", "BETO@zen", "zenite"):
        page = visitor.get(f"/users?search={search}").text
        assert "beto@zenite.test" in page
        assert "ana@revenda.test" not in page
    assert "Nenhum usuário encontrado para “100%”." in visitor.get("/users?search=100%25").text


def test_the_list_comes_in_pages_of_fifty(ana: User, make: Factory, visitor: Visitor) -> None:
    for number in range(50):
        make.user(ana.partner, name=f"Beto {number:02d}")
    visitor.sign_in(ana)
    first, second = visitor.get("/users?search=revenda").text, visitor.get("/users?page=2").text
    assert "Próxima" not in first
    assert "Beto 49" in second
    assert "Beto 48" not in second
    assert 'href="/users"' in second
    assert 'href="/users?page=2"' in visitor.get("/users").text


@pytest.mark.parametrize("page", ["0", "-1", "x", "²", "99999999999999999999", "9999", ""])
def test_a_page_number_that_makes_no_sense_is_no_fault(ana: User, visitor: Visitor, page: str) -> None:
    assert visitor.sign_in(ana).get("/users", query_string={"page": page, "search": "\x00"}).status_code == 200


def test_a_link_is_shown_once_and_recorded(ana: User, make: Factory, visitor: Visitor) -> None:
    leo = make.user(ana.partner, Role.READER, name="Léo Leitor")
    answer = visitor.sign_in(ana).post(f"/users/{leo.id}/password-link")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    token = link_on(answer.text).rpartition("/")[2]
    reset = db.session.scalars(select(PasswordReset)).one()
    assert (reset.token_hash, reset.user_id, reset.created_by_id) == (access.token_hash(token), leo.id, ana.id)
    assert reset.expires_at == NOW + timedelta(hours=24)
    event = db.session.scalars(select(AuditEvent)).one()
    assert (event.action, event.actor_id, event.partner_id) == ("password_link_issued", ana.id, ana.partner_id)
    assert event.after == {"user_id": leo.id}
    assert token not in visitor.get("/users").text


def test_links_carry_the_configured_address(ana: User, visitor: Visitor, configure) -> None:
    configure(base_url="https://portal.example")
    assert "https://portal.example/password/" in visitor.sign_in(ana).post(f"/users/{ana.id}/password-link").text


def test_a_new_link_kills_the_ones_before(ana: User, app: Flask, visitor: Visitor) -> None:
    visitor.sign_in(ana)
    first = link_on(visitor.post(f"/users/{ana.id}/password-link").text)
    second = link_on(visitor.post(f"/users/{ana.id}/password-link").text)
    assert visitor.get(first).status_code == 404
    assert visitor.get(second).status_code == 200


def test_users_out_of_sight_are_not_found(ana: User, make: Factory, visitor: Visitor) -> None:
    stranger = make.user(make.partner())
    staff = make.user(None, Role.OPERATOR)
    gone = make.user(ana.partner, deactivated_at=NOW)
    visitor.sign_in(ana)
    for user_id in (stranger.id, staff.id, gone.id, 10**6):
        assert visitor.post(f"/users/{user_id}/password-link").status_code == 404
    assert db.session.scalars(select(PasswordReset)).all() == []
    assert db.session.scalars(select(AuditEvent)).all() == []


def test_an_operator_makes_links_for_anybody(ana: User, make: Factory, visitor: Visitor) -> None:
    olga, otto = make.user(None, Role.OPERATOR), make.user(None, Role.OPERATOR)
    visitor.sign_in(olga)
    for user_id in (ana.id, otto.id, olga.id):
        assert visitor.post(f"/users/{user_id}/password-link").status_code == 200


def test_a_deactivated_user_is_listed_without_a_button(ana: User, make: Factory, visitor: Visitor) -> None:
    gone = make.user(ana.partner, name="Gil", deactivated_at=NOW)
    page = visitor.sign_in(ana).get("/users").text
    assert "Desativado" in page
    assert f"/users/{gone.id}/password-link" not in page


def test_a_suspended_partner_manages_no_users(make: Factory, visitor: Visitor) -> None:
    admin = make.user(make.partner(suspended_at=NOW))
    answer = visitor.sign_in(admin).get("/users")
    assert answer.status_code == 403
    assert "Sua revenda está suspensa" in answer.text


def test_names_are_inert_on_the_page(ana: User, make: Factory, visitor: Visitor) -> None:
    make.user(ana.partner, name='<script>alert(1)</script>"')
    assert "<script>alert" not in visitor.sign_in(ana).get("/users?search=<script>alert").text


def test_looking_at_the_list_writes_nothing(ana: User, visitor: Visitor) -> None:
    visitor.sign_in(ana).get("/users")
    assert db.session.scalars(select(AuditEvent)).all() == []
    assert clock.now() == NOW
