"""Inviting by a one-time link, and what its holder finds."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import AuditEvent, Invitation, User, UserSession
from tests.conftest import NOW
from tests.factories import PASSWORD, Factory
from tests.visitor import Visitor

KEY = "k" * 24
NEW = "cavalo bateria grampo"


@pytest.fixture
def admin(ana: User, visitor: Visitor) -> Visitor:
    """Return Ana's browser."""
    return visitor.sign_in(ana)


def invite(who: Visitor, email: str = "leo@revenda.test", key: str = KEY, **fields: str):
    return who.post("/users/invitations", **{"name": "Léo", "email": email, "role": "reader", "key": key} | fields)


def link_on(page: str) -> str:
    found = re.search(r'value="http://localhost(/invitations/[\w-]+)"', page)
    assert found, page
    return found[1]


@pytest.fixture
def link(admin: Visitor) -> str:
    """Return the path of a fresh invitation for Léo."""
    return link_on(invite(admin).text)


def accept(browser: Visitor, link: str, password: str = NEW, **fields: str):
    return browser.post(link, **{"name": "Léo Leitor", "password": password, "repeated": password} | fields)


def actions() -> list[str]:
    return list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def test_the_form_offers_the_roles_of_the_company_only(admin: Visitor, make: Factory, app: Flask) -> None:
    page = admin.get("/users/invitations/new").text
    assert re.findall(r'<option (?:selected )?value="(\w+)"', page) == ["admin", "finance", "support", "reader"]
    staff = Visitor(app).sign_in(make.user(None, Role.OPERATOR)).get("/users/invitations/new").text
    assert re.findall(r'<option (?:selected )?value="(\w+)"', staff) == ["operator"]


def test_the_link_is_shown_once_and_the_invitation_waits_in_the_list(admin: Visitor, ana: User) -> None:
    answer = invite(admin, " LEO@Revenda.test ")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    token = link_on(answer.text).rpartition("/")[2]
    invitation = db.session.scalars(select(Invitation)).one()
    assert (invitation.email, invitation.role, invitation.created_by_id) == ("leo@revenda.test", Role.READER, ana.id)
    assert invitation.expires_at == NOW + timedelta(days=7)
    page = admin.get("/users").text
    assert "leo@revenda.test" in page
    assert "vale até 17/07/2025 12:00" in page
    assert token not in page + invitation.token_hash
    assert actions() == ["invitation_sent"]


def test_the_same_form_twice_is_one_invitation_with_one_link(admin: Visitor) -> None:
    assert link_on(invite(admin).text) == link_on(invite(admin).text)
    assert invite(admin, "outra@revenda.test").status_code == 409
    assert actions() == ["invitation_sent"]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"name": ""}, "Informe o nome"),
        ({"name": "x" * 121}, "até 120 caracteres"),
        ({"email": "sem-arroba"}, "Informe um e-mail válido."),
        ({"role": "operator"}, "Escolha um perfil da lista."),
        ({"email": "ana@revenda.test"}, "Já existe um usuário com este e-mail."),
        ({"email": "gil@revenda.test"}, "é de um acesso desativado"),
        ({"email": "leo@revenda.test"}, "Já há um convite para este e-mail."),
    ],
)
def test_a_refused_invitation_says_why(
    admin: Visitor, ana: User, make: Factory, fields: dict[str, str], text: str
) -> None:
    make.user(ana.partner, email="gil@revenda.test", deactivated_at=NOW)
    invite(admin, key="q" * 24)
    answer = invite(admin, **{"email": "mia@revenda.test"} | fields)
    assert answer.status_code == 422
    assert text in answer.text
    assert answer.text.count("autofocus") == 1
    assert len(db.session.scalars(select(Invitation)).all()) == 1


def test_accepting_makes_a_user_who_is_signed_in(ana: User, link: str, app: Flask, log_in) -> None:
    leo = Visitor(app)
    page = leo.get(link)
    assert page.headers["Cache-Control"] == "no-store"
    for part in ("Léo", "leo@revenda.test", "Leitura", ana.partner.name):
        assert part in page.text
    answer = accept(leo, link)
    assert (answer.status_code, answer.location) == (303, "/")
    assert "Léo Leitor" in leo.get("/profile").text
    user = db.session.scalars(select(User).where(User.email == "leo@revenda.test")).one()
    assert (user.partner_id, user.role, user.last_login_at, user.name) == (
        ana.partner_id,
        Role.READER,
        NOW,
        "Léo Leitor",
    )
    assert actions() == ["invitation_sent", "invitation_accepted"]
    assert log_in("leo@revenda.test", NEW, Visitor(app)).location == "/"


def test_the_list_no_longer_shows_what_was_accepted(admin: Visitor, link: str, app: Flask) -> None:
    accept(Visitor(app), link)
    page = admin.get("/users").text
    assert "Convites enviados" not in page
    assert "Léo Leitor" in page


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("state", ["unknown", "used", "expired", "withdrawn", "sent again"])
def test_a_dead_link_says_so_on_one_page(admin: Visitor, link: str, app: Flask, method: str, state: str) -> None:
    number = db.session.scalars(select(Invitation.id)).one()
    if state == "used":
        accept(Visitor(app), link)
    if state == "withdrawn":
        admin.post(f"/users/invitations/{number}/withdrawal")
    if state == "sent again":
        admin.post(f"/users/invitations/{number}/link")
    path, stranger = "/invitations/unknown" if state == "unknown" else link, Visitor(app)
    with clock.frozen(NOW + timedelta(days=7 if state == "expired" else 1)):
        answer = stranger.get(path) if method == "get" else accept(stranger, path)
    assert answer.status_code == 404
    assert "Este convite não vale mais" in answer.text
    assert len(db.session.scalars(select(User)).all()) == (2 if state == "used" else 1)


def test_an_expired_invitation_is_sent_again_with_another_link(admin: Visitor, link: str, app: Flask) -> None:
    number = db.session.scalars(select(Invitation.id)).one()
    with clock.frozen(NOW + timedelta(days=8)):
        admin.sign_in(db.session.scalars(select(User)).one())
        assert "venceu em 17/07/2025 12:00" in admin.get("/users").text
        second = link_on(admin.post(f"/users/invitations/{number}/link").text)
        assert second != link
        assert accept(Visitor(app), second).status_code == 303


def test_a_withdrawn_invitation_is_gone_and_the_person_can_be_invited_anew(admin: Visitor, link: str) -> None:
    number = db.session.scalars(select(Invitation.id)).one()
    for _ in range(2):
        assert admin.post(f"/users/invitations/{number}/withdrawal").location == "/users"
    page = admin.get("/users").text
    assert "Convite de Léo cancelado." in page
    assert "leo@revenda.test" not in page
    assert invite(admin, key="n" * 24).status_code == 200
    assert admin.post(f"/users/invitations/{number}/link").status_code == 404
    assert actions() == ["invitation_sent", "invitation_withdrawn", "invitation_sent"]


def test_that_an_email_is_another_companys_only_its_owner_learns(admin: Visitor, make: Factory, app: Flask) -> None:
    make.user(make.partner(), email="leo@revenda.test")
    answer = invite(admin)
    assert answer.status_code == 200
    refused = accept(Visitor(app), link_on(answer.text))
    assert refused.status_code == 422
    assert "Este e-mail já tem acesso ao portal." in refused.text
    assert db.session.scalars(select(Invitation.accepted_at)).all() == [None]


@pytest.mark.parametrize("password", ["curta", "leo@revenda.test"])
def test_a_weak_password_leaves_the_link_alive(link: str, app: Flask, password: str) -> None:
    leo = Visitor(app)
    assert accept(leo, link, password).status_code == 422
    assert accept(leo, link).status_code == 303


def test_of_two_uses_at_once_one_makes_the_user(link: str, app: Flask) -> None:
    visitors = [Visitor(app) for _ in range(3)]
    for visitor in visitors:
        visitor.csrf_token()
    db.session.rollback()
    with ThreadPoolExecutor(3) as pool:
        statuses = list(pool.map(lambda visitor: accept(visitor, link).status_code, visitors))
    assert sorted(statuses) == [303, 404, 404]


def test_who_accepts_in_the_browser_of_another_ends_that_session(admin: Visitor, ana: User, link: str) -> None:
    accept(admin, link)
    assert "Léo Leitor" in admin.get("/profile").text
    assert db.session.scalars(select(UserSession.ended_at).where(UserSession.user_id == ana.id)).all() == [NOW]


def test_vendor_staff_invite_their_own(make: Factory, visitor: Visitor, app: Flask) -> None:
    visitor.sign_in(make.user(None, Role.OPERATOR))
    link = link_on(invite(visitor, "otto@fornecedor.test", role="operator").text)
    otto = Visitor(app)
    assert accept(otto, link).location == "/"
    assert otto.get("/users").status_code == 200


def test_another_partners_invitations_are_not_found(link: str, make: Factory, app: Flask) -> None:
    number = db.session.scalars(select(Invitation.id)).one()
    stranger = Visitor(app).sign_in(make.user(make.partner()))
    for noun in ("link", "withdrawal"):
        assert stranger.post(f"/users/invitations/{number}/{noun}").status_code == 404
    assert "leo@revenda.test" not in stranger.get("/users").text


def test_thirty_an_hour_are_enough(admin: Visitor) -> None:
    for number in range(30):
        assert invite(admin, f"p{number}@revenda.test", f"{number:024d}").status_code == 200
    assert invite(admin, "mais@revenda.test", "z" * 24).status_code == 429


def test_with_mail_the_link_travels_by_mail_too(admin: Visitor, configure, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, ...]] = []
    monkeypatch.setattr("portal.mail.later", lambda _app, work: work())
    monkeypatch.setattr("portal.mail.send", lambda _config, *parts: sent.append(parts))
    configure(smtp_url="smtp://127.0.0.1", mail_from="p@fornecedor.test", base_url="https://portal.example")
    page = invite(admin).text
    assert "Enviado para leo@revenda.test." in page
    [(to, subject, text)] = sent
    assert (to, subject) == ("leo@revenda.test", "Convite para o Portal do Parceiro")
    assert re.search(r"https://portal\.example/invitations/[\w-]+", text)[0] in page


def test_nothing_secret_is_logged(admin: Visitor, app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    link = link_on(invite(admin).text)
    accept(Visitor(app), link)
    assert link.rpartition("/")[2] not in caplog.text
    assert NEW not in caplog.text
    assert PASSWORD not in caplog.text
