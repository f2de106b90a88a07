"""Where a visitor without a (fitting) session is led, and what becomes of the form that they posted."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Response, current_app, make_response, render_template, request, session, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.datastructures import MultiDict
from werkzeug.routing import BuildError

from portal import clock, database, htmx, saying
from portal.access import PUBLIC, viewer
from portal.accounts import drafts, queries
from portal.accounts.texts import Text
from portal.extensions import db

COOKIE_TOKEN = "_user_id"  # noqa: S105 - Flask-Login's name for it
COOKIE_ENDED = "ended"
MAX_NEXT = 2_000
UNSAFE = re.compile(r"[\x00-\x20\x7f\\]|^//|^[^/]")


def safe_next(target: str | None) -> str | None:
    """Return a target if it is a path inside the portal, else None.

    Browsers take a backslash for a slash and drop tabs and line ends, so that these never pass.
    """
    if not target or len(target) > MAX_NEXT or UNSAFE.search(target):
        return None
    return target


def typed_before() -> MultiDict[str, str] | None:
    """Return what was typed into a form when its session ended, if the address says so and it is the user's."""
    token = request.args.get("draft", "")
    kept = drafts.load_draft(token, viewer().user_id) if token else None
    return MultiDict(kept) if kept else None


def why_login() -> Text | None:
    """Return what the login page has to explain to this visitor."""
    draft = parse_qs(urlsplit(safe_next(request.values.get("next")) or "").query).get("draft")
    if draft:
        return Text.ENDED_KEPT
    return Text.ENDED if COOKIE_TOKEN in session else None


def unauthorized() -> Response:
    """Lead a visitor to the login and back, the form that they posted kept if the cookie says whose it is."""
    if request.method == "POST":
        target = _form_with_draft(_known_user_id())
    elif htmx.wants_fragment():
        target = htmx.current_path() or _home()
    else:
        target = request.full_path.removesuffix("?")
    target = safe_next(target) or _home()
    login = url_for("accounts.login") if target == _home() else url_for("accounts.login", next=target)
    return htmx.leave_for(login, 401)


def second_step_owed() -> Response:
    """Lead a user to setting up the second step and then on, the form that they posted kept."""
    if request.method == "POST":
        target: str | None = _form_with_draft(viewer().user_id)
    else:
        target = htmx.current_path() if htmx.wants_fragment() else request.full_path.removesuffix("?")
    return htmx.leave_for(url_for("accounts.authenticator_new", next=safe_next(target)), 403)


def stale_page(_error: CSRFError) -> Response:
    """Answer a form whose token is not this session's: back to the form, filled in, for a user that we know."""
    user_id = viewer().user_id if current_user.is_authenticated else _known_user_id()
    if user_id is None:
        return _strange_page()
    saying.keep(Text.STALE_PAGE.label)
    return htmx.leave_for(_form_with_draft(user_id), 400)


def _strange_page() -> Response:
    if htmx.wants_fragment():
        return htmx.refused(Text.STRANGE_PAGE.label, 400)
    title, text = Text.STRANGE_PAGE_TITLE.label, Text.STRANGE_PAGE.label
    return make_response(render_template("errors/refusal.html", title=title, text=text, status=400), 400)


def _known_user_id() -> int | None:
    """Return whose session this browser holds or held last."""
    token = session.get(COOKIE_TOKEN) or session.get(COOKIE_ENDED)
    return queries.owner_of_session(str(token)) if token else None


def _form_with_draft(user_id: int | None) -> str:
    """Return the address of the form that was posted here, with the draft that keeps it where there is one."""
    path = _form_path()
    fields = _fields_to_keep() if path and user_id else {}
    if path is None or user_id is None or not fields:
        return path or _page_of_client() or _home()
    db.session.rollback()  # where the request only asks, its transaction is one for reading
    database.is_reading.set(False)
    token = drafts.keep_draft(user_id, path, fields, now=clock.now())
    if token is None:
        saying.keep(Text.NOT_KEPT.label)
        return path
    return f"{path}?{urlencode({'draft': token})}"


def _fields_to_keep() -> drafts.Fields:
    """Return the posted fields; none of the open pages (passwords), none that another site sent."""
    view = current_app.view_functions[request.endpoint or ""]
    is_ours = request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
    is_public = getattr(view, "permission", PUBLIC) == PUBLIC
    return drafts.worth_keeping(request.form.to_dict(flat=False)) if is_ours and not is_public else {}


def _form_path() -> str | None:
    """Return the path of the form that posts to this endpoint, where there is one."""
    asks_for = getattr(current_app.view_functions[request.endpoint or ""], "asks_for", None)
    name = asks_for or (request.endpoint or "").removesuffix("_create") + "_new"
    return _url(name, request.view_args or {})


def _page_of_client() -> str | None:
    """Return the path of the page of the client that the request was about."""
    arguments = request.view_args or {}
    return _url("clients.show", {"client_id": arguments["client_id"]}) if "client_id" in arguments else None


def _url(name: str, arguments: dict[str, Any]) -> str | None:
    try:
        return url_for(name, **arguments)
    except BuildError:  # no such page, or one that takes other arguments
        return None


def _home() -> str:
    return url_for("home.index")
