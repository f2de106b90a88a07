"""Signing out ends the session for everybody who holds its cookie."""

from __future__ import annotations

from sqlalchemy import select

from portal.extensions import db
from portal.models import User, UserSession
from tests.accounts.conftest import LogIn
from tests.conftest import NOW
from tests.visitor import Visitor


def test_signing_out_leads_to_the_login_and_clears_the_browser(ana: User, log_in: LogIn, visitor: Visitor) -> None:
    log_in("ana@revenda.test")
    answer = visitor.post("/session/end")
    assert (answer.status_code, answer.location) == (303, "/login")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "Você saiu do portal." in visitor.get("/login").text
    assert visitor.get("/users").location == "/login?next=/users"
    assert db.session.scalars(select(UserSession.ended_at)).all() == [NOW]


def test_a_copied_cookie_is_dead_after_logout(ana: User, app, log_in: LogIn, visitor: Visitor) -> None:
    log_in("ana@revenda.test")
    copied = visitor.browser.get_cookie("portal")
    assert copied is not None
    thief = Visitor(app)
    thief.browser.set_cookie("portal", copied.value)
    assert thief.get("/users").status_code == 200
    visitor.post("/session/end")
    assert thief.get("/users").location == "/login?next=/users"


def test_what_logout_leaves_in_the_cookie_opens_nothing(ana: User, log_in: LogIn, visitor: Visitor) -> None:
    log_in("ana@revenda.test")
    visitor.post("/session/end")
    with visitor.browser.session_transaction() as cookie:
        assert set(cookie) == {"ended", "_flashes"}
        cookie["_user_id"] = cookie["ended"]
    assert visitor.get("/users").status_code == 303


def test_a_link_cannot_sign_anybody_out(ana: User, visitor: Visitor) -> None:
    visitor.sign_in(ana)
    assert visitor.get("/session/end").status_code == 405
    assert visitor.get("/users").status_code == 200


def test_signing_out_twice_leads_to_the_login(ana: User, visitor: Visitor) -> None:
    visitor.sign_in(ana)
    visitor.post("/session/end")
    answer = visitor.post("/session/end")
    assert (answer.status_code, answer.location) == (303, "/login")
