"""Answering refusals, HTTP errors and faults: a page, a fragment where htmx asked, JSON where a program did."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_limiter.errors import RateLimitExceeded
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from portal import access, database, htmx
from portal.domain.errors import Refusal, TooManyAttempts
from portal.errors import HTTP_TEXTS, Answer, in_words
from portal.extensions import db, login_manager

log = logging.getLogger(__name__)


REASON_OF = {
    400: "unreadable",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    429: "too_many_requests",
    503: "busy",
    507: "disk_full",
}
"""What a program can rely on where only the HTTP status says why."""


def problem(said: Answer, reason: str | None = None, **members: Any) -> Response:
    """Return a refusal as programs read it (RFC 9457), with a reason that they can rely on and what else they may show."""
    reason = reason or REASON_OF.get(said.status, "failed")
    response = jsonify(
        type=f"urn:portal-do-parceiro:{reason}",
        status=said.status,
        title=said.title,
        detail=said.text,
        reason=reason,
        **members,
    )
    response.status_code, response.mimetype = said.status, "application/problem+json"
    return response


def answer(said: Answer) -> Response:
    """Return a refusal as a page or, to htmx, as the text of the announcing region; as JSON where programs ask."""
    if access.is_machine_asking():
        return problem(said)
    if htmx.wants_fragment():
        return htmx.refused(said.text, said.status)
    page = render_template("errors/refusal.html", title=said.title, text=said.text, status=said.status)
    return make_response(page, said.status)


def _on_refusal(refusal: Refusal) -> Response:
    db.session.rollback()
    response = answer(in_words(refusal))
    if isinstance(refusal, TooManyAttempts):
        response.headers["Retry-After"] = str(int(refusal.retry_after.total_seconds()))
    return response


def _on_http_error(error: HTTPException) -> Response:
    code = error.code or 500
    if 300 <= code < 400:  # noqa: PLR2004 - a redirect of werkzeug's own
        return make_response(error.get_response())
    response = answer(Answer(code, *HTTP_TEXTS.get(code, HTTP_TEXTS[400])))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    if isinstance(error, RateLimitExceeded):
        response.headers["Retry-After"] = str(error.limit.limit.get_expiry())
    return response


def _on_busy(error: OperationalError) -> Response:
    """Answer without another question to the database, which would be another wait or another error."""
    db.session.rollback()
    g.setdefault("_login_user", login_manager.anonymous_user())  # where the failed question was who is asking
    log.error("database unavailable at %s: %s", request.endpoint, error.orig)
    status = 507 if database.is_disk_full(error) else 503
    response = answer(Answer(status, *HTTP_TEXTS[status]))
    response.headers["Retry-After"] = "5"
    return response


def _on_fault(fault: Exception) -> Response:
    db.session.rollback()
    log.error("fault at %s", request.endpoint, exc_info=fault)
    return answer(Answer(500, *HTTP_TEXTS[500]))


def init_app(app: Flask) -> None:
    """Register every handler."""
    app.register_error_handler(Refusal, _on_refusal)
    app.register_error_handler(HTTPException, _on_http_error)
    app.register_error_handler(OperationalError, _on_busy)
    if not app.testing:
        app.register_error_handler(Exception, _on_fault)
