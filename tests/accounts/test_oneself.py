"""What people change about themselves: name, password, sessions; and how their company is reached."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.accounts.rows import device_words
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import AuditEvent, User, UserSession
from tests.accounts.conftest import LogIn
from tests.conftest import NOW
from tests.factories import PASSWORD, Factory
from tests.visitor import Visitor

NEW = "cavalo bateria grampo"


@pytest.fixture
def admin(ana: User, visitor: Visitor) -> Visitor:
    """Return Ana's browser."""
    return visitor.sign_in(ana)


def change(who: Visitor, current: str = PASSWORD, password: str = NEW, repeated: str | None = None):
    repeated = password if repeated is None else repeated
    return who.post("/profile/password", current=current, password=password, repeated=repeated)


def events() -> list[AuditEvent]:
    return list(db.session.scalars(select(AuditEvent).order_by(AuditEvent.id)))


def test_a_name_is_changed_and_recorded_once(admin: Visitor) -> None:
    assert 'value="Ana Administradora"' in admin.get("/profile/name/new").text
    for _ in range(2):
        assert admin.post("/profile/name", name="  Ana   Lima ").location == "/profile"
    assert "Ana Lima" in admin.get("/profile").text
    [event] = events()
    assert (event.action, event.before, event.after["name"]) == (
        "name_changed",
        {"name": "Ana Administradora"},
        "Ana Lima",
    )
    assert admin.post("/profile/name", name=" ").status_code == 422


def test_a_password_is_changed_the_other_sessions_end_and_this_one_stays(
    admin: Visitor, ana: User, app: Flask, log_in: LogIn
) -> None:
    elsewhere = Visitor(app).sign_in(ana)
    assert change(admin).location == "/profile"
    assert "Senha trocada." in admin.get("/profile").text
    assert elsewhere.get("/profile").status_code == 303
    assert log_in("ana@revenda.test", PASSWORD, Visitor(app)).status_code == 422
    assert log_in("ana@revenda.test", NEW, Visitor(app)).status_code == 303
    [event] = events()
    assert (event.action, event.actor_id, event.partner_id) == ("password_changed", ana.id, ana.partner_id)


@pytest.mark.parametrize(
    ("current", "password", "repeated", "text"),
    [
        ("errada-errada", NEW, NEW, "Senha incorreta."),
        ("", NEW, NEW, "Informe a senha atual."),
        (PASSWORD, "curta", "curta", "Use pelo menos 10 caracteres."),
        (PASSWORD, NEW, "outra", "As duas senhas não são iguais."),
    ],
)
def test_a_refused_password_changes_nothing(
    admin: Visitor, log_in: LogIn, app: Flask, current: str, password: str, repeated: str, text: str
) -> None:
    answer = change(admin, current, password, repeated)
    assert answer.status_code == 422
    assert text in answer.text
    assert NEW not in answer.text
    assert answer.text.count("autofocus") == 1
    assert log_in("ana@revenda.test", PASSWORD, Visitor(app)).status_code == 303


def test_a_stolen_session_cannot_try_passwords_for_long(admin: Visitor, log_in: LogIn, app: Flask) -> None:
    for _ in range(10):
        assert change(admin, "errada-errada").status_code == 422
    assert change(admin).status_code == 429
    assert log_in("ana@revenda.test", browser=Visitor(app)).status_code == 429


def test_open_sessions_are_listed_and_ended_one_by_one(admin: Visitor, ana: User, app: Flask) -> None:
    elsewhere = Visitor(app).sign_in(ana)
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
    session = db.session.scalars(select(UserSession).order_by(UserSession.id.desc())).first()
    assert session is not None
    session.user_agent, session.address = agent, "203.0.113.9"
    number = session.id
    db.session.commit()
    page = admin.get("/profile").text
    for part in ("Chrome no Windows", "203.0.113.9", "(esta sessão)", f"/profile/sessions/{number}/end"):
        assert part in page
    for _ in range(2):
        assert admin.post(f"/profile/sessions/{number}/end").location == "/profile"
    assert elsewhere.get("/profile").status_code == 303
    assert "Encerrar as outras" not in admin.get("/profile").text


def test_all_others_end_at_once(admin: Visitor, ana: User, make: Factory, app: Flask) -> None:
    others = [Visitor(app).sign_in(ana) for _ in range(2)]
    colleague = Visitor(app).sign_in(make.user(ana.partner))
    assert admin.post("/profile/sessions/end").location == "/profile"
    assert [other.get("/profile").status_code for other in others] == [303, 303]
    assert admin.get("/profile").status_code == colleague.get("/profile").status_code == 200


def test_nobody_elses_session_is_found(admin: Visitor, ana: User, make: Factory, app: Flask) -> None:
    colleague = Visitor(app).sign_in(make.user(ana.partner))
    newest = db.session.scalars(select(UserSession.id).order_by(UserSession.id.desc())).first()
    for number in (newest, 10**6):
        assert admin.post(f"/profile/sessions/{number}/end").status_code == 404
    assert colleague.get("/profile").status_code == 200


def test_a_session_that_nobody_used_for_long_is_not_listed(admin: Visitor, ana: User, app: Flask) -> None:
    with clock.frozen(NOW - timedelta(hours=12)):
        Visitor(app).sign_in(ana)
    assert admin.get("/profile").text.count("Último uso".lower()) == 1


def test_the_companys_contact_is_changed_by_its_administrator(
    admin: Visitor, ana: User, make: Factory, app: Flask
) -> None:
    for _ in range(2):
        admin.post("/profile/contact", email=" Contato@Revenda.test ", phone="11 98765-4321")
    page = admin.get("/profile").text
    assert "contato@revenda.test" in page
    assert "(11) 98765-4321" in page
    [event] = events()
    assert (event.action, event.before) == ("contact_changed", {"email": "", "phone": ""})
    assert 'value="(11) 98765-4321"' in admin.get("/profile/contact/new").text
    for fields, text in (({"email": "x"}, "Informe um e-mail válido."), ({"phone": "123"}, "Informe DDD e número.")):
        assert text in admin.post("/profile/contact", **fields).text
    reader = Visitor(app).sign_in(make.user(ana.partner, Role.READER))
    assert reader.post("/profile/contact", email="a@b.test").status_code == 403
    assert "Alterar contato" not in reader.get("/profile").text


def test_vendor_staff_have_no_company_to_change(make: Factory, visitor: Visitor) -> None:
    visitor.sign_in(make.user(None, Role.OPERATOR))
    assert visitor.get("/profile/contact/new").status_code == 404
    assert visitor.post("/profile/contact", email="a@b.test").status_code == 404
    assert visitor.post("/profile/name", name="Olga").location == "/profile"


def test_users_of_a_suspended_partner_keep_their_access_safe_and_change_nothing_else(
    make: Factory, visitor: Visitor
) -> None:
    visitor.sign_in(make.user(make.partner(suspended_at=NOW)))
    assert visitor.get("/profile").status_code == 200
    assert change(visitor).location == "/profile"
    assert visitor.post("/profile/authenticator/secret").status_code == 303
    assert visitor.post("/profile/name", name="Outra").status_code == 403
    assert visitor.post("/profile/contact", email="a@b.test").status_code == 403


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0.0.0 Safari/537.36 Edg/140.0", "Edge no Windows"),
        ("Mozilla/5.0 (Linux; Android 15; SM-A155M) Chrome/140.0 Mobile Safari/537.36", "Chrome no Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari no iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox no Linux"),
        ("", "Navegador"),
    ],
)
def test_a_browser_is_named_so_that_its_owner_knows_it(user_agent: str, words: str) -> None:
    assert device_words(user_agent) == words
