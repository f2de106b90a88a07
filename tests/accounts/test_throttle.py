"""Tries are counted in a table, before the password is looked at."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import clock, passwords
from portal.accounts import throttle
from portal.domain.errors import TooManyAttempts
from portal.extensions import db
from portal.factory import create_app
from portal.models import Attempt, User
from tests.accounts.conftest import LogIn
from tests.conftest import NOW
from tests.conftest import test_config as config_for
from tests.factories import PASSWORD
from tests.visitor import Visitor


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check passwords without their cost; these tests are about counting."""
    monkeypatch.setattr(passwords, "verify", lambda stored, password: stored is not None and password == PASSWORD)


def use_up(log_in: LogIn, email: str, tries: int = 10) -> None:
    for _ in range(tries):
        assert log_in(email, "errada-errada").status_code == 422


def attempts() -> int:
    return db.session.scalar(select(func.count()).select_from(Attempt)) or 0


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize("email", ["ana@revenda.test", "ninguem@revenda.test"])
def test_the_eleventh_try_within_fifteen_minutes_is_refused(ana: User, log_in: LogIn, email: str) -> None:
    use_up(log_in, email)
    answer = log_in(email)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "900"
    assert "Tente de novo em 15 minutos." in answer.text


@pytest.mark.usefixtures("cheap")
def test_the_password_is_not_even_looked_at_then(ana: User, log_in: LogIn, monkeypatch: pytest.MonkeyPatch) -> None:
    use_up(log_in, "ana@revenda.test")
    monkeypatch.setattr(passwords, "verify", lambda *_: pytest.fail("checked"))
    assert log_in("ana@revenda.test").status_code == 429


@pytest.mark.usefixtures("cheap")
def test_the_wait_ends_and_who_goes_on_trying_does_not_prolong_it(ana: User, log_in: LogIn) -> None:
    use_up(log_in, "ana@revenda.test")
    with clock.frozen(NOW + timedelta(minutes=14)):
        for _ in range(5):
            assert log_in("ana@revenda.test").status_code == 429
    with clock.frozen(NOW + timedelta(minutes=15)):
        assert log_in("ana@revenda.test").status_code == 303


@pytest.mark.usefixtures("cheap")
def test_a_success_clears_the_count(ana: User, log_in: LogIn) -> None:
    use_up(log_in, "ana@revenda.test", 9)
    assert log_in("ana@revenda.test").status_code == 303
    use_up(log_in, "ana@revenda.test", 10)


@pytest.mark.usefixtures("cheap")
def test_another_spelling_of_the_email_is_the_same_account(ana: User, log_in: LogIn) -> None:
    use_up(log_in, "ana@revenda.test", 5)
    use_up(log_in, " ANA@REVENDA.test", 5)
    assert log_in("ana@revenda.test").status_code == 429


@pytest.mark.usefixtures("cheap")
def test_an_address_has_a_hundred_tries_over_all_accounts(ana: User, log_in: LogIn) -> None:
    for number in range(100):
        assert log_in(f"pessoa{number}@revenda.test").status_code == 422
    assert log_in("ana@revenda.test").status_code == 429


@pytest.mark.usefixtures("cheap")
def test_a_restart_forgets_nothing(ana: User, app: Flask, log_in: LogIn) -> None:
    use_up(log_in, "ana@revenda.test")
    config = app.extensions["portal_config"]
    restarted = create_app(config_for(config.database_url, config.instance))
    with clock.frozen(NOW):  # starting took the clock back from the test
        assert log_in("ana@revenda.test", browser=Visitor(restarted)).status_code == 429
    with restarted.app_context():
        db.engine.dispose()


def test_twenty_tries_at_once_do_not_pass_the_limit(ana: User, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[int] = []
    monkeypatch.setattr(passwords, "verify", lambda *_: bool(checked.append(1)))
    visitors = [Visitor(app) for _ in range(20)]
    for visitor in visitors:
        visitor.csrf_token()
    db.session.rollback()

    def attempt(visitor: Visitor) -> int:
        return visitor.post("/login", email="ana@revenda.test", password="errada-errada").status_code

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(attempt, visitors))
    assert {422, 429} & set(statuses)
    assert set(statuses) <= {422, 429, 503}  # 503: a slow disk under twenty writers
    assert len(checked) == statuses.count(422) <= 10


def test_no_email_and_no_address_is_kept_in_clear(ana: User, log_in: LogIn) -> None:
    log_in("ana@revenda.test", "errada-errada")
    kept = db.session.execute(select(Attempt.scope, Attempt.subject)).all()
    assert {scope for scope, _ in kept} == {"password", "address"}
    assert all(len(subject) == 64 for _, subject in kept)


def test_tries_of_the_day_before_are_deleted(app: Flask) -> None:
    throttle.take((throttle.PASSWORD, "a"), now=NOW - timedelta(days=1, seconds=1))
    throttle.take((throttle.PASSWORD, "b"), now=NOW)
    assert attempts() == 1


def test_a_refused_try_is_taken_back(app: Flask) -> None:
    for _ in range(10):
        throttle.take((throttle.PASSWORD, "a"), (throttle.ADDRESS, "b"), now=NOW)
    with pytest.raises(TooManyAttempts) as refusal:
        throttle.take((throttle.PASSWORD, "a"), (throttle.ADDRESS, "b"), now=NOW + timedelta(minutes=5))
    assert refusal.value.retry_after == timedelta(minutes=10)
    assert attempts() == 20


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_an_ipv6_line_counts_as_one_address(address: str, network: str) -> None:
    assert throttle.of_address(address) == network
