"""The vendor's page "Revendas": the list, a new one, one of them with what can be done to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from flask import Blueprint, Response, current_app, make_response, render_template, request, url_for

from portal import clock, formatting, htmx, saying, security
from portal.access import requires, viewer
from portal.accounts import invitations
from portal.config import Config
from portal.domain import documents
from portal.domain.errors import Invalid, StaleState
from portal.domain.roles import Permission
from portal.extensions import db
from portal.forms import VersionForm, new_key
from portal.models import Partner
from portal.partners import inviting, queries, rows, service
from portal.partners.filters import PAGE_SIZE, PartnerFilter, Sort
from portal.partners.forms import AdminForm, DueDayForm, PartnerForm, SuspensionForm
from portal.partners.inviting import Invited
from portal.partners.rows import EventRow, PartnerRow
from portal.partners.service import NewPartner, Outcome
from portal.partners.texts import Text

UNPROCESSABLE, CONFLICT = 422, 409

bp = Blueprint("partners", __name__, url_prefix="/partners")


@bp.get("")
@requires(Permission.MANAGE_PARTNERS)
def index() -> Response:
    """The partners: a page, or the whole table as a fragment."""
    criteria = PartnerFilter.from_args(request.args)
    page = queries.partners_page(criteria, PAGE_SIZE)
    clients = queries.clients_of([row.id for row in page.rows])
    return htmx.page_or_fragment(
        "partners/index.html",
        "partners/_table.html",
        push=url_for(".index") + criteria.query_string(),
        criteria=criteria,
        columns=list(Sort),
        page=page,
        rows=[PartnerRow.build(row, clients) for row in page.rows],
        tabs=rows.tab_list(criteria, queries.totals()),
    )


@bp.get("/new")
@requires(Permission.MANAGE_PARTNERS)
def new() -> str:
    """The form of a new partner."""
    return render_template("partners/new.html", form=PartnerForm(formdata=None, key=new_key()))


@bp.post("")
@requires(Permission.MANAGE_PARTNERS)
def create() -> Response:
    """Register a partner and show its first Administrador's link; the same form again answers the same."""
    form = PartnerForm()
    if not form.validate():
        return _form(form)
    admin = _admin(form)
    asked = NewPartner(str(form.name.data), documents.normalise(str(form.document.data)), int(form.due_day.data or 0))
    try:
        partner = service.register(asked, now=clock.now(), actor=viewer())
        return _link(partner, admin)
    except Invalid as refusal:
        for name, messages in refusal.errors.items():
            form[name].errors = messages
        return _form(form)


@bp.get("/<int:partner_id>")
@requires(Permission.MANAGE_PARTNERS)
def show(partner_id: int) -> Response:
    """One partner: what is known of it, what can be done to it, what was done."""
    return page(queries.get_partner(partner_id))


@bp.post("/<int:partner_id>/due-day")
@requires(Permission.MANAGE_PARTNERS)
def due_day_create(partner_id: int) -> Response:
    """Give later registrations another due day."""
    partner, form = queries.get_partner(partner_id), DueDayForm()
    if not form.validate():
        return page(partner, UNPROCESSABLE, due_form=form)
    day, base = int(form.due_day.data or 0), _base(form)
    return _done(partner, lambda: service.move_due_day(partner, day, **base), Text.DUE_DAY)


@bp.post("/<int:partner_id>/suspension")
@requires(Permission.MANAGE_PARTNERS)
def suspension_create(partner_id: int) -> Response:
    """Suspend a partner."""
    partner, form = queries.get_partner(partner_id), SuspensionForm()
    if not form.validate():
        return page(partner, UNPROCESSABLE, suspension_form=form)
    reason, base = str(form.reason.data), _base(form)
    return _done(partner, lambda: service.suspend(partner, reason=reason, **base), Text.SUSPENDED)


@bp.post("/<int:partner_id>/resumption")
@requires(Permission.MANAGE_PARTNERS)
def resumption_create(partner_id: int) -> Response:
    """Cancel a partner's suspension."""
    partner, form = queries.get_partner(partner_id), VersionForm()
    if not form.validate():
        raise Invalid(form.errors)
    base = _base(form)
    return _done(partner, lambda: service.resume(partner, **base), Text.RESUMED)


@bp.post("/<int:partner_id>/invitation")
@requires(Permission.MANAGE_PARTNERS)
def invitation_create(partner_id: int) -> Response:
    """Let an Administrador in: show the link, this once."""
    partner, form = queries.get_partner(partner_id), AdminForm()
    if not form.validate():
        return page(partner, UNPROCESSABLE, admin_form=form)
    try:
        return _link(partner, _admin(form))
    except Invalid as refusal:
        form.admin_email.errors = refusal.errors["admin_email"]
        return page(partner, UNPROCESSABLE, admin_form=form)


def page(partner: Partner, status: int = 200, refused: str = "", **forms: Any) -> Response:
    """Answer a partner's page; ``forms`` are those that were sent and have to be sent again."""
    fresh: dict[str, Any] = {
        "due_form": DueDayForm(formdata=None, due_day=partner.due_day, version=partner.version),
        "suspension_form": SuspensionForm(formdata=None),
        "admin_form": AdminForm(formdata=None, key=new_key()),
    }
    shown = {"partner": partner, "refused": refused, "clients": queries.clients_of([partner.id]).get(partner.id, 0)}
    shown |= {"admins": queries.admins(partner.id)}
    shown |= {"events": [EventRow.build(event) for event in queries.events(partner.id, rows.LABELS)]}
    return make_response(render_template("partners/show.html", **fresh | shown | forms), status)


def _base(form: VersionForm) -> dict[str, Any]:
    return {"version": form.base_version, "now": clock.now(), "actor": viewer()}


def _form(form: PartnerForm) -> Response:
    return make_response(render_template("partners/new.html", form=form), UNPROCESSABLE)


def _admin(form: AdminForm) -> Invited:
    return Invited(str(form.admin_name.data), str(form.admin_email.data), str(form.key.data))


def _link(partner: Partner, admin: Invited) -> Response:
    """Make a link for an Administrador and show it."""
    token = inviting.invite(partner, admin, now=clock.now(), actor=viewer())
    security.shows_secret()
    config = cast(Config, current_app.extensions["portal_config"])
    address = invitations.link_address(config.base_url or request.root_url, token)
    return make_response(render_template("partners/invited.html", partner=partner, admin=admin, address=address))


def _done(partner: Partner, change: Callable[[], Outcome], text: Text) -> Response:
    """Lead back to the partner and say what was done; a form that is behind gets the partner as it stands."""
    name = partner.name
    try:
        outcome = change()
    except StaleState:
        db.session.rollback()
        return page(queries.get_partner(partner.id), CONFLICT, Text.BEHIND.label)
    if (event := outcome.event) is None:
        saying.keep(Text.SAME.label)
    else:
        said = Text.REPEATED if outcome.is_repeat else Text.DONE
        done = text.label.format(name=name)
        saying.keep(said.label.format(said=done, hour=formatting.hour(event.at), id=event.id))
    return htmx.leave_for(url_for(".show", partner_id=partner.id))
