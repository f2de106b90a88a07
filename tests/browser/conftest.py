"""What browser tests stand on: a running portal, a Chromium, pages that complain, rows of each test's own."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from portal import access, clock
from portal.extensions import db
from portal.factory import create_app
from portal.models import Partner, User, UserSession
from tests.browser.chromium import executable
from tests.browser.server import SECRET_KEY, Server, running_server, serve_by
from tests.browser.watch import Watch
from tests.conftest import NOW, test_config
from tests.factories import Factory

HERE = Path(__file__).parent
SIZES = {1280: 800, 360: 740}
PATIENCE_MS = 30_000
"""Nothing that is expected takes a second; a machine that does ten things at once may take many."""

PageOf = Callable[..., Page]

expect.set_options(timeout=PATIENCE_MS)


def pytest_configure(config: pytest.Config) -> None:
    """Let portals run behind the sample proxy where that is asked for."""
    if reports := config.getoption("--behind-proxy"):
        from drills.behind_proxy import serving

        serve_by(serving(Path(reports)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("portal"), NOW.isoformat()) as server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable())
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def second_hand(server: Server) -> Iterator[Flask]:
    """Yield an application on the running server's database, through which tests lay out their rows."""
    with clock.frozen(NOW):
        app = create_app(test_config(server.database_url, server.instance, secret_key=SECRET_KEY))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(second_hand: Flask) -> Iterator[Flask]:
    """Yield the context for rows; they stay readable after a commit, so that no lock is held while a browser works."""
    with second_hand.app_context():
        db.session().expire_on_commit = False
        yield second_hand
        db.session.remove()


@pytest.fixture(scope="session")
def factory() -> Factory:
    """Return the one maker of this worker: the database is never emptied, so that numbers must go on."""
    return Factory()


@pytest.fixture
def make(app: Flask, factory: Factory) -> Factory:
    return factory


@pytest.fixture
def partner(make: Factory) -> Partner:
    return make.partner(name="Gama Automação")


@pytest.fixture
def ana(make: Factory, partner: Partner) -> User:
    """Return the partner's Administrador."""
    return make.user(partner, name="Ana Lima")


@pytest.fixture(params=sorted(SIZES, reverse=True))
def width(request: pytest.FixtureRequest) -> int:
    """Run the test on a desktop and on a phone."""
    return int(request.param)


@pytest.fixture(params=[True, False], ids=["js", "plain"])
def js(request: pytest.FixtureRequest) -> bool:
    """Run the test with JavaScript and without."""
    return bool(request.param)


@pytest.fixture
def watch(server: Server) -> Iterator[Watch]:
    """Fail the test at its end for everything that its pages complained about unexpectedly."""
    watch = Watch(server.url, server.told)
    yield watch
    assert not watch.unexpected(), "\n".join(watch.unexpected())


@pytest.fixture
def page_of(chromium: Browser, server: Server, app: Flask, watch: Watch) -> Iterator[PageOf]:
    """Return what opens a fresh browser: page_of(user, width, js=...), signed in unless the user is None."""
    opened: list[BrowserContext] = []

    def open_page(user: User | None, width: int = 1280, *, js: bool = True, **options: Any) -> Page:
        is_phone = width < 600
        context = chromium.new_context(
            base_url=server.url,
            ignore_https_errors=True,  # the sample proxy's certificate is its own
            viewport={"width": width, "height": SIZES[width]},
            is_mobile=is_phone,
            has_touch=is_phone,
            java_script_enabled=js,
            locale="pt-BR",
            timezone_id="America/Sao_Paulo",
            **options,
        )
        opened.append(context)
        context.set_default_timeout(PATIENCE_MS)
        watch.over(context)
        if user:
            context.add_cookies([session_cookie(app, user, server.url)])
        return context.new_page()

    yield open_page
    for context in opened:
        context.close()


def session_cookie(app: Flask, user: User, url: str) -> Any:
    """Return the cookie of a session begun now, without the cost of checking a password."""
    token, now = secrets.token_urlsafe(32), clock.now()
    db.session.add(UserSession(token_hash=access.token_hash(token), user_id=user.id, created_at=now, last_seen_at=now))
    db.session.commit()
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    value = signer.dumps({"_user_id": token, "csrf_token": secrets.token_hex(20), "_permanent": True})
    return {"name": "portal", "value": value, "url": url}
