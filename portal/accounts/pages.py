"""What the routes of the accounts share: a page with its form, where a request comes from, a browser's new session."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from flask import Flask, Response, current_app, make_response, render_template, request, session, url_for

from portal import htmx, mail, saying
from portal.accounts import returning
from portal.accounts.sessions import Device, SignedIn
from portal.accounts.texts import Text
from portal.config import Config


def page(template: str, **context: object) -> Response:
    """Return a page; one whose form has errors is a 422."""
    form = context.get("form")
    status = 422 if getattr(form, "errors", None) else 200
    return make_response(render_template(template, **context), status)


def welcome(done: SignedIn, target: str | None = None) -> Response:
    """Give a browser its session: a fresh cookie, and a word about what happened to the second step meanwhile."""
    session.clear()  # no CSRF token, no message of the visitor before survives
    session.permanent = True
    session[returning.COOKIE_TOKEN] = done.token
    if done.reset_by:
        saying.keep(Text.SECOND_STEP_TAKEN.label.format(name=done.reset_by))
    return htmx.leave_for(target or url_for("home.index"))


def device() -> Device:
    """Return where the request comes from."""
    return Device(request.remote_addr or "", request.user_agent.string)


def config() -> Config:
    """Return the application's configuration."""
    return cast(Config, current_app.extensions["portal_config"])


def send_later(work: Callable[[], None]) -> None:
    """Send a mail soon, where mails go out at all; what it takes was read before, because a thread has no request."""
    if mail.can_send(config()):
        app = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001 - for a thread
        mail.later(app, work)
