"""The second step in Perfil: on by a first code, off by password and code, reset by others, demanded of everybody."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock, passwords
from portal.access import PUBLIC
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import AuditEvent, FormDraft, RecoveryCode, User, UserSession
from portal.sealing import Sealer
from tests.accounts.conftest import LogIn
from tests.conftest import NOW
from tests.factories import PASSWORD, Factory
from tests.visitor import HTMX, Visitor


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check passwords without their cost."""
    monkeypatch.setattr(passwords, "verify", lambda stored, password: stored is not None and password == PASSWORD)


@pytest.fixture
def admin(ana: User, visitor: Visitor) -> Visitor:
    """Return Ana's browser."""
    return visitor.sign_in(ana)


def secret_on(page: str) -> str:
    found = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert found, page
    return found[1].replace(" ", "")


def begin(who: Visitor) -> str:
    """Have a secret wait, and return it."""
    answer = who.post("/profile/authenticator/secret")
    assert answer.location == "/profile/authenticator/new"
    return secret_on(who.get(answer.location).text)


def set_up(who: Visitor, **fields: str) -> tuple[str, list[str]]:
    """Turn the second step on, and return the secret and the recovery codes."""
    secret = begin(who)
    answer = who.post("/profile/authenticator", secret_code=pyotp.TOTP(secret).at(NOW), **fields)
    assert answer.status_code == 200, answer.text
    return secret, re.findall(r"<code>([0-9A-Z-]{19})</code>", answer.text)


def actions() -> list[str]:
    return list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


LATER = NOW + timedelta(minutes=2)


def test_looking_at_the_page_makes_no_secret(admin: Visitor, ana: User) -> None:
    assert "Começar" in admin.get("/profile/authenticator/new").text
    db.session.expire_all()
    assert ana.sealed_totp is None


def test_the_secret_is_shown_as_qr_and_as_text_and_kept_by_nobody(admin: Visitor, ana: User) -> None:
    secret = begin(admin)
    page = admin.get("/profile/authenticator/new")
    assert page.headers["Cache-Control"] == "no-store"
    assert "<svg" in page.text
    assert secret_on(page.text) == secret
    db.session.expire_all()
    assert secret not in (ana.sealed_totp or "")
    assert begin(admin) == secret, "it may have been scanned already"


def test_a_secret_that_no_key_opens_any_more_is_made_anew(admin: Visitor, app: Flask, monkeypatch) -> None:
    before = begin(admin)
    monkeypatch.setitem(app.extensions, "sealer", Sealer({"2": b"x" * 32}))
    assert "Começar" in admin.get("/profile/authenticator/new").text
    assert begin(admin) != before


def test_nothing_is_asked_for_before_the_first_code(admin: Visitor, log_in: LogIn, app: Flask) -> None:
    begin(admin)
    assert log_in("ana@revenda.test", browser=Visitor(app)).location == "/"


def test_a_first_code_turns_it_on_and_shows_ten_recovery_codes_once(
    admin: Visitor, ana: User, log_in: LogIn, app: Flask
) -> None:
    _, codes = set_up(admin)
    assert len(set(codes)) == 10
    stored = db.session.scalars(select(RecoveryCode.code_hash)).all()
    assert not {code.replace("-", "") for code in codes} & set(stored)
    page = admin.get("/profile").text
    assert "Restam 10 de 10 códigos de recuperação." in page
    assert codes[0] not in page
    assert actions() == ["second_step_enabled"]
    other = Visitor(app)
    assert log_in("ana@revenda.test", browser=other).location == "/login/second-step"
    assert other.post("/login/second-step", code=codes[3].lower()).location == "/"
    assert "Restam 9 de 10" in other.get("/profile").text


def test_the_first_code_is_used_up_with_that(admin: Visitor, log_in: LogIn, app: Flask) -> None:
    secret, _ = set_up(admin)
    other = Visitor(app)
    log_in("ana@revenda.test", browser=other)
    assert other.post("/login/second-step", code=pyotp.TOTP(secret).at(NOW)).status_code == 422


@pytest.mark.parametrize("code", ["000000", "abc", ""])
def test_a_wrong_first_code_turns_nothing_on(admin: Visitor, ana: User, code: str) -> None:
    secret = begin(admin)
    answer = admin.post("/profile/authenticator", secret_code=code)
    assert answer.status_code == 422
    assert secret_on(answer.text) == secret
    db.session.expire_all()
    assert ana.totp_since is None


def test_first_codes_are_counted_too(admin: Visitor) -> None:
    secret = begin(admin)
    for _ in range(10):
        admin.post("/profile/authenticator", secret_code="000000")
    assert admin.post("/profile/authenticator", secret_code=pyotp.TOTP(secret).at(NOW)).status_code == 429


def test_the_same_form_again_says_that_it_is_on(admin: Visitor) -> None:
    secret, _ = set_up(admin)
    answer = admin.post("/profile/authenticator", secret_code=pyotp.TOTP(secret).at(NOW))
    assert answer.location == "/profile"
    assert "A verificação em duas etapas já está ativa." in admin.get("/profile").text
    admin.post("/profile/authenticator/secret")
    assert actions() == ["second_step_enabled"]


@pytest.mark.parametrize(
    ("password", "code", "text"),
    [
        ("errada-errada", "good", "Senha incorreta."),
        (PASSWORD, "000000", "Código incorreto"),
        ("", "good", "Informe a senha."),
        (PASSWORD, "", "Informe o código."),
    ],
)
@pytest.mark.parametrize("noun", ["authenticator/removal", "recovery-codes"])
def test_turning_it_off_and_new_codes_need_password_and_code(
    admin: Visitor, ana: User, noun: str, password: str, code: str, text: str
) -> None:
    secret, _ = set_up(admin)
    with clock.frozen(LATER):
        good = pyotp.TOTP(secret).at(LATER)
        answer = admin.post(f"/profile/{noun}", password=password, secret_code=good if code == "good" else code)
        assert answer.status_code == 422
        assert text in answer.text
        assert good not in answer.text
        db.session.expire_all()
        assert ana.totp_since == NOW
        assert admin.get(f"/profile/{noun}/new").status_code == 200


def test_turned_off_it_asks_for_nothing_any_more(admin: Visitor, ana: User, log_in: LogIn, app: Flask) -> None:
    _, codes = set_up(admin)
    answer = admin.post("/profile/authenticator/removal", password=PASSWORD, secret_code=codes[0])
    assert answer.location == "/profile"
    assert db.session.scalars(select(RecoveryCode)).all() == []
    assert log_in("ana@revenda.test", browser=Visitor(app)).location == "/"
    assert actions() == ["second_step_enabled", "second_step_disabled"]
    assert admin.get("/profile/authenticator/removal/new").location == "/profile/authenticator/new"
    assert admin.post("/profile/recovery-codes", password=PASSWORD, secret_code=codes[1]).status_code == 303


def test_new_recovery_codes_end_the_old_ones(admin: Visitor) -> None:
    _, codes = set_up(admin)
    answer = admin.post("/profile/recovery-codes", password=PASSWORD, secret_code=codes[0])
    made = re.findall(r"<code>([0-9A-Z-]{19})</code>", answer.text)
    assert len(set(made) - set(codes)) == 10
    assert answer.headers["Cache-Control"] == "no-store"
    refused = admin.post("/profile/recovery-codes", password=PASSWORD, secret_code=codes[1])
    assert "Código incorreto" in refused.text


def test_a_recovery_code_typed_into_a_dead_session_is_not_kept(admin: Visitor) -> None:
    _, codes = set_up(admin)
    with clock.frozen(NOW + timedelta(days=15)):
        admin.post("/profile/authenticator/removal", password=PASSWORD, secret_code=codes[0])
    assert db.session.scalars(select(FormDraft)).all() == []


# reset by somebody else


@pytest.fixture
def leo(ana: User, make: Factory) -> User:
    """Return a reader of Ana's partner."""
    return make.user(ana.partner, Role.READER, name="Léo Leitor", email="leo@revenda.test")


def test_an_administrator_resets_it_and_the_user_is_told(
    admin: Visitor, leo: User, app: Flask, log_in: LogIn, configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, ...]] = []
    monkeypatch.setattr("portal.mail.later", lambda _app, work: work())
    monkeypatch.setattr("portal.mail.send", lambda _config, *parts: sent.append(parts))
    configure(smtp_url="smtp://127.0.0.1", mail_from="p@fornecedor.test", base_url="https://portal.example")
    his = Visitor(app).sign_in(leo)
    set_up(his)
    assert "Remover verificação em duas etapas" in admin.get(f"/users/{leo.id}").text
    for _ in range(2):
        answer = admin.post(f"/users/{leo.id}/authenticator/reset")
        assert answer.location == f"/users/{leo.id}"
    assert "já está sem verificação" in admin.get(answer.location).text
    assert his.get("/profile").status_code == 303
    assert [to for to, *_ in sent] == ["leo@revenda.test"]
    assert "Ana Administradora removeu" in sent[0][2]
    again = Visitor(app)
    with clock.frozen(LATER):
        assert log_in("leo@revenda.test", browser=again).location == "/"
        assert "Ana Administradora removeu a verificação em duas etapas do seu acesso." in again.get("/profile").text
        assert "em 10/07/2025 12:00. Se você não pediu" in again.get("/profile").text
        log_in("leo@revenda.test", browser=again)
        assert "do seu acesso. Ative-a" not in again.get("/profile").text
    assert actions() == ["second_step_enabled", "second_step_reset"]


def test_ones_own_is_not_reset_that_way(admin: Visitor, ana: User) -> None:
    set_up(admin)
    assert "Remover verificação" not in admin.get(f"/users/{ana.id}").text
    answer = admin.post(f"/users/{ana.id}/authenticator/reset")
    assert answer.status_code == 409
    db.session.expire_all()
    assert ana.totp_since == NOW


def test_another_partners_user_is_not_found(leo: User, make: Factory, app: Flask) -> None:
    stranger = Visitor(app).sign_in(make.user(make.partner()))
    assert stranger.post(f"/users/{leo.id}/authenticator/reset").status_code == 404


def test_vendor_staff_reset_anybodys(leo: User, make: Factory, app: Flask) -> None:
    set_up(Visitor(app).sign_in(leo))
    olga = Visitor(app).sign_in(make.user(None, Role.OPERATOR))
    assert olga.post(f"/users/{leo.id}/authenticator/reset").status_code == 303
    assert set(db.session.scalars(select(UserSession.ended_at).where(UserSession.user_id == leo.id))) == {NOW}


# demanded of everybody


@pytest.fixture
def demanded(admin: Visitor) -> None:
    """Have Ana, who has it, demand it of everybody."""
    set_up(admin)
    for _ in range(2):
        assert admin.post("/users/authenticator-demand", demanded="1").location == "/users"


def test_a_demand_is_recorded_once_and_taken_back(admin: Visitor, leo: User, demanded: None) -> None:
    page = admin.get("/users").text
    assert "Exigida de todos desde 10/07/2025." in page
    assert "faltam 1" in page
    admin.post("/users/authenticator-demand", demanded="0")
    assert "Deixar opcional" not in admin.get("/users").text
    assert actions() == ["second_step_enabled", "second_step_demanded", "second_step_left_open"]
    assert admin.post("/users/authenticator-demand").status_code == 422


def test_who_owes_it_is_led_there_from_everywhere(leo: User, demanded: None, app: Flask) -> None:
    his = Visitor(app).sign_in(leo)
    answer = his.get("/clients?q=a")
    assert answer.location == "/profile/authenticator/new?next=/clients?q%3Da"
    page = his.get(answer.location).text
    assert "Sua revenda exige a verificação em duas etapas." in page
    fragment = his.fragment("/clients")
    assert (fragment.status_code, fragment.text) == (403, "")
    assert fragment.headers["HX-Redirect"].startswith("/profile/authenticator/new")
    open_first = {"accounts.authenticator_new", "accounts.authenticator_secret_create", "accounts.authenticator_create",
                  "accounts.session_end_create"}  # fmt: skip
    found = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if app.view_functions[rule.endpoint].permission != PUBLIC  # type: ignore[attr-defined]
        and hasattr(app.view_functions[rule.endpoint], "comes_first")
    }
    assert found == open_first


def test_having_set_it_up_one_goes_on_to_where_one_wanted(leo: User, demanded: None, app: Flask) -> None:
    his = Visitor(app).sign_in(leo)
    answer = his.post("/profile/authenticator/secret", next="/clients?q=a")
    secret = secret_on(his.get(answer.location).text)
    done = his.post("/profile/authenticator", secret_code=pyotp.TOTP(secret).at(NOW), next="/clients?q=a")
    assert 'href="/clients?q=a"' in done.text
    assert his.get("/clients?q=a").status_code == 200


def test_what_was_being_typed_meanwhile_is_kept(make: Factory, ana: User, demanded: None, app: Flask) -> None:
    bia = make.user(ana.partner, Role.SUPPORT)
    hers = Visitor(app).sign_in(bia)
    client = make.client(ana.partner)
    answer = hers.post(f"/clients/{client.id}/suspension", version="1", reason="Reforma até agosto")
    assert answer.status_code == 303
    [draft] = db.session.scalars(select(FormDraft)).all()
    assert draft.fields["reason"] == ["Reforma até agosto"]
    assert "suspension/new" in answer.location


def test_vendor_staff_have_no_company_to_demand_it_of(make: Factory, visitor: Visitor) -> None:
    visitor.sign_in(make.user(None, Role.OPERATOR))
    assert visitor.post("/users/authenticator-demand", demanded="1").status_code == 404
    set_up(visitor)


def test_the_page_with_the_secret_answers_htmx_too(admin: Visitor) -> None:
    secret = begin(admin)
    headers = HTMX | {"X-CSRFToken": admin.csrf_token()}
    fields = {"secret_code": pyotp.TOTP(secret).at(NOW)}
    assert admin.browser.post("/profile/authenticator", data=fields, headers=headers).status_code == 200


def test_nothing_secret_is_logged(admin: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    secret, codes = set_up(admin)
    assert not [code for code in [secret, *codes] if code in caplog.text]
