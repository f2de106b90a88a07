"""The question "Excluir Cloud" and its answer: a removal that "Editar" schedules, asked for alone (DOMAIN §3, Status Cloud)."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Response, request, url_for

from portal import clock, errors, formatting, htmx, saying
from portal.access import current_partner_id, requires, viewer
from portal.clients import answers, queries
from portal.domain.actions import Action
from portal.domain.catalogue import Item
from portal.domain.errors import Invalid, QuoteAged, StaleState
from portal.domain.roles import Permission
from portal.extensions import db
from portal.forms import VersionForm
from portal.licenses.queries import holding_of
from portal.models import Client
from portal.registrations import removal
from portal.registrations.routes import bp


@bp.get("/<int:client_id>/cloud-removal/new")
@requires(Permission.EDIT_CLIENTS)
def cloud_removal_new(client_id: int) -> Response:
    """Asks before Cloud is removed, and says from which day on."""
    return _question(answers.client_for(Action.EDIT, client_id))


@bp.post("/<int:client_id>/cloud-removal")
@requires(Permission.EDIT_CLIENTS)
def cloud_removal_create(client_id: int) -> Response:
    """Schedule the removal; a form that is behind a change is asked again as things stand now."""
    client, form = queries.get_client(current_partner_id(), client_id), VersionForm()
    if not form.validate():
        raise Invalid(form.errors)
    from_on = _shown()
    base = {"version": form.base_version, "now": clock.now(), "actor": viewer()}
    try:
        done = removal.remove(client, Item.CLOUD, from_on, **base)  # type: ignore[arg-type]
    except (StaleState, QuoteAged) as refusal:
        db.session.rollback()
        return _question(answers.client_for(Action.EDIT, client_id), errors.in_words(refusal))
    saying.keep(f"{answers.in_words(client, done)} O Cloud sai em {formatting.day(from_on)}.")
    return htmx.leave_for(url_for("clients.show", client_id=client_id))


def _shown() -> date:
    """Return the day that the form showed.

    Raises:
        Invalid: it names none.
    """
    try:
        return date.fromisoformat(request.form.get("from_on", ""))
    except ValueError:
        raise Invalid({"from_on": ["O formulário está incompleto."]}) from None


def _question(client: Client, refused: errors.Answer | None = None) -> Response:
    """Answer what removing Cloud means as things stand.

    Raises:
        NotFound, SetRefused: as ``removal.removal``.
    """
    today = clock.today()
    intended = removal.removal(client, holding_of(client.id, today), Item.CLOUD, today)
    response = htmx.page_or_fragment(
        "registrations/cloud_removal_new.html",
        "registrations/_cloud_removal_new.html",
        client=client,
        from_on=intended.removed_from_on,
        last_on=intended.removed_from_on - timedelta(days=1),
        refused=refused,
    )
    response.status_code = refused.status if refused else 200
    return response
