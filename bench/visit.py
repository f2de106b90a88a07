"""The signed-in user whose requests are measured, and what is known about the partner's clients."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import event, select

from bench.line import Request
from bench.stores import Store, environment
from portal import access, clock, security
from portal.config import from_environ
from portal.domain.documents import mask
from portal.domain.search import fold
from portal.extensions import db
from portal.factory import create_app
from portal.models import Client, User, UserSession

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@dataclass(frozen=True)
class Known:
    """Clients of the measured partner that requests need: the middle one by name, one to expand, one to act on."""

    middle_id: int
    rare_name: str
    document: str
    link_id: int
    active_id: int
    version: int


class Visit:
    """A session in the database, the cookie that names it, and an application in this process to look inside."""

    def __init__(self, store: Store) -> None:
        """Sign in as the first partner's administrator."""
        self.app: Flask = create_app(from_environ(environment(store.url, store.folder)))
        token, raw = secrets.token_urlsafe(32), secrets.token_hex(20)
        with self.app.app_context():
            self._sign_in(token)
            self.csrf_token = security.signed_csrf_token(raw)
            self.known = _known(store.largest)
            db.session.remove()
        signer = SecureCookieSessionInterface().get_signing_serializer(self.app)
        assert signer is not None
        self._cookie = f"portal={signer.dumps({'_user_id': token, 'csrf_token': raw})!s}"

    def _sign_in(self, token: str) -> None:
        user_id = db.session.scalar(select(User.id).where(User.partner_id == 1).limit(1))
        moments = {"created_at": clock.now(), "last_seen_at": clock.now()}
        db.session.add(UserSession(token_hash=access.token_hash(token), user_id=user_id, **moments))
        db.session.commit()

    def request(
        self, path: str, *, htmx: bool = True, form: Mapping[str, str] | None = None, **headers: str
    ) -> Request:
        """Return a request of the signed-in user, by htmx unless told otherwise."""
        sent = {"Cookie": self._cookie} | (HTMX if htmx else {}) | headers
        if form is not None:
            sent["X-CSRFToken"] = self.csrf_token
        return Request(path, sent, form)

    def queries(self, request: Request) -> int:
        """Return how many statements the portal needs for a request, transaction control apart."""
        with _counted() as statements, self.app.test_client(use_cookies=False) as browser:
            browser.open(request.path, method=request.method, headers=dict(request.headers), data=request.form)
        return len(statements)

    def close(self) -> None:
        """Let go of the database, so that only the measured processes hold it."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()


@contextmanager
def _counted() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    from sqlalchemy import Engine

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def _known(largest: int) -> Known:
    of_partner = select(Client).where(Client.partner_id == 1)
    middle = db.session.scalars(of_partner.order_by(Client.search_key, Client.id).offset(largest // 2).limit(1)).one()
    actives = of_partner.where(Client.due_on > clock.today(), Client.suspended_at.is_(None), Client.hidden_at.is_(None))
    link = db.session.scalars(
        actives.where(Client.product == "link", Client.unused_codes == 0).order_by(Client.id).limit(1)
    ).one()
    return Known(middle.id, fold(middle.name), mask(middle.document), link.id, link.id, link.version)


def unchanged(request: Request, tag: str) -> Request:
    """Return the request of a browser that holds the answer already."""
    return replace(request, headers={**request.headers, "If-None-Match": tag})
