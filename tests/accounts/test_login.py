"""Signing in: who gets in, what a refusal looks like, what the cookie holds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select

from portal import access, clock, passwords
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import User, UserSession
from tests.accounts.conftest import LogIn
from tests.conftest import NOW
from tests.factories import PASSWORD, Factory
from tests.visitor import Visitor


def cookie_of(visitor: Visitor) -> dict[str, object]:
    with visitor.browser.session_transaction() as cookie:
        return dict(cookie)


def test_the_page_offers_fields_that_password_managers_know(visitor: Visitor) -> None:
    page = visitor.get("/login").text
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert 'type="email"' in page
    assert "Esqueci minha senha" in page


def test_the_right_password_leads_home_and_is_noted(ana: User, log_in: LogIn, visitor: Visitor) -> None:
    answer = log_in("ana@revenda.test")
    assert (answer.status_code, answer.location) == (303, "/")
    assert visitor.get("/users").status_code == 200
    db.session.expire_all()
    assert ana.last_login_at == NOW


def test_case_and_blanks_of_an_email_do_not_matter(ana: User, log_in: LogIn) -> None:
    assert log_in("  ANA@Revenda.TEST ").status_code == 303


@pytest.mark.parametrize(
    ("email", "password"), [("ana@revenda.test", "errada-errada"), ("ninguem@revenda.test", PASSWORD)]
)
def test_a_wrong_password_and_an_unknown_email_say_the_same(
    ana: User, log_in: LogIn, visitor: Visitor, email: str, password: str
) -> None:
    answer = log_in(email, password)
    assert answer.status_code == 422
    assert "E-mail ou senha incorretos." in answer.text
    assert 'role="alert"' in answer.text
    assert password not in answer.text
    assert visitor.get("/users").location == "/login?next=/users"


def test_unknown_and_wrong_differ_in_nothing_but_the_email_typed(ana: User, app: Flask, log_in: LogIn) -> None:
    def refusal(email: str) -> tuple[int, str, list[str]]:
        browser = Visitor(app)
        answer = log_in(email, "errada-errada", browser)
        return (
            answer.status_code,
            answer.text.replace(email, "").replace(browser.csrf_token(), ""),
            sorted(name for name, _ in answer.headers),
        )

    assert refusal("ana@revenda.test") == refusal("bia@revenda.test")


def test_unknown_and_wrong_cost_one_check_each(ana: User, log_in: LogIn, monkeypatch: pytest.MonkeyPatch) -> None:
    checked = []

    class Counting(PasswordHasher):
        def verify(self, *arguments: str) -> bool:
            checked.append(1)
            return super().verify(*arguments)

    monkeypatch.setattr(passwords, "_hasher", Counting(time_cost=2, memory_cost=19_456, parallelism=1))
    log_in("ana@revenda.test", "errada-errada")
    assert len(checked) == 1
    log_in("ninguem@revenda.test", "errada-errada")
    assert len(checked) == 2


def test_no_transaction_is_open_while_a_password_is_checked(
    ana: User, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_then = []
    verify = passwords.verify

    def spy(stored: str | None, password: str) -> bool:
        open_then.append(db.session().in_transaction())
        return verify(stored, password)

    monkeypatch.setattr(passwords, "verify", spy)
    assert log_in("ana@revenda.test").status_code == 303
    assert open_then == [False]


@pytest.mark.parametrize(
    ("email", "password", "text"),
    [
        ("", PASSWORD, "Informe o e-mail."),
        ("sem-arroba", PASSWORD, "Informe um e-mail válido."),
        ("a@b\x00c", PASSWORD, "Informe um e-mail válido."),
        ("ana@revenda.test", "", "Informe a senha."),
        ("ana@revenda.test", "x" * 201, "Use no máximo 200 caracteres."),
    ],
)
def test_an_incomplete_form_names_the_field(log_in: LogIn, email: str, password: str, text: str) -> None:
    answer = log_in(email, password)
    assert answer.status_code == 422
    assert text in answer.text
    assert answer.text.count('aria-invalid="true"') == 1
    assert answer.text.count("autofocus") == 1


def test_a_deactivated_user_is_refused_like_a_stranger_and_thrown_out(
    ana: User, log_in: LogIn, visitor: Visitor
) -> None:
    log_in("ana@revenda.test")
    ana.deactivated_at = clock.now()
    db.session.commit()
    assert visitor.get("/users").location == "/login?next=/users"
    answer = log_in("ana@revenda.test")
    assert answer.status_code == 422
    assert "E-mail ou senha incorretos." in answer.text


def test_a_user_without_a_password_cannot_sign_in(make: Factory, log_in: LogIn) -> None:
    make.user(None, Role.OPERATOR, email="novo@fornecedor.test", password_hash=None)
    assert log_in("novo@fornecedor.test").status_code == 422


def test_the_cookie_holds_a_token_and_the_table_only_its_hash(ana: User, log_in: LogIn, visitor: Visitor) -> None:
    log_in("ana@revenda.test")
    token = str(cookie_of(visitor)["_user_id"])
    kept = db.session.scalars(select(UserSession.token_hash)).all()
    assert kept == [access.token_hash(token)]
    assert token not in kept
    assert len(token) >= 43


def test_signing_in_changes_the_csrf_token_and_drops_what_was_in_the_cookie(
    ana: User, log_in: LogIn, visitor: Visitor
) -> None:
    visitor.csrf_token()
    with visitor.browser.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"
    before = cookie_of(visitor)["csrf_token"]
    log_in("ana@revenda.test")
    assert set(cookie_of(visitor)) == {"_permanent", "_user_id"}
    visitor.get("/users")
    assert cookie_of(visitor)["csrf_token"] != before


def test_signing_in_again_ends_the_browsers_former_session(
    ana: User, app: Flask, log_in: LogIn, visitor: Visitor
) -> None:
    log_in("ana@revenda.test")
    former = str(cookie_of(visitor)["_user_id"])
    elsewhere = Visitor(app)
    log_in("ana@revenda.test", browser=elsewhere)
    visitor.get("/users")
    log_in("ana@revenda.test")
    assert access.load_viewer(former) is None
    assert elsewhere.get("/users").status_code == 200
    assert visitor.get("/users").status_code == 200


def test_the_login_page_sends_on_who_is_signed_in(ana: User, visitor: Visitor) -> None:
    visitor.sign_in(ana)
    assert visitor.get("/login").location == "/"
    assert visitor.get("/login?next=/users").location == "/users"
    assert visitor.get("/login?next=//evil.test").location == "/"


def test_an_old_hash_is_renewed_by_a_successful_login(make: Factory, log_in: LogIn) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    user = make.user(make.partner(), email="velho@revenda.test", password_hash=weak)
    assert log_in("velho@revenda.test").status_code == 303
    db.session.expire_all()
    assert user.password_hash != weak
    assert not passwords.needs_rehash(str(user.password_hash))
    assert log_in("velho@revenda.test").status_code == 303


def test_a_password_changed_while_the_old_one_is_checked_lets_nobody_in(
    ana: User, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify, user_id = passwords.verify, ana.id

    def meanwhile(stored: str | None, password: str) -> bool:
        db.session.get_one(User, user_id).password_hash = "another"
        db.session.commit()
        return verify(stored, password)

    monkeypatch.setattr(passwords, "verify", meanwhile)
    assert log_in("ana@revenda.test").status_code == 422
    assert db.session.scalars(select(UserSession)).all() == []


def test_a_session_ends_after_twelve_idle_hours(ana: User, log_in: LogIn, visitor: Visitor) -> None:
    log_in("ana@revenda.test")
    with clock.frozen(NOW + timedelta(hours=11, minutes=59)):
        assert visitor.get("/users").status_code == 200
    with clock.frozen(NOW + timedelta(hours=24)):
        answer = visitor.get("/users")
        assert answer.location == "/login?next=/users"
        assert "Sua sessão terminou. Entre de novo." in visitor.get(answer.location).text


def test_forgotten_sessions_are_deleted_at_the_next_login(ana: User, log_in: LogIn) -> None:
    log_in("ana@revenda.test")
    with clock.frozen(NOW + timedelta(days=31)):
        log_in("ana@revenda.test")
    assert len(db.session.scalars(select(UserSession)).all()) == 1


def test_nothing_secret_is_logged(ana: User, log_in: LogIn, visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    log_in("ana@revenda.test")
    log_in("ana@revenda.test", "quase-a-senha-certa")
    token = str(cookie_of(visitor)["_user_id"])
    for secret in (PASSWORD, "quase-a-senha-certa", token):
        assert secret not in caplog.text


def test_showing_the_login_writes_nothing(app: Flask, visitor: Visitor) -> None:
    visitor.get("/login")
    assert db.session.scalars(select(UserSession)).all() == []
