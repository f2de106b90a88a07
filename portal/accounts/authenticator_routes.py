"""The second step in Perfil: set up with a QR code, taken off, its recovery codes made anew."""

from __future__ import annotations

from flask import Response, request, url_for

from portal import clock, htmx, saying, security
from portal.access import comes_first, requires, viewer
from portal.accounts import authenticator, queries, returning
from portal.accounts.forms import FirstCodeForm, ProofForm
from portal.accounts.pages import page
from portal.accounts.routes import bp
from portal.accounts.texts import Text
from portal.domain.errors import Invalid
from portal.domain.roles import Permission


@bp.get("/profile/authenticator/new")
@requires(Permission.SECURE_ACCESS)
@comes_first
def authenticator_new() -> Response:
    """Show the secret that waits for its first code, or offer to make one."""
    form = FirstCodeForm()
    form.next.data = returning.safe_next(request.args.get("next"))
    return _set_up_page(form)


@bp.post("/profile/authenticator/secret")
@requires(Permission.SECURE_ACCESS)
@comes_first
def authenticator_secret_create() -> Response:
    """Make a secret that waits for its first code."""
    authenticator.begin(viewer().user_id)
    target = returning.safe_next(request.form.get("next"))
    return htmx.leave_for(url_for("accounts.authenticator_new", next=target))


@bp.post("/profile/authenticator")
@requires(Permission.SECURE_ACCESS)
@comes_first
def authenticator_create() -> Response:
    """Turn the second step on by its first code, and show the recovery codes, this once."""
    form = FirstCodeForm()
    form.next.data = target = returning.safe_next(form.next.data)
    if not form.validate():
        return _set_up_page(form)
    try:
        made = authenticator.enable(viewer(), form.secret_code.data or "", address=_address(), now=clock.now())
    except Invalid as refusal:
        form.secret_code.errors = [*refusal.errors["secret_code"]]
        return _set_up_page(form)
    return _codes_page(made, target)


@bp.get("/profile/authenticator/removal/new")
@requires(Permission.SECURE_ACCESS)
def authenticator_removal_new() -> Response:
    """Ask for password and code before the second step is turned off."""
    return _proof_page("accounts/authenticator_removal_new.html", ProofForm())


@bp.post("/profile/authenticator/removal")
@requires(Permission.SECURE_ACCESS)
def authenticator_removal_create() -> Response:
    """Turn the second step off."""
    form = ProofForm()
    try:
        _ensure_complete(form)
        password, code = form.password.data or "", form.secret_code.data or ""
        authenticator.disable(viewer(), password, code, address=_address(), now=clock.now())
    except Invalid as refusal:
        return _proof_page("accounts/authenticator_removal_new.html", form, refusal)
    saying.keep(Text.STEP_OFF.label)
    return htmx.leave_for(url_for("accounts.profile"))


@bp.get("/profile/recovery-codes/new")
@requires(Permission.SECURE_ACCESS)
def recovery_codes_new() -> Response:
    """Ask for password and code before recovery codes are made anew."""
    return _proof_page("accounts/recovery_codes_new.html", ProofForm())


@bp.post("/profile/recovery-codes")
@requires(Permission.SECURE_ACCESS)
def recovery_codes_create() -> Response:
    """Make recovery codes anew and show them, this once."""
    form = ProofForm()
    try:
        _ensure_complete(form)
        password, code = form.password.data or "", form.secret_code.data or ""
        made = authenticator.renew_codes(viewer(), password, code, address=_address(), now=clock.now())
    except Invalid as refusal:
        return _proof_page("accounts/recovery_codes_new.html", form, refusal)
    return _codes_page(made, None)


def _set_up_page(form: FirstCodeForm) -> Response:
    security.shows_secret()
    security.never_compress()
    user = queries.own_user(viewer().user_id)
    if user.totp_since is not None:
        saying.keep(Text.STEP_ON_ALREADY.label)
        return htmx.leave_for(form.next.data or url_for("accounts.profile"))
    secret = authenticator.waiting_secret(user)
    address = authenticator.address_of(secret, user.email) if secret else ""
    return page(
        "accounts/authenticator_new.html",
        form=form,
        secret=secret,
        address=address,
        is_owed=viewer().owes_second_step,
    )


def _codes_page(made: list[str], target: str | None) -> Response:
    security.shows_secret()
    security.never_compress()
    return page("accounts/recovery_codes.html", codes=made, target=target or url_for("accounts.profile"))


def _ensure_complete(form: ProofForm) -> None:
    if not form.validate():
        raise Invalid({})


def _proof_page(template: str, form: ProofForm, refusal: Invalid | None = None) -> Response:
    if queries.own_user(viewer().user_id).totp_since is None:
        return htmx.leave_for(url_for("accounts.authenticator_new"))
    for name, errors in refusal.errors.items() if refusal else ():
        form[name].errors = [*errors]
    return page(template, form=form)


def _address() -> str:
    return request.remote_addr or ""
