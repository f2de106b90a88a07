"""Headers, cookies and tokens; what was stored by somebody is text on every page, never markup."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal import audit, clock
from portal.extensions import db
from portal.factory import create_app
from portal.models import Client, User
from tests.conftest import NOW, test_config
from tests.factories import PASSWORD, Factory
from tests.visitor import Visitor

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}&lt;"
HTML = "text/html"


@pytest.fixture
def client(make: Factory) -> Client:
    """Return a client in which everything that somebody may write is hostile."""
    partner = make.partner(name=EVIL)
    user = make.user(partner, name=EVIL, email="evil@example.test")
    fields = dict.fromkeys(("name", "notes", "suspension_reason", "pending_reason"), EVIL)
    client = make.client(partner, suspended_at=NOW, city=EVIL[:60], email='"><script>alert(1)@x.test', **fields)
    make.code(client)
    make.installation(client, device=EVIL, version="<script>alert(1)"[:20])
    actor = type("Somebody", (), {"user_id": user.id, "name": EVIL})()
    change = {"name": EVIL, "notes": EVIL}
    audit.record(
        "edit",
        actor=actor,
        now=NOW,
        partner_id=partner.id,
        client_id=client.id,
        before=change,
        after=change,
        reason=EVIL,
    )
    db.session.commit()
    return client


@pytest.fixture
def web(app: Flask, client: Client) -> Visitor:
    """Return the browser of the hostile client's partner."""
    return Visitor(app).sign_in(db.session.scalars(select(User)).one())


def addresses(client: Client) -> list[str]:
    base = f"/clients/{client.id}"
    return [
        "/clients", f"/clients?open={client.id}", f"/clients?q={EVIL[:30]}", "/clients?q=nada<script>alert(1)",
        "/clients/codes", base, f"{base}/revision/new", "/users", "/users?search=<script>alert(1)", "/gone<script>",
        f"{base}/detail", f"{base}/menu", f"{base}/row", "/login?next=/<script>alert(1)", f"{base}/suspension/new",
        "/password/<script>alert(1)", "/password/forgotten", "/clients/new?draft=\"><script>alert(1)",
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(18))
def test_stored_and_sent_text_is_text_everywhere(web, client, number) -> None:
    path = addresses(client)[number]
    for answer in (web.get(path), web.fragment(path)):
        if answer.mimetype != HTML:
            continue
        assert "<script>alert" not in answer.text
        assert "<img" not in answer.text
        assert not re.search(r"<[^>]*\son\w+=", re.sub(r'"[^"]*"', '""', answer.text))


def test_hostile_text_was_really_on_those_pages(web, client) -> None:
    """Else the test above looks at empty ones."""
    shown = "&lt;script&gt;alert(1)"
    for path in ("/clients", f"/clients/{client.id}", "/users", f"/clients/{client.id}/revision/new", "/clients/codes"):
        assert shown in web.get(path).text, path


def test_the_list_of_addresses_is_complete(client) -> None:
    assert len(addresses(client)) == 18


PAGES = ["/clients", "/clients/{id}", "/clients/{id}/revision/new", "/clients/codes", "/users", "/gone", "/login"]


def policy_of(answer: Any) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_nothing_but_our_files(app, web, client, path) -> None:
    answer = (Visitor(app) if path == "/login" else web).get(path.format(id=client.id))
    policy = policy_of(answer)
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == policy["form-action"] == policy["img-src"] == "'self'"
    assert policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in str(policy)
    assert "http" not in str(policy)
    [css] = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert policy["style-src"] == f"'sha256-{b64encode(hashlib.sha256(css.encode()).digest()).decode()}'"
    markup = re.sub(r"<style>.*?</style>", "", answer.text, flags=re.DOTALL)
    assert not re.search(r"<[^>]*\sstyle\s*=", markup)
    assert all(
        re.match(r'<script src="/static/[^"]+" defer></script>', tag) for tag in re.findall(r"<script.*", markup)
    )
    assert "javascript:" not in markup
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/clients", "/clients/{id}/menu", "/clients/{id}/detail", "/clients/codes", "/clients/new"]
)
def test_a_fragment_opened_as_a_page_could_do_nothing(web, client, path) -> None:
    answer = web.fragment(path.format(id=client.id))
    assert policy_of(answer) == {"default-src": "'none'", "frame-ancestors": "'none'"}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_export_is_not_taken_for_a_page(web) -> None:
    answer = web.get("/clients/export")
    assert answer.get_data()
    assert policy_of(answer)["default-src"] == "'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_what_a_browser_may_keep(web, client) -> None:
    base = f"/clients/{client.id}"
    kept = {path: web.fragment(path).headers["Cache-Control"] for path in ("/clients", f"{base}/menu", f"{base}/row")}
    assert set(kept.values()) == {"private, no-cache"}
    never = [base, f"{base}/detail", "/clients/codes", f"/clients?open={client.id}", "/password/x"]
    assert {web.get(path).headers["Cache-Control"] for path in never[:1] + never[2:]} == {"no-store"}
    assert web.fragment(f"{base}/detail").headers["Cache-Control"] == "no-store"
    for path in (f"{base}/resumption", f"{base}/hiding", "/gone", "/login"):
        answer = web.post(path, version=1)
        assert answer.headers["Cache-Control"] == "no-store", path
        assert "ETag" not in answer.headers


def test_the_token_is_the_same_bytes_in_every_render_of_a_session(web, app, client) -> None:
    def tokens(text: str) -> set[str]:
        return set(re.findall(r'name="csrf_token" value="([^"]+)"|"X-CSRFToken":"([^"]+)"', text))

    found = {max(pair) for _ in range(2) for path in ("/clients", "/users") for pair in tokens(web.get(path).text)}
    assert found == {web.csrf_token()}
    with clock.frozen(NOW.replace(hour=23)):
        assert {max(pair) for pair in tokens(web.get("/clients").text)} == found
    other = Visitor(app).sign_in(db.session.scalars(select(User)).one())
    assert other.csrf_token() not in found


def test_two_renders_of_a_page_are_the_same_bytes(web) -> None:
    assert web.get("/clients").data == web.get("/clients").data


class TestHttps:
    """Where users come by HTTPS, cookies go nowhere else."""

    @pytest.fixture
    def secure(self, app: Flask, database_url: str, tmp_path) -> Iterator[Flask]:
        """Yield an application that knows its address to be https."""
        instance = create_app(test_config(database_url, tmp_path, base_url="https://portal.example"))
        with clock.frozen(NOW):
            yield instance
        with instance.app_context():
            db.engine.dispose()

    def test_browsers_are_told_to_stay_with_it(self, secure, visitor) -> None:
        answer = Visitor(secure).get("/login", base_url="https://portal.example")
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        assert "Strict-Transport-Security" not in visitor.get("/login").headers

    def test_the_cookie_is_for_https_only(self, secure, visitor) -> None:
        answer = Visitor(secure).get("/login", base_url="https://portal.example")
        assert {"Secure", "HttpOnly", "SameSite=Lax"} <= flags(answer)

    @pytest.mark.parametrize(
        ("referer", "code"), [("https://portal.example/login", 422), ("https://evil.example/", 400), (None, 400)]
    )
    def test_a_form_of_another_site_is_refused(self, secure, referer, code) -> None:
        web = Visitor(secure)
        page = web.get("/login", base_url="https://portal.example").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        answer = web.browser.post(
            "/login",
            data={"csrf_token": token, "email": "x", "password": PASSWORD},
            base_url="https://portal.example",
            headers={"Referer": referer} if referer else {},
        )
        assert answer.status_code == code


def flags(answer: Any) -> set[str]:
    return {part.strip() for part in answer.headers["Set-Cookie"].split(";")[1:]}


def test_the_cookie_is_hidden_from_scripts_and_not_sent_along_by_other_sites(visitor) -> None:
    found = flags(visitor.get("/login"))
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= found
    assert "Secure" not in found


def test_a_forged_cookie_is_nobody(app, visitor) -> None:
    visitor.browser.set_cookie("portal", "eyJfdXNlcl9pZCI6IjEifQ.aaaaaa.bbbbbbbbbbbb")
    assert visitor.get("/clients").location == "/login?next=/clients"


def test_an_answer_that_is_not_html_to_htmx_or_a_page_has_the_headers_too(visitor) -> None:
    for make_request in (visitor.get, visitor.fragment):
        answer = make_request("/clients")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
