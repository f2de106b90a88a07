"""A visitor: the test client with the manners of a browser (CSRF field, redirects, htmx headers on demand)."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from flask import Flask, has_app_context
from flask.testing import FlaskClient
from sqlalchemy import inspect
from werkzeug.test import TestResponse

from portal import access, clock, security
from portal.extensions import db
from portal.models import User, UserSession

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


class Browser(FlaskClient):
    """A test client whose requests share nothing with the test: as on a server, each has a context of its own."""

    def open(self, *arguments: Any, **options: Any) -> TestResponse:
        """Send a request; the test's transaction ends first, because on SQLite it would hold the write lock."""
        if has_app_context():
            db.session.rollback()
        with self.application.app_context():
            return super().open(*arguments, **options)


class Visitor:
    """Somebody with a browser: cookies are kept, forms are posted with their token."""

    def __init__(self, app: Flask) -> None:
        """Open a browser with no cookies."""
        self.app = app
        self.browser = Browser(app, app.response_class)

    def sign_in(self, user: User) -> Visitor:
        """Be signed in, without the cost of checking a password; returns the visitor itself."""
        token, now = secrets.token_urlsafe(32), clock.now()
        (user_id,) = inspect(user).identity  # without reading the user again, which the last request's end let go
        session = {"token_hash": access.token_hash(token), "user_id": user_id, "created_at": now, "last_seen_at": now}
        db.session.execute(UserSession.__table__.insert(), session)
        db.session.commit()
        with self.browser.session_transaction() as cookie:
            cookie["_user_id"] = token
        return self

    def get(self, path: str, **options: Any) -> TestResponse:
        """Follow a link, as a plain browser."""
        return self.browser.get(path, **options)

    def fragment(self, path: str, **options: Any) -> TestResponse:
        """Ask for a fragment, as htmx does."""
        return self.browser.get(path, headers=HTMX, **options)

    def post(self, path: str, *, htmx: bool = False, **fields: Any) -> TestResponse:
        """Post a form with the session's CSRF token, as a plain form or as htmx does."""
        fields.setdefault("csrf_token", self.csrf_token())
        return self.browser.post(path, data=fields, headers=HTMX if htmx else {})

    def csrf_token(self) -> str:
        """Return the token that the pages of this session carry."""
        with self.browser.session_transaction() as cookie:
            raw = cookie.setdefault("csrf_token", hashlib.sha1(secrets.token_bytes(64)).hexdigest())
        with self.app.app_context():
            return security.signed_csrf_token(raw)
