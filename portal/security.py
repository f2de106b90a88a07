"""Headers of every answer, and the CSRF token as it stands in pages."""

from __future__ import annotations

import secrets

from flask import Flask, Response, current_app, g, request, session
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from portal.assets import Assets

NEVER_KEPT = "no-store"
NOT_MODIFIED = 304
PRIVATE = "private, no-cache"
FRAGMENT_POLICY = "default-src 'none';frame-ancestors 'none'"


class _Timeless(TimestampSigner):
    """Signs with a fixed time, so that one session's token is the same bytes in every render."""

    def get_timestamp(self) -> int:
        return 0


def csrf_token() -> str:
    """Return the session's CSRF token, always the same, so that pages compare equal (and compress)."""
    if "csrf_token" not in session:
        session["csrf_token"] = secrets.token_urlsafe(18)  # Flask-WTF's own would be 40 characters on every page
    raw = session["csrf_token"]
    known: tuple[str, str] | None = g.get("signed_csrf_token")
    if known is None or known[0] != raw:  # a page asks for it in each of its forms
        known = g.signed_csrf_token = (raw, signed_csrf_token(raw))
    return known[1]


def signed_csrf_token(raw: str) -> str:
    """Return the token that belongs to a session's raw one."""
    signer = URLSafeTimedSerializer(current_app.secret_key or "", salt="wtf-csrf-token", signer=_Timeless)
    return str(signer.dumps(raw))


def shows_secret() -> None:
    """Mark the answer as one that shows a code, a key or a one-time link: nobody keeps a copy."""
    g.shows_secret = True


def never_compress() -> None:
    """Mark an answer that holds both a secret and text of the request: its size must not betray the secret."""
    g.never_compress = True


def page_policy(assets: Assets) -> str:
    """Return the Content-Security-Policy of a page: everything from here, nothing inline but the one stylesheet."""
    return (
        f"default-src 'none';script-src 'self';style-src {assets.css_source};img-src 'self';connect-src 'self';"
        "form-action 'self';base-uri 'none';frame-ancestors 'none'"
    )


def _protect(response: Response, policy: str, *, is_https: bool) -> None:
    is_page = response.mimetype == "text/html" and response.get_data()[:15].lower() == b"<!doctype html>"
    response.headers.setdefault("Content-Security-Policy", policy if is_page else FRAGMENT_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    if is_page:
        response.headers.setdefault("Referrer-Policy", "same-origin")
    if is_https:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"


def init_app(app: Flask, assets: Assets, *, is_https: bool) -> None:
    """Set the headers on every answer."""
    policy = page_policy(assets)

    @app.after_request
    def headers(response: Response) -> Response:
        if response.status_code != NOT_MODIFIED:  # whose headers would replace those of the page kept by the browser
            _protect(response, policy, is_https=is_https)
        if g.get("shows_secret") or request.method == "POST":
            response.headers["Cache-Control"] = NEVER_KEPT
            response.headers.pop("ETag", None)
        else:
            response.headers.setdefault("Cache-Control", PRIVATE)
        return response

    app.context_processor(lambda: {"csrf_token": csrf_token})  # Flask-WTF's own processor would hide the global
