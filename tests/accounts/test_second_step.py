"""The second step of the login: a page of its own, no session until the code is right."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import clock
from portal.accounts import second_step
from portal.domain.roles import Role
from portal.extensions import db
from portal.factory import create_app
from portal.models import User, UserSession
from portal.sealing import sealer
from tests.accounts.conftest import LogIn
from tests.conftest import NOW
from tests.conftest import test_config as config_for
from tests.factories import Factory
from tests.visitor import HTMX, Visitor

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def ana(make: Factory) -> User:
    """Return an Administrador who signs in in two steps."""
    return in_two_steps(make.user(make.partner(), email="ana@revenda.test", name="Ana Administradora"))


def in_two_steps(user: User) -> User:
    user.sealed_totp = sealer().seal(SECRET.encode(), second_step.place(user.id))
    user.totp_since = NOW
    db.session.commit()
    return user


def code_at(moment=NOW) -> str:
    return pyotp.TOTP(SECRET).at(moment)


def sessions() -> int:
    return db.session.scalar(select(func.count()).select_from(UserSession)) or 0


@pytest.fixture
def half(ana: User, log_in: LogIn, visitor: Visitor) -> Visitor:
    """Return the browser of somebody whose password was right."""
    assert log_in("ana@revenda.test").location == "/login/second-step"
    return visitor


def test_a_right_password_leads_to_the_second_step_and_opens_nothing(half: Visitor) -> None:
    assert sessions() == 0
    assert half.get("/profile").location == "/login?next=/profile"
    page = half.get("/login/second-step").text
    assert 'autocomplete="one-time-code"' in page
    assert 'inputmode="numeric"' not in page, "a recovery code has letters"


def test_the_right_code_begins_the_session_and_goes_where_one_wanted_to(
    ana: User, log_in: LogIn, visitor: Visitor
) -> None:
    answer = log_in("ana@revenda.test", next="/notices")
    assert answer.location == "/login/second-step?next=/notices"
    assert 'name="next" value="/notices"' in visitor.get(answer.location).text
    answer = visitor.post("/login/second-step", code=f" {code_at()} ", next="/notices")
    assert (answer.status_code, answer.location) == (303, "/notices")
    assert visitor.get("/profile").status_code == 200
    db.session.expire_all()
    assert ana.last_login_at == NOW


def test_next_leads_only_inside(half: Visitor) -> None:
    assert half.post("/login/second-step", code=code_at(), next="//evil.example").location == "/"


def test_a_wrong_code_says_so_and_another_try_is_possible(half: Visitor) -> None:
    answer = half.post("/login/second-step", code="000000")
    assert answer.status_code == 422
    assert "Código incorreto ou já utilizado." in answer.text
    assert "000000" not in answer.text
    assert sessions() == 0
    assert half.post("/login/second-step", code=code_at()).status_code == 303


def test_a_code_that_was_seen_over_the_shoulder_opens_nothing(half: Visitor, app: Flask, log_in: LogIn) -> None:
    half.post("/login/second-step", code=code_at())
    other = Visitor(app)
    log_in("ana@revenda.test", browser=other)
    assert other.post("/login/second-step", code=code_at()).status_code == 422


def test_the_eleventh_try_within_fifteen_minutes_is_refused_across_a_restart(half: Visitor, app: Flask) -> None:
    for _ in range(10):
        half.post("/login/second-step", code="000000")
    assert half.post("/login/second-step", code=code_at()).status_code == 429
    config = app.extensions["portal_config"]
    restarted = create_app(config_for(config.database_url, config.instance))
    with clock.frozen(NOW):  # starting took the clock back from the test
        browser = Visitor(restarted)
        with half.browser.session_transaction() as old, browser.browser.session_transaction() as new:
            new.update(old)
        assert browser.post("/login/second-step", code=code_at()).status_code == 429
    with restarted.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("change", ["password", "deactivated", "time"])
def test_what_happens_meanwhile_sends_back_to_the_login(ana: User, half: Visitor, change: str) -> None:
    if change == "password":
        ana.password_hash = "another"
    if change == "deactivated":
        ana.deactivated_at = NOW
    db.session.commit()
    later = NOW + timedelta(minutes=10 if change == "time" else 1)
    with clock.frozen(later):
        answer = half.post("/login/second-step", code=code_at(later))
        assert (answer.status_code, answer.location) == (303, "/login")
        assert "O tempo para informar o código acabou." in half.get("/login").text
        assert half.get("/login/second-step").location == "/login"
    assert sessions() == 0


def test_nobody_gets_a_second_step_without_the_first(visitor: Visitor) -> None:
    assert visitor.get("/login/second-step").location == "/login"
    assert visitor.post("/login/second-step", code="123456").location == "/login"
    headers = HTMX | {"X-CSRFToken": visitor.csrf_token()}
    answer = visitor.browser.post("/login/second-step", data={"code": "1"}, headers=headers)
    assert answer.headers["HX-Redirect"] == "/login"


def test_an_empty_code_counts_as_no_try(half: Visitor) -> None:
    assert "Informe o código." in half.post("/login/second-step", code="").text


def test_vendor_staff_sign_in_in_two_steps_too(make: Factory, log_in: LogIn, visitor: Visitor) -> None:
    in_two_steps(make.user(None, Role.OPERATOR, email="olga@fornecedor.test"))
    assert log_in("olga@fornecedor.test").location == "/login/second-step"
    assert visitor.post("/login/second-step", code=code_at()).location == "/"


def test_the_former_session_of_the_browser_ends_only_then(ana: User, app: Flask, log_in: LogIn) -> None:
    browser = Visitor(app).sign_in(ana)
    log_in("ana@revenda.test", browser=browser)
    assert browser.get("/profile").status_code == 200
    browser.post("/login/second-step", code=code_at())
    assert db.session.scalars(select(UserSession.ended_at).order_by(UserSession.id)).all() == [NOW, None]


def test_nothing_secret_is_logged(half: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    half.post("/login/second-step", code=code_at())
    assert code_at() not in caplog.text
    assert SECRET not in caplog.text
