"""The screen "+ Novo cliente": the form, what it asks on the way, the window with the values, the registration."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for

from portal import clock, errors, htmx, municipalities, security
from portal.access import asks, current_partner_id, requires, viewer
from portal.accounts.returning import typed_before
from portal.clients import succession
from portal.domain.catalogue import Product
from portal.domain.errors import AlreadyRegistered, QuoteAged, Refusal
from portal.domain.roles import Permission
from portal.extensions import db
from portal.forms import new_key
from portal.registrations import queries, selection, service, view
from portal.registrations.forms import RegistrationForm
from portal.registrations.service import Registration

FORM = "registrations.client_new"
OK = 200

bp = Blueprint("registrations", __name__, url_prefix="/clients")


@bp.get("/new")
@requires(Permission.MANAGE_CLIENTS)
def client_new() -> Response:
    """The form, empty or as its draft has it."""
    typed = typed_before()
    form = RegistrationForm(typed)
    return _form(form, selection.read(typed or {}, form.chosen_product))


@bp.post("/products")
@requires(Permission.MANAGE_CLIENTS)
@asks(FORM)
def products_create() -> str:
    """The products that another choice offers, what both offer kept."""
    form = RegistrationForm()
    return render_template("registrations/_products.html", is_alone=True, **_asked(form, _switched(form)))


@bp.post("/quote")
@requires(Permission.MANAGE_CLIENTS)
@asks(FORM)
def quote_create() -> str:
    """What the chosen products cost if they are confirmed today: the running total."""
    chosen = selection.read(request.form, RegistrationForm().chosen_product)
    return render_template("registrations/_quote.html", **view.quoted(current_partner_id(), chosen, clock.today()))


@bp.post("/document")
@requires(Permission.MANAGE_CLIENTS)
@asks(FORM)
def document_create() -> str:
    """What there is to say about the document that is being typed."""
    note = view.document_note(current_partner_id(), RegistrationForm(), clock.today())
    return render_template("registrations/_document.html", note=note)


@bp.post("/cities")
@requires(Permission.MANAGE_CLIENTS)
@asks(FORM)
def cities_create() -> str:
    """Names of the state's cities that the typed text may mean."""
    return suggested_cities()


@bp.post("")
@requires(Permission.MANAGE_CLIENTS)
def client_create() -> Response:
    """Where every button of the form leads: back to it, on to the window with the values, and from there to the client."""
    form = RegistrationForm()
    if "step" in request.form:
        chosen = selection.stepped(selection.read(request.form, form.chosen_product), request.form["step"])
        return _form(form, chosen)
    if "show" in request.form:
        return _form(form, _switched(form))
    chosen = selection.read(request.form, form.chosen_product)
    if not form.validate() or not chosen.is_sound:
        return _form(form, chosen, 422)
    return _confirmed(form, chosen) if form.quote.data else _window(form, chosen)


@bp.get("/<int:client_id>/registration")
@requires(Permission.MANAGE_CLIENTS)
def registered(client_id: int) -> str:
    """What a registration came to: the code to hand on, the due date, the charge; or that it waits for the vendor."""
    receipt = queries.receipt(current_partner_id(), client_id)
    security.shows_secret()
    may_see_codes = viewer().may(Permission.VIEW_CODES)
    return render_template(
        "registrations/registered.html",
        receipt=receipt,
        label=view.line_label,
        may_see_codes=may_see_codes,
        succession=succession.of(receipt.client),
    )


def suggested_cities() -> str:
    """Answer the cities that the posted text may mean in the posted state."""
    names = municipalities.suggest(request.form.get("uf", ""), request.form.get("city", "")[:60])
    return render_template("registrations/_cities.html", cities=names)


def asked_of(form: RegistrationForm, chosen: selection.Selection) -> Registration:
    """Return what a checked form asks for."""
    return Registration(
        current_partner_id(),
        str(form.key.data),
        form.normal_document,
        chosen.product,
        form.chosen_method,
        form.values(),
        chosen.wanted,
    )


def _switched(form: RegistrationForm) -> selection.Selection:
    """Return the choice as far as the product that is chosen now offers it."""
    return selection.switched(selection.read(request.form, form.chosen_product))


def _window(form: RegistrationForm, chosen: selection.Selection, status: int = OK, seen: str = "") -> Response:
    """Answer the values to be confirmed; ``seen`` are those that were shown before and hold no more."""
    partner_id = current_partner_id()
    held = queries.held_here(partner_id, form.normal_document)
    if form.chosen_product in held:
        return _already_here(form, chosen)
    try:
        offer = service.quote(partner_id, chosen.product, chosen.wanted, clock.today())
    except Refusal as refusal:
        return _refused(form, chosen, refusal)
    if queries.made_by(str(form.key.data)):  # the browser went back to a form that was used: this is another client
        form.key.data = new_key()
    is_window = htmx.wants_fragment()
    template = "registrations/_confirmation.html" if is_window else "registrations/confirmation.html"
    navi = held.get(Product.NAVI) if form.chosen_product is Product.LINK else None
    context = view.confirmation(form, chosen, offer, seen, navi) | {"is_window": is_window}
    return htmx.vary(make_response(render_template(template, **context), status))


def _confirmed(form: RegistrationForm, chosen: selection.Selection) -> Response:
    """Register what was confirmed, or say what stands in its way with everything typed kept."""
    seen = str(form.quote.data)
    try:
        done = service.register(asked_of(form, chosen), quote_seen=seen, now=clock.now(), actor=viewer())
    except QuoteAged:
        db.session.rollback()
        return _window(form, chosen, 409, seen)
    except AlreadyRegistered:
        db.session.rollback()
        return _already_here(form, chosen)
    except Refusal as refusal:
        db.session.rollback()
        return _refused(form, chosen, refusal)
    return htmx.leave_for(url_for(".registered", client_id=done.client.id))


def _already_here(form: RegistrationForm, chosen: selection.Selection) -> Response:
    """Answer the form with the client that stands in its way beside the document."""
    form.document.errors = [view.already_here(form.normal_document, chosen.product)]
    return _form(form, chosen, 409)


def _refused(form: RegistrationForm, chosen: selection.Selection, refusal: Refusal) -> Response:
    """Answer the form with a refusal above it."""
    said = errors.in_words(refusal)
    return _form(form, chosen, said.status, refused=said.text)


def _form(form: RegistrationForm, chosen: selection.Selection, status: int = OK, refused: str = "") -> Response:
    """Answer the form: to htmx in its own place, with the window closed, where the window was asked for."""
    context = _asked(form, chosen) | {"refused": refused, "is_checked": status != OK, "in_place": htmx.wants_fragment()}
    if not htmx.wants_fragment():
        return htmx.vary(make_response(render_template("registrations/client_new.html", **context), status))
    return htmx.into("#registration", render_template("registrations/_client_new.html", **context), status)


def _asked(form: RegistrationForm, chosen: selection.Selection) -> dict[str, Any]:
    """Return what the form shows."""
    if not form.key.data:
        form.key.data = new_key()
    return view.form_context(current_partner_id(), form, chosen, clock.today())
