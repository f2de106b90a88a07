"""A form posted after its session ended comes back, filled in, to the same user."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Blueprint, Flask, jsonify, request
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal import clock
from portal.access import requires, viewer
from portal.accounts import service
from portal.domain.roles import Permission
from portal.extensions import db
from portal.factory import create_app
from portal.models import FormDraft, User, UserSession
from tests.accounts.conftest import LogIn
from tests.conftest import NOW
from tests.conftest import test_config as config_for
from tests.factories import Factory
from tests.visitor import HTMX, Visitor

bp = Blueprint("notes", __name__, url_prefix="/notes")
written: list[dict[str, str]] = []


@bp.get("/<int:note_id>/edit")
@requires(Permission.SIGNED_IN)
def note_new(note_id: int):
    return jsonify(service.load_draft(request.args.get("draft", ""), viewer().user_id))


@bp.post("/<int:note_id>")
@requires(Permission.SIGNED_IN)
def note_create(note_id: int):
    written.append(request.form.to_dict())
    return "gravado"


@bp.post("/lone/<int:client_id>")
@requires(Permission.SIGNED_IN)
def lone_create(client_id: int):
    return "gravado"


@bp.post("/odd")
@requires(Permission.SIGNED_IN)
def odd_create():
    return "gravado"


@bp.get("/odd/<int:number>")
@requires(Permission.SIGNED_IN)
def odd_new(number: int):
    return "outro"


@pytest.fixture(scope="module")
def notes_app(migrated_app: Flask) -> Iterator[Flask]:
    """Make an application with this test's own forms, which no other test is to see."""
    config = migrated_app.extensions["portal_config"]
    app = create_app(config_for(config.database_url, config.instance))
    app.register_blueprint(bp)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(app: Flask, notes_app: Flask) -> Iterator[Flask]:
    """Yield that application, over the same database."""
    with notes_app.app_context():
        yield notes_app
        db.session.remove()
    written.clear()


FIELDS = {"name": "Padaria São João", "items": ["a", "b"], "password": "secreta-1", "nova_senha": "x", "version": "3"}
KEPT = {"name": ["Padaria São João"], "items": ["a", "b"], "version": ["3"]}


def ended(visitor: Visitor, user: User) -> Visitor:
    """Be signed in with a session that has ended since."""
    visitor.sign_in(user).csrf_token()
    end_sessions(user)
    return visitor


def end_sessions(user: User) -> None:
    for session in db.session.scalars(select(UserSession).where(UserSession.user_id == user.id)):
        session.ended_at = clock.now()
    db.session.commit()


def next_of(answer: TestResponse, header: str = "Location") -> str:
    login = urlsplit(answer.headers[header])
    assert login.path == "/login"
    return parse_qs(login.query)["next"][0]


def drafts() -> int:
    return db.session.scalar(select(func.count()).select_from(FormDraft)) or 0


def test_a_form_posted_too_late_comes_back_after_login(ana: User, visitor: Visitor, log_in: LogIn) -> None:
    answer = ended(visitor, ana).post("/notes/7", **FIELDS)
    assert answer.status_code == 303
    target = next_of(answer)
    assert target.startswith("/notes/7/edit?draft=")
    login = visitor.get(answer.location).text
    assert "Sua sessão terminou. Entre de novo: o que você digitou foi guardado." in login
    assert log_in("ana@revenda.test", next=target).location == target
    assert visitor.get(target).json == KEPT
    assert visitor.get(target).json == KEPT
    assert written == []


def test_the_message_stays_when_the_password_was_wrong(ana: User, visitor: Visitor, log_in: LogIn) -> None:
    target = next_of(ended(visitor, ana).post("/notes/7", **FIELDS))
    refused = log_in("ana@revenda.test", "errada-errada", next=target)
    assert f'value="{target}"' in refused.text


def test_htmx_is_sent_the_same_way_by_a_header(ana: User, visitor: Visitor, log_in: LogIn) -> None:
    answer = ended(visitor, ana).post("/notes/7", htmx=True, **FIELDS)
    assert answer.status_code == 401
    assert answer.text == ""
    target = next_of(answer, "HX-Redirect")
    log_in("ana@revenda.test", next=target)
    assert visitor.get(target).json == KEPT


def test_another_user_is_shown_nothing(ana: User, app: Flask, make: Factory, visitor: Visitor) -> None:
    bia = make.user(ana.partner)
    target = next_of(ended(visitor, ana).post("/notes/7", **FIELDS))
    assert Visitor(app).sign_in(bia).get(target).json is None
    assert Visitor(app).sign_in(ana).get(target).json == KEPT


def test_a_session_that_expired_by_itself_counts_too(ana: User, visitor: Visitor, log_in: LogIn) -> None:
    visitor.sign_in(ana).csrf_token()
    with clock.frozen(NOW + timedelta(hours=13)):
        target = next_of(visitor.post("/notes/7", **FIELDS))
        log_in("ana@revenda.test", next=target)
        assert visitor.get(target).json == KEPT


def test_a_form_still_open_after_logout_is_not_lost(ana: User, visitor: Visitor, log_in: LogIn) -> None:
    log_in("ana@revenda.test")
    visitor.post("/session/end")
    target = next_of(visitor.post("/notes/7", **FIELDS))
    log_in("ana@revenda.test", next=target)
    assert visitor.get(target).json == KEPT


def test_a_draft_lives_a_day(ana: User, app: Flask, visitor: Visitor) -> None:
    target = next_of(ended(visitor, ana).post("/notes/7", **FIELDS))
    with clock.frozen(NOW + timedelta(hours=24)):
        assert Visitor(app).sign_in(ana).get(target).json is None


def test_a_stranger_leaves_nothing_behind(ana: User, visitor: Visitor) -> None:
    answer = visitor.post("/notes/7", **FIELDS)
    assert next_of(answer) == "/notes/7/edit"
    assert "Sua sessão terminou" not in visitor.get(answer.location).text
    with visitor.browser.session_transaction() as cookie:
        cookie["_user_id"] = "a token that never was"
    visitor.post("/notes/7", **FIELDS)
    assert drafts() == 0


def test_a_deactivated_user_leaves_nothing_behind(ana: User, visitor: Visitor) -> None:
    visitor.sign_in(ana)
    ana.deactivated_at = NOW
    db.session.commit()
    assert next_of(visitor.post("/notes/7", **FIELDS)) == "/notes/7/edit"
    assert drafts() == 0


def test_a_form_with_nothing_typed_is_not_kept(ana: User, visitor: Visitor) -> None:
    answer = ended(visitor, ana).post("/notes/7", version="3", name=" ", password="secreta-1")
    assert next_of(answer) == "/notes/7/edit"
    assert drafts() == 0


def test_a_form_that_is_too_big_is_not_kept_and_that_is_said(ana: User, visitor: Visitor) -> None:
    answer = ended(visitor, ana).post("/notes/7", name="x" * 17_000)
    assert next_of(answer) == "/notes/7/edit"
    page = visitor.get(answer.location).text
    assert "não pôde ser guardado" in page
    assert "foi guardado." not in page
    assert drafts() == 0


def test_a_form_sent_by_another_site_is_not_kept(ana: User, visitor: Visitor) -> None:
    ended(visitor, ana)
    visitor.browser.post("/notes/7", data={"name": "x"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert drafts() == 0
    visitor.browser.post("/notes/7", data={"name": "x"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert drafts() == 1


def test_twenty_drafts_a_user_are_kept_the_newest_ones(ana: User, app: Flask, make: Factory) -> None:
    bia_id, ana_id = make.user(ana.partner).id, ana.id
    of_bia = service.keep_draft(bia_id, "/x", {"a": ["bia"]}, now=NOW)
    tokens = [service.keep_draft(ana_id, "/x", {"a": [str(n)]}, now=NOW) for n in range(22)]
    assert drafts() == 21
    assert service.load_draft(str(tokens[1]), ana_id) is None
    assert service.load_draft(str(tokens[2]), ana_id) == {"a": ["2"]}
    assert service.load_draft(str(of_bia), bia_id) == {"a": ["bia"]}
    service.keep_draft(ana_id, "/x", {"a": ["later"]}, now=NOW + timedelta(hours=25))
    assert drafts() == 2


def test_an_action_without_a_form_leads_to_its_client_or_home(ana: User, visitor: Visitor) -> None:
    ended(visitor, ana)
    assert next_of(visitor.post("/notes/lone/7", reason="x")) == "/clients/7"
    assert visitor.post("/notes/odd", reason="x").location == "/login"
    assert visitor.post("/session/end").location == "/login"
    assert drafts() == 0


def test_a_page_leads_to_the_login_and_back(visitor: Visitor) -> None:
    assert next_of(visitor.get("/notes/7/edit?a=b%20c&d=e")) == "/notes/7/edit?a=b%20c&d=e"
    assert visitor.get("/").location == "/login"
    assert "Sua sessão" not in visitor.get("/login").text


@pytest.mark.parametrize(
    ("current", "login"),
    [
        ("http://localhost/clients?status=expired", "/login?next=/clients?status%3Dexpired"),
        ("http://localhost/clients", "/login?next=/clients"),
        ("http://evil.test/clients", "/login"),
        ("http://localhost//evil.test", "/login"),
        ("http://[", "/login"),
        (None, "/login"),
    ],
)
def test_a_fragment_is_refused_and_its_page_led_to_the_login(visitor: Visitor, current: str | None, login: str) -> None:
    headers = HTMX | ({"HX-Current-URL": current} if current else {})
    answer = visitor.browser.get("/notes/7/edit", headers=headers)
    assert answer.status_code == 401
    assert answer.text == ""
    assert answer.headers["HX-Redirect"] == login


def test_the_token_of_an_older_session_brings_the_form_back(ana: User, visitor: Visitor) -> None:
    visitor.sign_in(ana)
    answer = visitor.post("/notes/7", csrf_token="of-another-session", **FIELDS)
    assert answer.status_code == 303
    assert answer.location.startswith("/notes/7/edit?draft=")
    assert visitor.get(answer.location).json == KEPT
    assert "A página estava aberta há muito tempo. Confira e envie de novo." in visitor.get("/users").text
    assert written == []


def test_htmx_is_told_the_same_by_a_header(ana: User, visitor: Visitor) -> None:
    answer = visitor.sign_in(ana).post("/notes/7", htmx=True, csrf_token="", **FIELDS)
    assert answer.status_code == 400
    assert answer.headers["HX-Redirect"].startswith("/notes/7/edit?draft=")
    assert drafts() == 1


@pytest.mark.parametrize("path", ["/login", "/password/forgotten", "/password/abc"])
def test_an_open_form_with_a_foreign_token_is_refused_in_words(visitor: Visitor, path: str) -> None:
    answer = visitor.post(path, csrf_token="forged", email="a@b.test", password="x")
    assert answer.status_code == 400
    assert "Abra a página de novo e repita." in answer.text
    refused = visitor.post(path, htmx=True, csrf_token="forged")
    assert refused.status_code == 400
    assert "Abra a página de novo e repita." in refused.text
    assert "<html" not in refused.text


def test_a_login_page_left_open_asks_for_another_try_and_keeps_no_password(
    ana: User, visitor: Visitor, log_in: LogIn
) -> None:
    log_in("ana@revenda.test")
    visitor.post("/session/end")
    answer = log_in("ana@revenda.test", csrf_token="of the first login page")
    assert (answer.status_code, answer.location) == (303, "/")
    assert visitor.get("/").location == "/login"
    assert "A página estava aberta há muito tempo." in visitor.get("/login").text
    assert drafts() == 0


def test_a_right_token_writes(ana: User, visitor: Visitor) -> None:
    assert visitor.sign_in(ana).post("/notes/7", name="x").text == "gravado"
    assert [entry["name"] for entry in written] == ["x"]
