"""A registration that is Pendente, on its partner's side: "Corrigir e reenviar" and "Desistir do cadastro"."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, render_template, request, url_for

from portal import clock, errors, formatting, htmx, saying
from portal.access import current_partner_id, requires, viewer
from portal.accounts.returning import typed_before
from portal.catalogue.queries import price_table
from portal.clients import answers
from portal.clients.queries import get_client
from portal.domain.actions import Action
from portal.domain.errors import AlreadyRegistered, Invalid, Refusal, StaleState
from portal.domain.roles import Permission
from portal.extensions import db
from portal.forms import VersionForm
from portal.licenses.queries import holding_of
from portal.models import Client
from portal.registrations import correction, picker, queries, selection, view
from portal.registrations.correction import Correction
from portal.registrations.forms import CorrectionForm
from portal.registrations.routes import bp
from portal.registrations.selection import Selection

UNPROCESSABLE, CONFLICT = 422, 409


@bp.get("/<int:client_id>/correction/new")
@requires(Permission.MANAGE_CLIENTS)
def correction_new(client_id: int) -> Response:
    """The registration as it was sent, or as the draft has it."""
    client = answers.client_for(Action.CORRECT, client_id)
    wish = holding_of(client.id, clock.today()).now
    if typed := typed_before():
        return _form(client, CorrectionForm(typed), selection.read(typed, client.product))
    form = CorrectionForm(formdata=None, data=_stored(client) | {"version": client.version})
    return _form(client, form, selection.of(wish, client.product))


@bp.post("/<int:client_id>/correction")
@requires(Permission.MANAGE_CLIENTS)
def correction_create(client_id: int) -> Response:
    """Send the registration again, or say what is wrong with it."""
    client, form = get_client(current_partner_id(), client_id), CorrectionForm()
    chosen = selection.read(request.form, client.product)
    if "step" in request.form:
        return _form(client, form, selection.stepped(chosen, request.form["step"]))
    if not form.validate() or not chosen.is_sound:
        return _form(client, form, chosen, UNPROCESSABLE)
    asked = Correction(form.normal_document, form.chosen_method, form.values(), chosen.wanted)
    base = {"version": form.base_version, "now": clock.now(), "actor": viewer()}
    try:
        done = correction.correct(client, asked, **base)  # type: ignore[arg-type]
    except AlreadyRegistered:
        db.session.rollback()
        form.document.errors = [view.already_here(form.normal_document, client.product)]
        return _form(client, form, chosen, CONFLICT)
    except StaleState as refusal:
        db.session.rollback()
        return _behind(client, form, chosen, refusal)
    saying.keep(answers.in_words(client, done))
    return htmx.leave_for(url_for("clients.show", client_id=client_id))


@bp.get("/<int:client_id>/withdrawal/new")
@requires(Permission.MANAGE_CLIENTS)
def withdrawal_new(client_id: int) -> str:
    """Asks before a registration is given up."""
    client = answers.client_for(Action.WITHDRAW, client_id)
    return render_template("registrations/withdrawal_new.html", client=client)


@bp.post("/<int:client_id>/withdrawal")
@requires(Permission.MANAGE_CLIENTS)
def withdrawal_create(client_id: int) -> Response:
    """Give a registration up; the same form again answers what was done."""
    client, form = queries.get_registered(current_partner_id(), client_id), VersionForm()
    if not form.validate():
        raise Invalid(form.errors)
    done = correction.withdraw(client, version=form.base_version, now=clock.now(), actor=viewer())
    saying.keep(answers.in_words(client, done))
    return htmx.leave_for(url_for("clients.index"))


def _stored(client: Client) -> dict[str, Any]:
    """Return what a form begins with."""
    names = ("name", "uf", "city", "email", "phone", "notes")
    document, method = formatting.document(client.document), client.renewal_method.value
    return {name: getattr(client, name) for name in names} | {"document": document, "renewal_method": method}


def _behind(client: Client, form: CorrectionForm, chosen: Selection, refusal: Refusal) -> Response:
    """Answer a form that is behind a change with both values, while there is something to correct.

    Raises:
        StaleState: the vendor has decided, or the registration was given up.
    """
    db.session.refresh(client)
    if client.pending_at is None or client.archived_at is not None:
        raise refusal
    form.version.raw_data, form.version.data = None, client.version
    stored = _stored(client)
    current = {name: value for name, value in stored.items() if value and form[name].data != value}
    refused = f"{errors.in_words(refusal).text} O que está gravado agora aparece em cada campo."
    return _form(client, form, chosen, CONFLICT, current=current, refused=refused)


def _form(client: Client, form: CorrectionForm, chosen: Selection, status: int = 200, **context: Any) -> Response:
    lines = picker.lines(chosen, price_table(clock.today()))
    context = {"current": {}, "refused": "", "is_checked": status == UNPROCESSABLE} | context
    context |= {"client": client, "form": form, "lines": lines, "strangers": picker.strangers(chosen, lines)}
    return make_response(render_template("registrations/correction_new.html", **context), status)
