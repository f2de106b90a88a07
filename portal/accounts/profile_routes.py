"""Perfil: oneself, one's password and sessions, the company."""

from __future__ import annotations

from flask import Response, request, url_for

from portal import clock, formatting, htmx, saying
from portal.access import current_partner_id, requires, viewer
from portal.accounts import oneself, queries, returning
from portal.accounts.forms import ContactForm, NameForm, OwnPasswordForm
from portal.accounts.pages import page
from portal.accounts.routes import bp
from portal.accounts.rows import SessionRow
from portal.accounts.texts import Text
from portal.domain.errors import Invalid
from portal.domain.roles import Permission


@bp.get("/profile")
@requires(Permission.SIGNED_IN)
def profile() -> Response:
    """Show who is signed in, how and where, and the company."""
    who = viewer()
    return page(
        "accounts/profile.html",
        who=who,
        user=queries.own_user(who.user_id),
        codes_left=queries.unused_recovery_codes(who.user_id),
        sessions=SessionRow.build_all(queries.open_sessions(who.user_id, clock.now()), who.session_id),
        partner=queries.company(who.partner_id) if who.partner_id else None,
    )


@bp.get("/profile/name/new")
@requires(Permission.EDIT_PROFILE)
def name_new() -> Response:
    """Show one's name as a form."""
    return page("accounts/name_new.html", form=NameForm(returning.typed_before(), name=viewer().name))


@bp.post("/profile/name")
@requires(Permission.EDIT_PROFILE)
def name_create() -> Response:
    """Change one's name."""
    form = NameForm()
    if not form.validate():
        return page("accounts/name_new.html", form=form)
    oneself.change_name(viewer(), form.name.data or "", now=clock.now())
    return _back(Text.NAME_SAVED)


@bp.get("/profile/password/new")
@requires(Permission.SECURE_ACCESS)
def own_password_new() -> Response:
    """Offer the form of a new password."""
    return page("accounts/own_password_new.html", form=OwnPasswordForm(viewer().email))


@bp.post("/profile/password")
@requires(Permission.SECURE_ACCESS)
def own_password_create() -> Response:
    """Change one's password; this session goes on, the others end."""
    form = OwnPasswordForm(viewer().email)
    if not form.validate():
        return page("accounts/own_password_new.html", form=form)
    address, current, new = request.remote_addr or "", form.current.data or "", form.password.data or ""
    try:
        oneself.change_password(viewer(), current, new, address=address, now=clock.now())
    except Invalid as refusal:
        form.current.errors = [*refusal.errors["current"]]
        return page("accounts/own_password_new.html", form=form)
    return _back(Text.PASSWORD_CHANGED)


@bp.post("/profile/sessions/<int:session_id>/end")
@requires(Permission.SECURE_ACCESS)
def own_session_end_create(session_id: int) -> Response:
    """End one of one's sessions."""
    oneself.end_session(viewer(), session_id, now=clock.now())
    return _back(Text.SESSION_ENDED)


@bp.post("/profile/sessions/end")
@requires(Permission.SECURE_ACCESS)
def other_sessions_end_create() -> Response:
    """End all of one's sessions but this one."""
    oneself.end_other_sessions(viewer(), now=clock.now())
    return _back(Text.SESSIONS_ENDED)


@bp.get("/profile/contact/new")
@requires(Permission.MANAGE_USERS)
def contact_new() -> Response:
    """Show how the vendor reaches the company, as a form."""
    partner = queries.company(current_partner_id())
    phone = formatting.phone(partner.phone) if partner.phone else ""
    form = ContactForm(returning.typed_before(), email=partner.email, phone=phone)
    return page("accounts/contact_new.html", form=form)


@bp.post("/profile/contact")
@requires(Permission.MANAGE_USERS)
def contact_create() -> Response:
    """Change how the vendor reaches the company."""
    partner_id, form = current_partner_id(), ContactForm()
    if not form.validate():
        return page("accounts/contact_new.html", form=form)
    oneself.change_contact(viewer(), partner_id, *form.values(), now=clock.now())
    return _back(Text.CONTACT_SAVED)


def _back(said: Text) -> Response:
    saying.keep(said.label)
    return htmx.leave_for(url_for("accounts.profile"))
