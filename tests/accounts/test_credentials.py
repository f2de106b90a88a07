"""Credentials as programs ask for them: password and code at once, counted with the tries at the login."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select

from portal import passwords
from portal.accounts import credentials, second_step
from portal.accounts.credentials import Outcome
from portal.domain.errors import TooManyAttempts
from portal.extensions import db
from portal.models import Attempt, RecoveryCode, User
from portal.sealing import Sealer, sealer
from tests.conftest import NOW
from tests.factories import PASSWORD

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
RECOVERY = "2345-6789-ABCD-EFGZ"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check passwords without their cost."""
    monkeypatch.setattr(passwords, "verify", lambda stored, password: stored is not None and password == PASSWORD)


@pytest.fixture
def careful(ana: User) -> User:
    """Return Ana, who signs in in two steps."""
    ana.sealed_totp = sealer().seal(SECRET.encode(), second_step.place(ana.id))
    ana.totp_since = NOW
    db.session.commit()
    return ana


def code_at(moment=NOW) -> str:
    return pyotp.TOTP(SECRET).at(moment)


def check(code: str = "", password: str = PASSWORD, email: str = "ana@revenda.test", now=NOW) -> Outcome:
    return credentials.check(email, password, code, address="203.0.113.9", now=now).outcome


def test_a_right_password_says_who_it_is(ana: User) -> None:
    checked = credentials.check(" ANA@Revenda.test ", PASSWORD, "", address="203.0.113.9", now=NOW)
    assert checked.outcome is Outcome.PROVEN
    assert checked.person is not None
    assert (checked.person.id, checked.person.partner_id, checked.person.role) == (ana.id, ana.partner_id, ana.role)
    assert db.session.scalars(select(Attempt.scope)).all() == ["address"]


def test_a_wrong_password_and_an_unknown_email_are_one_outcome(ana: User) -> None:
    assert check(password="errada") is check(email="ninguem@revenda.test") is Outcome.WRONG


def test_what_no_database_can_hold_is_nobody(ana: User) -> None:
    assert check(email="ninguem\x00@revenda.test", password="\x00", code="\x00") is Outcome.WRONG


def test_a_deactivated_user_is_nobody(ana: User) -> None:
    ana.deactivated_at = NOW
    db.session.commit()
    assert check() is Outcome.WRONG


def test_the_second_step_needs_its_code(careful: User) -> None:
    assert check() is Outcome.CODE_NEEDED
    assert check("000000") is Outcome.CODE_WRONG
    assert check(code_at()) is Outcome.PROVEN


@pytest.mark.parametrize(
    ("seconds", "outcome"), [(-60, "CODE_WRONG"), (-30, "PROVEN"), (30, "PROVEN"), (60, "CODE_WRONG")]
)
def test_a_clock_may_be_half_a_minute_off(careful: User, seconds: int, outcome: str) -> None:
    assert check(code_at(NOW + timedelta(seconds=seconds))).name == outcome


def test_no_code_counts_twice_nor_one_before_it(careful: User) -> None:
    assert check(code_at(NOW + timedelta(seconds=30))) is Outcome.PROVEN
    for moment in (NOW + timedelta(seconds=30), NOW, NOW - timedelta(seconds=30)):
        assert check(code_at(moment)) is Outcome.CODE_WRONG
    assert check(code_at(NOW + timedelta(seconds=60)), now=NOW + timedelta(seconds=60)) is Outcome.PROVEN


def test_a_recovery_code_counts_once(careful: User) -> None:
    db.session.add(RecoveryCode(user_id=careful.id, code_hash=second_step.recovery_hash(careful.id, recovery())))
    db.session.commit()
    assert check(recovery().lower()) is Outcome.PROVEN
    assert check(recovery()) is Outcome.CODE_WRONG


def recovery() -> str:
    from portal.domain import codes

    body = RECOVERY.replace("-", "")[:-1]
    return body + codes.check_character(body)


def test_of_two_with_one_code_at_once_one_passes(careful: User, app: Flask) -> None:
    db.session.rollback()

    def attempt(_number: int) -> Outcome:
        with app.app_context():
            return check(code_at())

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(attempt, range(4)))
    assert sorted(outcome.name for outcome in outcomes) == ["CODE_WRONG"] * 3 + ["PROVEN"]


def test_the_eleventh_code_is_not_looked_at_though_the_password_is_right_each_time(careful: User) -> None:
    for number in range(10):
        assert check("000000", now=NOW + timedelta(seconds=number)) is Outcome.CODE_WRONG
    with pytest.raises(TooManyAttempts):
        check(code_at())
    assert check(code_at(NOW + timedelta(minutes=16)), now=NOW + timedelta(minutes=16)) is Outcome.PROVEN


def test_a_right_password_alone_forgives_no_tries(careful: User) -> None:
    for _ in range(10):
        assert check() is Outcome.CODE_NEEDED
    with pytest.raises(TooManyAttempts):
        check()


def test_where_the_partner_demands_two_steps_one_is_not_enough(ana: User) -> None:
    ana.partner.totp_demanded_at = NOW
    db.session.commit()
    assert check() is Outcome.SET_UP_NEEDED


def test_without_the_key_that_sealed_the_secret_only_a_recovery_code_helps(
    careful: User, app: Flask, monkeypatch
) -> None:
    db.session.add(RecoveryCode(user_id=careful.id, code_hash=second_step.recovery_hash(careful.id, recovery())))
    db.session.commit()
    monkeypatch.setitem(app.extensions, "sealer", Sealer({"2": b"x" * 32}))
    assert check(code_at()) is Outcome.CODE_WRONG
    assert check(recovery()) is Outcome.PROVEN


def test_a_password_changed_while_it_is_checked_proves_nothing(ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile(stored: str | None, password: str) -> bool:
        db.session.get_one(User, ana.id).password_hash = "another"
        db.session.commit()
        return True

    monkeypatch.setattr(passwords, "verify", meanwhile)
    assert check() is Outcome.WRONG


def test_a_secret_in_another_row_is_of_no_use(careful: User, make) -> None:
    other = make.user(careful.partner, email="bia@revenda.test", sealed_totp=careful.sealed_totp, totp_since=NOW)
    assert other.totp_since == NOW
    assert check(code_at(), email="bia@revenda.test") is Outcome.CODE_WRONG
