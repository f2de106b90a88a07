"""The screen "Migrar para o Link": "+ Novo cliente" with a Navi client's document and data."""

from __future__ import annotations

from flask import Response, make_response, render_template, request, url_for

from portal import clock, errors, htmx
from portal.access import asks, current_partner_id, requires, viewer
from portal.accounts.returning import typed_before
from portal.clients import succession
from portal.clients.queries import get_client
from portal.domain.catalogue import Product
from portal.domain.errors import AlreadyRegistered, QuoteAged, Refusal
from portal.domain.roles import Permission
from portal.extensions import db
from portal.forms import new_key
from portal.models import Client
from portal.registrations import link_order, link_order_view, queries, selection, service, view
from portal.registrations.forms import RegistrationForm
from portal.registrations.routes import OK, asked_of, bp, suggested_cities
from portal.registrations.selection import Selection

FORM = "registrations.link_order_new"


@bp.get("/<int:client_id>/link-order/new")
@requires(Permission.MANAGE_CLIENTS)
def link_order_new(client_id: int) -> Response:
    """The form, with what is known of the Navi client, or as its draft has it."""
    navi, typed = get_client(current_partner_id(), client_id), typed_before()
    if succession.of(navi).is_on_its_way:
        return htmx.leave_for(url_for("navi_migration.show", client_id=client_id))
    link_order.ensure_open(navi, clock.today())
    form = RegistrationForm(typed, obj=None if typed else navi)
    return _form(navi, form, selection.read(typed or {}, Product.LINK))


@bp.post("/<int:client_id>/link-order/quote")
@requires(Permission.MANAGE_CLIENTS)
@asks(FORM)
def link_order_quote_create(client_id: int) -> str:
    """What the chosen products cost if they are confirmed today: the running total."""
    get_client(current_partner_id(), client_id)
    chosen = selection.read(request.form, Product.LINK)
    return render_template("registrations/_quote.html", **view.quoted(current_partner_id(), chosen, clock.today()))


@bp.post("/<int:client_id>/link-order/cities")
@requires(Permission.MANAGE_CLIENTS)
@asks(FORM)
def link_order_cities_create(client_id: int) -> str:
    """Names of the state's cities that the typed text may mean."""
    get_client(current_partner_id(), client_id)
    return suggested_cities()


@bp.post("/<int:client_id>/link-order")
@requires(Permission.MANAGE_CLIENTS)
def link_order_create(client_id: int) -> Response:
    """Where every button of the form leads: back to it, on to the window with the values, and from there to the code."""
    navi, form = get_client(current_partner_id(), client_id), RegistrationForm()
    form.product.data = Product.LINK.value
    if not (form.quote.data and queries.made_by(str(form.key.data))):  # sent again, it is answered what it did
        link_order.ensure_orderable(navi, form.normal_document, clock.today())
    chosen = selection.read(request.form, Product.LINK)
    if "step" in request.form or "show" in request.form:
        return _form(navi, form, selection.stepped(chosen, request.form.get("step", "")))
    if not form.validate() or not chosen.is_sound:
        return _form(navi, form, chosen, 422)
    return _confirmed(navi, form, chosen) if form.quote.data else _window(navi, form, chosen)


def _confirmed(navi: Client, form: RegistrationForm, chosen: Selection) -> Response:
    """Register what was confirmed, or say what stands in its way with everything typed kept."""
    seen = str(form.quote.data)
    try:
        done = service.register(asked_of(form, chosen), quote_seen=seen, now=clock.now(), actor=viewer())
    except QuoteAged:
        db.session.rollback()
        return _window(navi, form, chosen, 409, seen)
    except AlreadyRegistered:
        raise
    except Refusal as refusal:
        db.session.rollback()
        return _refused(navi, form, chosen, refusal)
    return htmx.leave_for(url_for("registrations.registered", client_id=done.client.id))


def _window(navi: Client, form: RegistrationForm, chosen: Selection, status: int = OK, seen: str = "") -> Response:
    """Answer the values to be confirmed; ``seen`` are those that were shown before and hold no more."""
    try:
        offer = service.quote(navi.partner_id, Product.LINK, chosen.wanted, clock.today())
    except Refusal as refusal:
        return _refused(navi, form, chosen, refusal)
    if queries.made_by(str(form.key.data)):  # the browser went back to a form that was used
        form.key.data = new_key()
    is_window = htmx.wants_fragment()
    template = "registrations/_confirmation.html" if is_window else "registrations/confirmation.html"
    context = view.confirmation(form, chosen, offer, seen, navi)
    context |= {"is_window": is_window, "action": url_for(".link_order_create", client_id=navi.id)}
    return htmx.vary(make_response(render_template(template, **context), status))


def _refused(navi: Client, form: RegistrationForm, chosen: Selection, refusal: Refusal) -> Response:
    said = errors.in_words(refusal)
    return _form(navi, form, chosen, said.status, refused=said.text)


def _form(navi: Client, form: RegistrationForm, chosen: Selection, status: int = OK, refused: str = "") -> Response:
    """Answer the form as a page or, to htmx, in its own place with the window closed."""
    if not form.key.data:
        form.key.data = new_key()
    context = link_order_view.form_context(navi, form, chosen, clock.today())
    context |= {"refused": refused, "is_checked": status != OK, "in_place": htmx.wants_fragment()}
    if not htmx.wants_fragment():
        return htmx.vary(make_response(render_template("registrations/link_order_new.html", **context), status))
    return htmx.into("#registration", render_template("registrations/_link_order_new.html", **context), status)
