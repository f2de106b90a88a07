"""Login and logout, forgotten passwords, the people of a partner."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import astuple
from typing import cast

from flask import Blueprint, Flask, Response, current_app, make_response, render_template, request, session, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError

from portal import clock, htmx, mail, saying, security
from portal.access import public, requires, viewer
from portal.accounts import queries, returning, service, sessions
from portal.accounts.filters import UserFilter
from portal.accounts.forms import ForgottenForm, LoginForm, NewPasswordForm, SecondStepForm
from portal.accounts.queries import Person
from portal.accounts.rows import UserGroup
from portal.accounts.sessions import Device, HalfIn, SignedIn
from portal.accounts.texts import Text
from portal.config import Config
from portal.domain.errors import NotFound
from portal.domain.roles import Permission
from portal.extensions import login_manager

COOKIE_HALF = "half_in"

bp = Blueprint("accounts", __name__)


def init_app(app: Flask) -> None:
    """Bind what happens to visitors without a session, and to forms whose token is not the session's."""
    login_manager.unauthorized_handler(returning.unauthorized)
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


def welcome(done: SignedIn, target: str | None = None) -> Response:
    """Give a browser its session: a fresh cookie, and a word about what happened to the second step meanwhile."""
    session.clear()  # no CSRF token, no message of the visitor before survives
    session.permanent = True
    session[returning.COOKIE_TOKEN] = done.token
    if done.reset_by:
        saying.keep(Text.SECOND_STEP_TAKEN.label.format(name=done.reset_by))
    return htmx.leave_for(target or url_for("home.index"))


@bp.post("/session/end")
@requires(Permission.SIGNED_IN)
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
    return _page("accounts/forgotten_new.html", form=ForgottenForm(), can_mail=mail.can_send(_config()))


@bp.post("/password/forgotten")
@public
def forgotten_create() -> Response:
    """Mail a link in the background; the answer is the same for known and unknown e-mails."""
    config, now, form = _config(), clock.now(), ForgottenForm()
    if not mail.can_send(config):
        raise NotFound
    if not form.validate():
        return _page("accounts/forgotten_new.html", form=form, can_mail=True)
    email = form.email.data or ""
    service.ask_for_link(email, device=device(), now=now)
    app = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001 - for a thread
    mail.later(app, lambda: service.mail_link(email, config=config, now=now))
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


@bp.get("/profile")
@requires(Permission.SIGNED_IN)
def profile() -> Response:
    """Show who is signed in, and the company."""
    partner_id = viewer().partner_id
    return _page("accounts/profile.html", who=viewer(), partner=queries.company(partner_id) if partner_id else None)


@bp.get("/users")
@requires(Permission.MANAGE_USERS)
def users() -> Response:
    """List the partner's users or, for vendor staff, everybody's."""
    criteria = UserFilter.from_args(request.args)
    page = queries.users_page(viewer().partner_id, criteria.search, criteria.page)
    groups = UserGroup.build_all(page.users)
    is_staff = viewer().partner_id is None
    return _page("accounts/users.html", groups=groups, page=page, criteria=criteria, is_staff=is_staff)


@bp.post("/users/<int:user_id>/password-link")
@requires(Permission.MANAGE_USERS)
def password_link_create(user_id: int) -> Response:
    """Make a one-time link for a user and show it, this once."""
    security.shows_secret()
    person = queries.visible_person(viewer().partner_id, user_id)
    token = service.issue_link(person, actor=viewer(), now=clock.now())
    address = service.link_address(_config().base_url or request.root_url, token)
    return _page("accounts/password_link.html", person=person, address=address)


def _page(template: str, **context: object) -> Response:
    form = context.get("form")
    status = 422 if getattr(form, "errors", None) else 200
    return make_response(render_template(template, **context), status)


def _login_page(form: LoginForm) -> Response:
    return _page("accounts/login.html", form=form, why=returning.why_login())


def _password_page(person: Person | None, form: NewPasswordForm | None) -> Response:
    response = _page("accounts/password_new.html", person=person, form=form)
    if person is None:
        response.status_code = 404
    return response


def _second_step_page(form: SecondStepForm) -> Response:
    return _page("accounts/second_step.html", form=form)


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


def device() -> Device:
    """Return where the request comes from."""
    return Device(request.remote_addr or "", request.user_agent.string)


def _config() -> Config:
    return cast(Config, current_app.extensions["portal_config"])
