"""Setting a password by a one-time link."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.accounts import queries, service
from portal.domain.errors import NotFound
from portal.extensions import db
from portal.models import AuditEvent, PasswordReset, User
from tests.accounts.conftest import LogIn
from tests.conftest import NOW
from tests.factories import PASSWORD
from tests.visitor import Visitor

NEW = "cavalo bateria grampo"


@pytest.fixture
def link(ana: User) -> str:
    """Return the path of a fresh link for Ana."""
    person = queries.active_person("ana@revenda.test")
    assert person is not None
    return f"/password/{service.issue_link(person, actor=None, now=clock.now())}"


def set_password(visitor: Visitor, link: str, password: str = NEW, repeated: str | None = None):
    return visitor.post(link, password=password, repeated=password if repeated is None else repeated)


def test_the_page_is_kept_by_nobody_and_names_the_person(link: str, visitor: Visitor) -> None:
    answer = visitor.get(link)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "Ana Administradora" in answer.text
    assert answer.text.count('autocomplete="new-password"') == 2
    assert link.rpartition("/")[2] not in answer.text


def test_looking_at_a_link_does_not_use_it_up(link: str, visitor: Visitor) -> None:
    visitor.get(link)
    assert visitor.get(link).status_code == 200


def test_a_new_password_works_and_the_old_one_no_longer(link: str, visitor: Visitor, log_in: LogIn) -> None:
    answer = set_password(visitor, link)
    assert (answer.status_code, answer.location) == (303, "/login")
    assert "Senha nova gravada. Entre com ela." in visitor.get("/login").text
    assert log_in("ana@revenda.test", PASSWORD).status_code == 422
    assert log_in("ana@revenda.test", NEW).status_code == 303


def test_setting_a_password_ends_all_sessions_and_is_recorded(
    ana: User, app: Flask, link: str, visitor: Visitor
) -> None:
    elsewhere = Visitor(app).sign_in(ana)
    assert elsewhere.get("/users").status_code == 200
    set_password(visitor, link)
    assert elsewhere.get("/users").status_code == 303
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "password_set")).one()
    assert (event.actor_id, event.partner_id) == (ana.id, ana.partner_id)
    assert db.session.scalars(select(PasswordReset.used_at)).all() == [NOW]


def test_setting_a_password_forgives_the_tries(link: str, visitor: Visitor, log_in: LogIn) -> None:
    for _ in range(10):
        log_in("ana@revenda.test", "x")
    assert log_in("ana@revenda.test").status_code == 429
    set_password(visitor, link)
    assert log_in("ana@revenda.test", NEW).status_code == 303


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("state", ["unknown", "used", "expired", "deactivated"])
def test_a_dead_link_says_so_on_one_page(ana: User, link: str, visitor: Visitor, method: str, state: str) -> None:
    if state == "used":
        set_password(visitor, link)
        db.session.rollback()
    if state == "deactivated":
        ana.deactivated_at = NOW
        db.session.commit()
    path = "/password/unknown" if state == "unknown" else link
    with clock.frozen(NOW + timedelta(hours=24 if state == "expired" else 1)):
        answer = visitor.get(path) if method == "get" else set_password(visitor, path, "another password")
    assert answer.status_code == 404
    assert "Este link não vale mais" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("password", "repeated", "text"),
    [
        ("", "", "Informe a senha nova."),
        ("curta", "curta", "Use pelo menos 10 caracteres."),
        ("x-" * 101, "x-" * 101, "Use no máximo 200 caracteres."),
        ("ana@revenda.test", "ana@revenda.test", "A senha não pode ser o seu e-mail."),
        ("senha123456", "senha123456", "Esta senha é fácil de adivinhar. Escolha outra."),
        (NEW, NEW + "s", "As duas senhas não são iguais."),
        (NEW, "", "Repita a senha nova."),
    ],
)
def test_a_refused_password_says_why_and_leaves_the_link_alive(
    link: str, visitor: Visitor, password: str, repeated: str, text: str
) -> None:
    answer = set_password(visitor, link, password, repeated)
    assert answer.status_code == 422
    assert text in answer.text
    assert 'role="alert"' in answer.text
    assert answer.text.count("autofocus") == 1
    assert NEW not in answer.text
    assert set_password(visitor, link).status_code == 303


def test_two_uses_at_once_have_one_winner(ana: User, app: Flask, link: str) -> None:
    visitors = [Visitor(app) for _ in range(4)]
    for visitor in visitors:
        visitor.csrf_token()
    db.session.rollback()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda visitor: set_password(visitor, link).status_code, visitors))
    assert sorted(answers) == [303, 404, 404, 404]


def test_a_link_used_while_the_password_is_hashed_changes_nothing(
    ana: User, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(_password: str) -> str:
        assert not db.session().in_transaction()
        for reset in db.session.scalars(select(PasswordReset)):
            reset.used_at = NOW
        db.session.commit()
        return "hashed"

    monkeypatch.setattr("portal.passwords.hash_password", meanwhile)
    with pytest.raises(NotFound):
        service.set_password(link.rpartition("/")[2], NEW, now=NOW)
    assert db.session.get_one(User, ana.id).password_hash != "hashed"


def test_a_dead_link_costs_no_hash(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.passwords.hash_password", lambda _password: pytest.fail("hashed"))
    with pytest.raises(NotFound):
        service.set_password("unknown", NEW, now=NOW)


def test_nothing_secret_is_logged(link: str, visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    set_password(visitor, link)
    assert NEW not in caplog.text
    assert link.rpartition("/")[2] not in caplog.text
