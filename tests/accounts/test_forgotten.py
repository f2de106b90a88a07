""" "Esqueci minha senha": a link by mail, or whom to ask."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock, mail
from portal.config import from_environ
from portal.environ import ConfigError
from portal.extensions import db
from portal.models import PasswordReset, User
from tests.accounts.conftest import LogIn
from tests.conftest import NOW
from tests.visitor import Visitor

NEW = "cavalo bateria grampo"
SETTINGS = {
    "smtp_url": "smtp://127.0.0.1:1",
    "mail_from": "portal@fornecedor.test",
    "base_url": "https://portal.example",
}


@pytest.fixture
def sent(app: Flask, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Switch mail on; return what is sent (addressee, text), sent at once."""
    configure(**SETTINGS)
    mails: list[tuple[str, str]] = []

    def at_once(app: Flask, work: Callable[[], None]) -> None:
        db.session.rollback()
        with app.app_context():
            work()

    monkeypatch.setattr(mail, "later", at_once)
    monkeypatch.setattr(mail, "send", lambda _config, to, _subject, text: mails.append((to, text)))
    return mails


def test_without_mail_the_page_says_whom_to_ask(visitor: Visitor) -> None:
    page = visitor.get("/password/forgotten").text
    assert "Administrador da sua revenda" in page
    assert "<form" not in page
    assert visitor.post("/password/forgotten", email="ana@revenda.test").status_code == 404


@pytest.mark.parametrize("missing", ["smtp_url", "mail_from", "base_url"])
def test_mail_needs_a_server_a_sender_and_an_address_of_the_portal(
    configure: Callable[..., None], visitor: Visitor, missing: str
) -> None:
    configure(**(SETTINGS | {missing: None}))
    assert "<form" not in visitor.get("/password/forgotten").text


def test_the_environment_cannot_ask_for_mail_without_the_portals_address(tmp_path: Path) -> None:
    environ = {
        "PORTAL_INSTANCE": str(tmp_path),
        "PORTAL_SECRET_KEY": "x" * 32,
        "PORTAL_ENCRYPTION_KEYS": f"1:{'0f' * 32}",
        "PORTAL_SMTP_URL": "smtp://mail",
        "PORTAL_MAIL_FROM": "a@b",
    }
    with pytest.raises(ConfigError, match="PORTAL_BASE_URL"):
        from_environ(environ)
    assert from_environ(environ | {"PORTAL_BASE_URL": "https://portal.example"}).smtp_url == "smtp://mail"


def test_the_mailed_link_sets_a_password(
    ana: User, sent: list[tuple[str, str]], visitor: Visitor, log_in: LogIn
) -> None:
    assert "<form" in visitor.get("/password/forgotten").text
    answer = visitor.post("/password/forgotten", email=" ANA@revenda.test")
    assert (answer.status_code, answer.location) == (303, "/login")
    assert "Se este e-mail tem acesso ao portal" in visitor.get("/login").text
    [(to, text)] = sent
    assert to == "ana@revenda.test"
    assert "Olá, Ana Administradora." in text
    found = re.search(r"https://portal\.example(/password/\S+)", text)
    assert found
    assert visitor.post(found[1], password=NEW, repeated=NEW).status_code == 303
    assert log_in("ana@revenda.test", NEW).status_code == 303


def test_the_link_does_not_follow_the_requests_host(ana: User, sent: list[tuple[str, str]], visitor: Visitor) -> None:
    token = visitor.csrf_token()
    visitor.browser.post(
        "/password/forgotten",
        data={"email": "ana@revenda.test", "csrf_token": token},
        headers={"X-Forwarded-Host": "evil.test"},
    )
    assert "evil.test" not in sent[0][1]


def test_an_unknown_email_is_answered_the_same_and_gets_no_mail(
    ana: User, app: Flask, sent: list[tuple[str, str]]
) -> None:
    def answer_to(email: str) -> tuple[int, str, str]:
        visitor = Visitor(app)
        answer = visitor.post("/password/forgotten", email=email)
        page = visitor.get("/login").text
        return answer.status_code, str(answer.location), page.replace(visitor.csrf_token(), "")

    assert answer_to("ana@revenda.test") == answer_to("ninguem@revenda.test")
    assert [to for to, _ in sent] == ["ana@revenda.test"]


def test_a_deactivated_user_gets_no_mail(ana: User, sent: list[tuple[str, str]], visitor: Visitor) -> None:
    ana.deactivated_at = NOW
    db.session.commit()
    assert visitor.post("/password/forgotten", email="ana@revenda.test").status_code == 303
    assert sent == []
    assert db.session.scalars(select(PasswordReset)).all() == []


@pytest.mark.parametrize("email", ["ana@revenda.test", "ninguem@revenda.test"])
def test_the_fourth_wish_within_an_hour_is_refused(
    ana: User, sent: list[tuple[str, str]], visitor: Visitor, email: str
) -> None:
    for _ in range(3):
        assert visitor.post("/password/forgotten", email=email).status_code == 303
    answer = visitor.post("/password/forgotten", email=email)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "3600"
    with clock.frozen(NOW + timedelta(hours=1)):
        assert visitor.post("/password/forgotten", email=email).status_code == 303


@pytest.mark.usefixtures("sent")
def test_an_address_has_thirty_wishes_an_hour(visitor: Visitor) -> None:
    for number in range(30):
        assert visitor.post("/password/forgotten", email=f"p{number}@revenda.test").status_code == 303
    assert visitor.post("/password/forgotten", email="outra@revenda.test").status_code == 429


@pytest.mark.usefixtures("sent")
def test_no_email_is_asked_for_again(visitor: Visitor) -> None:
    answer = visitor.post("/password/forgotten", email="")
    assert answer.status_code == 422
    assert "Informe o e-mail." in answer.text
