"""The screens "Editar" and "Reativar"."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, make_response, render_template, request, url_for

from portal import clock, database, errors, formatting, htmx, saying
from portal.access import asks, current_partner_id, requires, viewer
from portal.accounts.returning import safe_next, typed_before
from portal.catalogue.queries import price_table
from portal.clients import answers, queries
from portal.clients.service import Outcome
from portal.domain.actions import ensure_allowed
from portal.domain.errors import (
    DevicesToChoose,
    InvoiceClosed,
    MethodBilled,
    NotPermitted,
    OpenCharges,
    PriceMissing,
    QuoteAged,
    RepeatMismatch,
    StaleState,
)
from portal.domain.roles import Permission
from portal.domain.statuses import derive_status
from portal.extensions import db
from portal.licenses.queries import charge_of, holding_of, order_of
from portal.models import Client
from portal.registrations import contract_view, reactivation, selection
from portal.registrations.contract import Wish
from portal.registrations.contract_view import EDITING, REACTIVATING, Screen
from portal.registrations.forms import ContractForm
from portal.registrations.methods import When
from portal.registrations.routes import bp, suggested_cities
from portal.registrations.selection import Selection

LISTS = ("/", "/clients", "/notices", "/charges", "/renewals", "/billing")
"""Where "Voltar" may lead; from anywhere else it is the client's page."""


@bp.get("/<int:client_id>/revision/new")
@requires(Permission.EDIT_CLIENTS)
def revision_new(client_id: int) -> Response:
    """The screen "Editar": data, "Gestão de licenças", "Renovação de licença"."""
    return _begin(EDITING, client_id)


@bp.post("/<int:client_id>/revision")
@requires(Permission.EDIT_CLIENTS)
def revision_create(client_id: int) -> Response:
    """Where every button of "Editar" leads: back to it, to the window with the values, or saved."""
    return _save(EDITING, client_id)


@bp.post("/<int:client_id>/revision/plan")
@requires(Permission.EDIT_CLIENTS)
@asks("registrations.revision_new")
def revision_plan_create(client_id: int) -> str:
    """What saving would do: added now, gone later, taken back."""
    return _plan(EDITING, client_id)


@bp.post("/<int:client_id>/revision/cities")
@requires(Permission.EDIT_CLIENTS)
@asks("registrations.revision_new")
def revision_cities_create(client_id: int) -> str:
    """Names of the state's cities that the typed text may mean."""
    queries.get_client(current_partner_id(), client_id)
    return suggested_cities()


@bp.get("/<int:client_id>/reactivation/new")
@requires(Permission.MANAGE_CLIENTS)
def reactivation_new(client_id: int) -> Response:
    """The screen "Reativar": the same, to review the licenses."""
    return _begin(REACTIVATING, client_id)


@bp.post("/<int:client_id>/reactivation")
@requires(Permission.MANAGE_CLIENTS)
def reactivation_create(client_id: int) -> Response:
    """Where every button of "Reativar" leads; what is ordered is always shown with its values first."""
    return _save(REACTIVATING, client_id)


@bp.post("/<int:client_id>/reactivation/plan")
@requires(Permission.MANAGE_CLIENTS)
@asks("registrations.reactivation_new")
def reactivation_plan_create(client_id: int) -> str:
    """What reactivating with the chosen set costs."""
    return _plan(REACTIVATING, client_id)


@bp.post("/<int:client_id>/reactivation/cities")
@requires(Permission.MANAGE_CLIENTS)
@asks("registrations.reactivation_new")
def reactivation_cities_create(client_id: int) -> str:
    """Names of the state's cities that the typed text may mean."""
    queries.get_client(current_partner_id(), client_id)
    return suggested_cities()


def _begin(screen: Screen, client_id: int) -> Response:
    """Answer the form as the license stands, or as its draft has it."""
    client, today = queries.get_client(current_partner_id(), client_id), clock.today()
    _ensure_open(screen, client)
    typed = typed_before()
    holding = holding_of(client_id, today)
    form = ContractForm(typed, obj=client)
    form.back.data = _way_back(form.back.data or request.referrer)
    if typed:
        return _form(screen, client, form, contract_view.read(typed, client, holding, today))
    return _form(screen, client, form, contract_view.begun(client, holding, today))


def _ensure_open(screen: Screen, client: Client) -> None:
    """Refuse a screen where its action would be refused whatever is chosen on it."""
    ensure_allowed(screen.action, derive_status(client, clock.today()), client)
    if screen.is_new_contract:
        reactivation.ensure_paid_up(client)


def _save(screen: Screen, client_id: int) -> Response:
    """Save what a checked form asks for, or say what stands in its way with everything typed kept."""
    client, form, today = queries.get_client(current_partner_id(), client_id), ContractForm(), clock.today()
    chosen = contract_view.read(request.form, client, holding_of(client_id, today), today)
    if "step" in request.form or "show" in request.form:
        return _form(screen, client, form, selection.stepped(chosen, request.form.get("step", "")))
    if not form.validate() or not chosen.is_sound:
        return _form(screen, client, form, chosen, 422)
    if form.chosen_when is When.CANCEL and not viewer().may(Permission.MANAGE_BILLING):
        raise NotPermitted
    wish = Wish(form.values(), chosen.wanted, form.chosen_method, form.chosen_when, form.leaving)
    base = {"version": form.base_version, "quote_seen": str(form.quote.data or ""), "now": clock.now()}
    try:
        return _saved(client, form, screen.save(client, wish, actor=viewer(), **base))
    except (StaleState, RepeatMismatch):
        return _form(screen, _again(client), form, chosen, 409, is_conflict=True)
    except QuoteAged:
        return _window(screen, _again(client), form, chosen)
    except MethodBilled:
        return _method_window(screen, _again(client), form, chosen)
    except (PriceMissing, OpenCharges, InvoiceClosed, DevicesToChoose) as refusal:
        said = errors.in_words(refusal)
        return _form(screen, _again(client), form, chosen, said.status, refused=said.text)


def _again(client: Client) -> Client:
    """Return the client as it stands; what is rendered from here on holds no lock."""
    partner_id, client_id = client.partner_id, client.id
    db.session.rollback()
    database.is_reading.set(True)
    return queries.get_client(partner_id, client_id)


def _saved(client: Client, form: ContractForm, done: Outcome) -> Response:
    """Lead to the client's page where something was ordered, else back to where one came from; with protocol and charge."""
    order = order_of(done.event) if done.event else None
    charge = charge_of(order) if order else None
    owed = f" Cobrança de {formatting.money(charge.amount_cents)} em aberto." if charge and not charge.paid_at else ""
    saying.keep(answers.in_words(client, done) + owed)
    page = url_for("clients.show", client_id=client.id)
    return htmx.leave_for(page if order else _back_to(client, form))


def _plan(screen: Screen, client_id: int) -> str:
    client, today = queries.get_client(current_partner_id(), client_id), clock.today()
    _ensure_open(screen, client)
    holding = holding_of(client_id, today)
    chosen = contract_view.read(request.form, client, holding, today)
    summary = contract_view.summary(screen, client, holding, chosen, today=today, prices=price_table(today))
    leaving = contract_view.leaving_of(screen, client, holding, chosen, ContractForm())
    return render_template("registrations/_plan.html", **summary, leaving=leaving)


def _window(screen: Screen, client: Client, form: ContractForm, chosen: Selection) -> Response:
    """Answer the values to be confirmed; with what changed where others had been shown."""
    context = contract_view.window(screen, client, form, chosen, clock.today()) | {"is_window": htmx.wants_fragment()}
    template = "registrations/_values.html" if context["is_window"] else "registrations/values.html"
    return htmx.vary(make_response(render_template(template, **context), 409 if context["is_aged"] else 200))


def _method_window(screen: Screen, client: Client, form: ContractForm, chosen: Selection) -> Response:
    """Answer what may become of another renewal method while the coming cycle is billed."""
    context = contract_view.method_window(screen, client, form, chosen)
    is_window = htmx.wants_fragment()
    template = "registrations/_method.html" if is_window else "registrations/method.html"
    return htmx.vary(make_response(render_template(template, **context, is_window=is_window)))


def _form(
    screen: Screen,
    client: Client,
    form: ContractForm,
    chosen: Selection,
    status: int = 200,
    *,
    refused: str = "",
    is_conflict: bool = False,
) -> Response:
    """Answer the form as a page or, to htmx, in its own place with the window closed."""
    ensure_allowed(screen.action, derive_status(client, clock.today()), client)
    if is_conflict:
        form.version.data = client.version
    context = contract_view.form_context(screen, client, form, chosen, clock.today(), is_conflict=is_conflict)
    context |= {"screen": screen, "refused": refused, "back": _back_to(client, form), "in_place": htmx.wants_fragment()}
    if not htmx.wants_fragment():
        return htmx.vary(make_response(render_template(f"registrations/{screen.noun}_new.html", **context), status))
    return htmx.into("#contract", render_template("registrations/_contract.html", **context), status)


def _way_back(address: str | None) -> str:
    """Return the list that an address of ours names, or "" for anything else."""
    try:
        parts = urlsplit(address or "")
    except ValueError:
        return ""
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    is_ours = parts.netloc in {"", request.host} and parts.path in LISTS
    return (safe_next(path) or "") if is_ours else ""


def _back_to(client: Client, form: ContractForm) -> str:
    """Return where "Voltar" leads: the list, at the client's row, or the client's page."""
    listed = _way_back(form.back.data)
    return f"{listed}#client-{client.id}" if listed else url_for("clients.show", client_id=client.id)
