"""A user's page: role, end of the access, the way back; somebody who can let others in always stays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts import queries, service
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import AuditEvent, User, UserSession
from tests.conftest import NOW
from tests.factories import Factory
from tests.visitor import Visitor


@pytest.fixture
def leo(ana: User, make: Factory) -> User:
    """Return a reader of Ana's partner."""
    return make.user(ana.partner, Role.READER, name="Léo Leitor", email="leo@revenda.test", last_login_at=NOW)


@pytest.fixture
def admin(ana: User, visitor: Visitor) -> Visitor:
    """Return Ana's browser."""
    return visitor.sign_in(ana)


def fresh(user: User) -> User:
    db.session.expire_all()
    return user


def actions() -> list[str]:
    return list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def test_the_page_tells_who_it_is_and_when_they_were_last_here(admin: Visitor, leo: User) -> None:
    page = admin.get(f"/users/{leo.id}").text
    for part in (
        "Léo Leitor",
        "leo@revenda.test",
        "10/07/2025 12:00",
        "Não ativada",
        "Salvar perfil",
        "Desativar acesso",
    ):
        assert part in page
    assert f'href="/users/{leo.id}"' in admin.get("/users").text


def test_a_role_is_given_and_counts_at_the_next_request(admin: Visitor, leo: User, app: Flask) -> None:
    his = Visitor(app).sign_in(leo)
    assert his.get("/credit").status_code == 403
    answer = admin.post(f"/users/{leo.id}/role", role="finance", was="reader")
    assert (answer.status_code, answer.location) == (303, f"/users/{leo.id}")
    assert "Perfil de Léo Leitor: Financeiro." in admin.get(answer.location).text
    assert his.get("/credit").status_code == 200
    event = db.session.scalars(select(AuditEvent)).one()
    assert (event.action, event.before, event.after["role"]) == ("role_changed", {"role": "reader"}, "finance")
    assert (event.after["user_id"], event.partner_id) == (leo.id, leo.partner_id)


def test_the_same_form_twice_is_one_change(admin: Visitor, leo: User) -> None:
    for _ in range(2):
        assert admin.post(f"/users/{leo.id}/role", role="finance", was="reader").status_code == 303
    assert actions() == ["role_changed"]


def test_who_comes_second_sees_both_values(admin: Visitor, leo: User) -> None:
    admin.post(f"/users/{leo.id}/role", role="finance", was="reader")
    answer = admin.post(f"/users/{leo.id}/role", role="support", was="reader")
    assert answer.status_code == 409
    assert "Outra pessoa mudou o perfil para Financeiro" in answer.text
    assert '<option selected value="support">' in answer.text
    assert 'name="was" type="hidden" value="finance"' in answer.text
    assert fresh(leo).role is Role.FINANCE


@pytest.mark.parametrize("role", ["operator", "king", ""])
def test_no_role_of_another_company_is_given(admin: Visitor, leo: User, role: str) -> None:
    assert admin.post(f"/users/{leo.id}/role", role=role, was="reader").status_code == 422
    assert fresh(leo).role is Role.READER


def test_the_last_administrator_is_neither_demoted_nor_deactivated(admin: Visitor, ana: User, leo: User) -> None:
    for path, fields in (("role", {"role": "reader", "was": "admin"}), ("deactivation", {})):
        answer = admin.post(f"/users/{ana.id}/{path}", **fields)
        assert answer.status_code == 409
        assert "é o único Administrador ativo da revenda" in answer.text
    assert (fresh(ana).role, ana.deactivated_at) == (Role.ADMIN, None)
    assert actions() == []


def test_one_of_two_may_go_and_a_deactivated_one_does_not_count(
    admin: Visitor, ana: User, make: Factory, app: Flask
) -> None:
    bia = make.user(ana.partner)
    make.user(ana.partner, deactivated_at=NOW)
    make.user(make.partner())
    assert admin.post(f"/users/{bia.id}/deactivation").status_code == 303
    assert admin.post(f"/users/{ana.id}/deactivation").status_code == 409


def test_the_last_operator_stays_too(make: Factory, visitor: Visitor) -> None:
    olga = make.user(None, Role.OPERATOR)
    answer = visitor.sign_in(olga).post(f"/users/{olga.id}/deactivation")
    assert "é o único Operador ativo" in answer.text


def test_two_who_let_each_other_go_at_once_leave_one(ana: User, make: Factory, app: Flask) -> None:
    bia = make.user(ana.partner)
    pairs = [(Visitor(app).sign_in(ana), bia.id), (Visitor(app).sign_in(bia), ana.id)]
    for visitor, _ in pairs:
        visitor.csrf_token()
    db.session.rollback()
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(visitor.post, f"/users/{user_id}/deactivation") for visitor, user_id in pairs]
    assert all(answer.result().status_code in {303, 409} for answer in answers)
    assert len(db.session.scalars(select(User.id).where(User.deactivated_at.is_(None))).all()) == 1


def test_a_deactivated_user_is_out_at_once_and_for_good(admin: Visitor, leo: User, app: Flask) -> None:
    browsers = [Visitor(app).sign_in(leo) for _ in range(2)]
    person = queries.active_person("leo@revenda.test")
    assert person is not None
    link = service.issue_link(person, actor=None, now=NOW)
    admin.post(f"/users/{leo.id}/deactivation")
    assert [browser.get("/profile").status_code for browser in browsers] == [303, 303]
    assert set(db.session.scalars(select(UserSession.ended_at).where(UserSession.user_id == leo.id))) == {NOW}
    admin.post(f"/users/{leo.id}/reactivation")
    assert [browser.get("/profile").status_code for browser in browsers] == [303, 303]
    assert admin.get(f"/password/{link}").status_code == 404
    assert Visitor(app).sign_in(leo).get("/profile").status_code == 200


def test_deactivating_says_so_can_be_undone_and_is_recorded_once(admin: Visitor, leo: User) -> None:
    for _ in range(2):
        answer = admin.post(f"/users/{leo.id}/deactivation")
    page = admin.get(answer.location).text
    assert "Acesso de Léo Leitor desativado." in page
    assert f'action="/users/{leo.id}/reactivation"' in page
    for _ in range(2):
        admin.post(f"/users/{leo.id}/reactivation")
    assert actions() == ["user_deactivated", "user_reactivated"]


def test_a_deactivated_user_gets_no_role(admin: Visitor, leo: User) -> None:
    page = f"/users/{leo.id}"
    admin.post(f"{page}/deactivation")
    assert admin.post(f"{page}/role", role="finance", was="reader").status_code == 409
    assert "Salvar perfil" not in admin.get(page).text


def test_users_out_of_sight_are_not_found(admin: Visitor, make: Factory) -> None:
    for user in (make.user(make.partner()), make.user(None, Role.OPERATOR)):
        assert admin.get(f"/users/{user.id}").status_code == 404
        for noun in ("role", "deactivation", "reactivation"):
            assert admin.post(f"/users/{user.id}/{noun}", role="reader", was="admin").status_code == 404
    assert actions() == []


def test_an_operator_looks_after_everybody(ana: User, leo: User, make: Factory, visitor: Visitor) -> None:
    visitor.sign_in(make.user(None, Role.OPERATOR))
    page = visitor.get(f"/users/{leo.id}").text
    assert ana.partner.name in page
    assert visitor.post(f"/users/{leo.id}/role", role="admin", was="reader").status_code == 303
    assert visitor.post(f"/users/{ana.id}/deactivation").status_code == 303
