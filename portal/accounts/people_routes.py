"""The people of a partner or, for vendor staff, of all: listed, invited, given a role, let go."""

from __future__ import annotations

from flask import Response, render_template, request, url_for

from portal import clock, htmx, saying, security
from portal.access import current_partner_id, requires, viewer
from portal.accounts import authenticator, invitations, people, queries, service
from portal.accounts.filters import UserFilter
from portal.accounts.forms import InvitationForm, RoleForm
from portal.accounts.invitations import Wanted
from portal.accounts.pages import config, page, send_later
from portal.accounts.queries import Listed
from portal.accounts.routes import bp
from portal.accounts.rows import InvitationRow, UserGroup
from portal.accounts.texts import Text
from portal.domain.errors import Invalid, RoleChanged
from portal.domain.people import roles_of
from portal.domain.roles import Permission, Role
from portal.forms import new_key


@bp.get("/users")
@requires(Permission.MANAGE_USERS)
def users() -> Response:
    """List the partner's users or, for vendor staff, everybody's, and the invitations that wait."""
    criteria, partner_id = UserFilter.from_args(request.args), viewer().partner_id
    found = queries.users_page(partner_id, criteria.search, criteria.page)
    waiting = queries.waiting_invitations(partner_id)
    return page(
        "accounts/users.html",
        groups=UserGroup.build_all(found.users),
        page=found,
        criteria=criteria,
        is_staff=partner_id is None,
        invitations=InvitationRow.build_all(waiting, clock.now()),
        partner=queries.company(partner_id) if partner_id else None,
        without_second_step=queries.users_without_second_step(partner_id) if partner_id else 0,
    )


@bp.get("/users/<int:user_id>")
@requires(Permission.MANAGE_USERS)
def user(user_id: int) -> Response:
    """Show a user with what can be changed."""
    return _user_page(queries.visible_user(viewer().partner_id, user_id))


@bp.post("/users/<int:user_id>/role")
@requires(Permission.MANAGE_USERS)
def role_create(user_id: int) -> Response:
    """Give a user a role."""
    person, form = queries.visible_user(viewer().partner_id, user_id), RoleForm()
    role, was = form.values()
    try:
        people.change_role(person, role, was=was, actor=viewer(), now=clock.now())
    except RoleChanged as refusal:
        return _user_page(queries.visible_user(viewer().partner_id, user_id), chosen=role, meanwhile=refusal.current)
    return _back_to(person, Text.ROLE_SAVED.label.format(name=person.name, role=role.label))


@bp.post("/users/<int:user_id>/deactivation")
@requires(Permission.MANAGE_USERS)
def deactivation_create(user_id: int) -> Response:
    """End a user's access."""
    person = queries.visible_user(viewer().partner_id, user_id)
    people.deactivate(person, actor=viewer(), now=clock.now())
    undo = url_for("accounts.reactivation_create", user_id=user_id)
    return _back_to(person, Text.DEACTIVATED.label.format(name=person.name), undo)


@bp.post("/users/<int:user_id>/reactivation")
@requires(Permission.MANAGE_USERS)
def reactivation_create(user_id: int) -> Response:
    """Give a user the access back."""
    person = queries.visible_user(viewer().partner_id, user_id)
    people.reactivate(person, actor=viewer(), now=clock.now())
    return _back_to(person, Text.REACTIVATED.label.format(name=person.name))


@bp.post("/users/<int:user_id>/authenticator/reset")
@requires(Permission.MANAGE_USERS)
def authenticator_reset_create(user_id: int) -> Response:
    """Take the second step off somebody who lost it, and tell them."""
    person, actor, settings = queries.visible_user(viewer().partner_id, user_id), viewer(), config()
    if not authenticator.reset(person, actor=actor, now=clock.now()):
        return _back_to(person, Text.STEP_WAS_OFF.label.format(name=person.name))
    send_later(lambda: authenticator.mail_reset(settings, person.name, person.email, actor.name))
    return _back_to(person, Text.STEP_RESET.label.format(name=person.name))


@bp.post("/users/authenticator-demand")
@requires(Permission.MANAGE_USERS)
def demand_create() -> Response:
    """Demand the second step of everybody of the partner, or leave it to each."""
    partner_id, wanted = current_partner_id(), request.form.get("demanded")
    if wanted not in {"1", "0"}:
        raise Invalid({"demanded": ["O formulário está incompleto."]})
    authenticator.demand(partner_id, wanted == "1", actor=viewer(), now=clock.now())
    saying.keep((Text.DEMANDED if wanted == "1" else Text.LEFT_OPEN).label)
    return htmx.leave_for(url_for("accounts.users"))


@bp.post("/users/<int:user_id>/password-link")
@requires(Permission.MANAGE_USERS)
def password_link_create(user_id: int) -> Response:
    """Make a one-time link for a user and show it, this once."""
    security.shows_secret()
    person = queries.visible_person(viewer().partner_id, user_id)
    token = service.issue_link(person, actor=viewer(), now=clock.now())
    address = service.link_address(config().base_url or request.root_url, token)
    return page("accounts/password_link.html", person=person, address=address)


@bp.get("/users/invitations/new")
@requires(Permission.MANAGE_USERS)
def invitation_new() -> Response:
    """Offer the form of an invitation; vendor staff invite their own, partners' people are invited by the partner."""
    form = InvitationForm(roles_of(viewer().partner_id), key=new_key(), role=Role.READER.value)
    return page("accounts/invitation_new.html", form=form)


@bp.post("/users/invitations")
@requires(Permission.MANAGE_USERS)
def invitation_create() -> Response:
    """Invite somebody and show the link."""
    form, partner_id = InvitationForm(roles_of(viewer().partner_id)), viewer().partner_id
    if not form.validate():
        return page("accounts/invitation_new.html", form=form)
    wanted = Wanted(partner_id, form.email.data or "", form.name.data or "", Role(form.role.data))  # type: ignore[call-arg]
    try:
        token = invitations.invite(wanted, key=form.key.data or "", actor=viewer(), now=clock.now())
    except Invalid as refusal:
        form.email.errors = [*refusal.errors.get("email", ())]
        form.role.errors = [*refusal.errors.get("role", ())]
        return page("accounts/invitation_new.html", form=form)
    return _link_page(wanted.name, wanted.email, viewer().partner_name, token)


@bp.post("/users/invitations/<int:invitation_id>/link")
@requires(Permission.MANAGE_USERS)
def invitation_link_create(invitation_id: int) -> Response:
    """Send an invitation again: another link, another week."""
    invitation = queries.visible_invitation(viewer().partner_id, invitation_id)
    name, email, partner_id = invitation.name, invitation.email, invitation.partner_id
    company = queries.company(partner_id).name if partner_id else None
    token = invitations.send_again(invitation, actor=viewer(), now=clock.now())
    return _link_page(name, email, company, token)


@bp.post("/users/invitations/<int:invitation_id>/withdrawal")
@requires(Permission.MANAGE_USERS)
def invitation_withdrawal_create(invitation_id: int) -> Response:
    """End an invitation."""
    invitation = queries.visible_invitation(viewer().partner_id, invitation_id)
    name = invitation.name
    invitations.withdraw(invitation, actor=viewer(), now=clock.now())
    saying.keep(Text.INVITATION_WITHDRAWN.label.format(name=name))
    return htmx.leave_for(url_for("accounts.users"))


def _link_page(name: str, email: str, company: str | None, token: str) -> Response:
    """Show an invitation's link, this once, and mail it where mails go out."""
    security.shows_secret()
    security.never_compress()
    settings = config()
    address = invitations.link_address(settings.base_url or request.root_url, token)
    host = company or Text.VENDOR.label
    send_later(lambda: invitations.mail_link(settings, name, email, host, address))
    is_mailed = bool(settings.smtp_url and settings.mail_from and settings.base_url)
    return page("accounts/invitation_link.html", name=name, email=email, address=address, is_mailed=is_mailed)


def _user_page(person: Listed, chosen: Role | None = None, meanwhile: Role | None = None) -> Response:
    form = RoleForm(person.role, roles_of(person.partner_id))
    form.role.data, form.was.data = (chosen or person.role).value, person.role.value
    body = render_template("accounts/user.html", person=person, form=form, meanwhile=meanwhile)
    return Response(body, 409 if meanwhile else 200)


def _back_to(person: Listed, said: str, undo: str = "") -> Response:
    saying.keep(said, undo)
    return htmx.leave_for(url_for("accounts.user", user_id=person.id))
