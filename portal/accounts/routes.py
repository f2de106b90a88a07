"""Login and logout, forgotten passwords."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import astuple

from flask import Blueprint, Flask, Response, request, session, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError

from portal import clock, htmx, mail, saying, security
from portal.access import comes_first, public, requires, viewer
from portal.accounts import queries, returning, service, sessions
from portal.accounts.forms import ForgottenForm, LoginForm, NewPasswordForm, SecondStepForm
from portal.accounts.pages import config, device, page, send_later, welcome
from portal.accounts.queries import Person
from portal.accounts.sessions import HalfIn
from portal.accounts.texts import Text
from portal.domain.errors import NotFound
from portal.domain.roles import Permission
from portal.extensions import login_manager

COOKIE_HALF = "half_in"

bp = Blueprint("accounts", __name__)


def init_app(app: Flask) -> None:
    """Bind what happens to visitors without a session, and to forms whose token is not the session's."""
    login_manager.unauthorized_handler(returning.unauthorized)
    app.extensions["second_step_owed"] = returning.second_step_owed
    app.register_error_handler(CSRFError, returning.stale_page)


@bp.get("/login")
@public
def login() -> Response:
    """Show the login, or go on for who is signed in already."""
    target = returning.safe_next(request.args.get("next"))
    if current_user.is_authenticated:
        return htmx.leave_for(target or url_for("home.index"))
    form = LoginForm()
    form.next.data, form.first = target, "email"
    return _login_page(form)


@bp.post("/login")
@public
def session_create() -> Response:
    """Begin a session: a fresh cookie, the browser's former session ended."""
    form = LoginForm()
    target = returning.safe_next(form.next.data)
    form.next.data = target
    if not form.validate():
        return _login_page(form)
    replacing = session.get(returning.COOKIE_TOKEN)
    done = sessions.sign_in(
        form.email.data or "", form.password.data or "", device=device(), replacing=replacing, now=clock.now()
    )
    if done is None:
        form.form_errors, form.first = [Text.WRONG.label], "password"
        return _login_page(form)
    if isinstance(done, HalfIn):
        session[COOKIE_HALF] = astuple(done)
        return htmx.leave_for(url_for("accounts.second_step", next=target))
    return welcome(done, target)


@bp.get("/login/second-step")
@public
def second_step() -> Response:
    """Ask for the code of the second step; there is no session yet."""
    form = SecondStepForm()
    form.next.data = returning.safe_next(request.args.get("next"))
    return _second_step_page(form) if _half_in() else _start_again()


@bp.post("/login/second-step")
@public
def second_step_create() -> Response:
    """Begin the session if the code is right."""
    form, half = SecondStepForm(), _half_in()
    form.next.data = target = returning.safe_next(form.next.data)
    if half is None or not form.validate():
        return _second_step_page(form) if half else _start_again()
    replacing, code = session.get(returning.COOKIE_TOKEN), form.code.data or ""
    done = sessions.finish_sign_in(half, code, device=device(), replacing=replacing, now=clock.now())
    if done is None:
        form.code.errors = [Text.CODE_WRONG.label]
        return _second_step_page(form)
    return welcome(done, target)


@bp.post("/session/end")
@requires(Permission.SIGNED_IN)
@comes_first
def session_end_create() -> Response:
    """End the session everywhere; the cookie keeps its dead token, so that a form still open is not lost."""
    token = viewer().token
    sessions.sign_out(token, now=clock.now())
    session.clear()
    session[returning.COOKIE_ENDED] = token
    saying.keep(Text.SIGNED_OUT.label)
    response = htmx.leave_for(url_for("accounts.login"))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@bp.get("/password/forgotten")
@public
def forgotten_new() -> Response:
    """Offer a link by mail or, where no mail goes out, say whom to ask."""
    return page("accounts/forgotten_new.html", form=ForgottenForm(), can_mail=mail.can_send(config()))


@bp.post("/password/forgotten")
@public
def forgotten_create() -> Response:
    """Mail a link in the background; the answer is the same for known and unknown e-mails."""
    settings, now, form = config(), clock.now(), ForgottenForm()
    if not mail.can_send(settings):
        raise NotFound
    if not form.validate():
        return page("accounts/forgotten_new.html", form=form, can_mail=True)
    email = form.email.data or ""
    service.ask_for_link(email, device=device(), now=now)
    send_later(lambda: service.mail_link(email, config=settings, now=now))
    saying.keep(Text.LINK_MAILED.label)
    return htmx.leave_for(url_for("accounts.login"))


@bp.get("/password/<token>")
@public
def password_new(token: str) -> Response:
    """Show the form that a one-time link leads to."""
    security.shows_secret()
    person = queries.holder_of_link(token, clock.now())
    return _password_page(person, NewPasswordForm(person.email) if person else None)


@bp.post("/password/<token>")
@public
def password_create(token: str) -> Response:
    """Set the password and use the link up."""
    security.shows_secret()
    now = clock.now()
    person = queries.holder_of_link(token, now)
    if person is None:
        return _password_page(None, None)
    form = NewPasswordForm(person.email)
    if not form.validate():
        return _password_page(person, form)
    try:
        service.set_password(token, form.password.data or "", now=now)
    except NotFound:  # used by somebody else a moment ago
        return _password_page(None, None)
    saying.keep(Text.PASSWORD_SET.label)
    return htmx.leave_for(url_for("accounts.login"))


def _login_page(form: LoginForm) -> Response:
    return page("accounts/login.html", form=form, why=returning.why_login())


def _password_page(person: Person | None, form: NewPasswordForm | None) -> Response:
    response = page("accounts/password_new.html", person=person, form=form)
    if person is None:
        response.status_code = 404
    return response


def _second_step_page(form: SecondStepForm) -> Response:
    return page("accounts/second_step.html", form=form)


def _start_again() -> Response:
    saying.keep(Text.START_AGAIN.label)
    session.pop(COOKIE_HALF, None)
    return htmx.leave_for(url_for("accounts.login"))


def _half_in() -> HalfIn | None:
    """Return whose password was right in this browser a moment ago."""
    kept = session.get(COOKIE_HALF)
    half = HalfIn(*kept) if kept else None
    with suppress(NotFound):
        if half:
            sessions.waiting(half, clock.now())
            return half
    return None
