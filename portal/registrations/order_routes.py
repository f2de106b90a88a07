"""Orders as they stand on a client's page: "Desfazer" of a pending change, "Estornar pedido"."""

from __future__ import annotations

from datetime import date

from flask import Response, request, url_for

from portal import clock, htmx, saying
from portal.access import current_partner_id, requires, viewer
from portal.clients import answers, queries
from portal.domain.catalogue import Item
from portal.domain.errors import Invalid, NotFound, NotPermitted
from portal.domain.licenses import Holding
from portal.domain.orders import REVERSING
from portal.domain.roles import Permission
from portal.forms import VersionForm
from portal.models import Charge, Client, LicenseOrder
from portal.registrations import contract, methods, pending, reversal
from portal.registrations.routes import bp

bp.app_context_processor(lambda: {"license_standing": _standing})


def _standing(client: Client, holding: Holding, last: tuple[LicenseOrder, Charge | None] | None) -> pending.Standing:
    return pending.Standing.build(client, holding, last, clock.today())


@bp.post("/<int:client_id>/restoration")
@requires(Permission.EDIT_CLIENTS)
def restoration_create(client_id: int) -> Response:
    """Take a pending change back."""
    client, form = queries.get_client(current_partner_id(), client_id), _version()
    item, on = Item.parse(request.form.get("item")), _date(request.form.get("effective_on", ""))
    if item is None or on is None:
        raise NotFound
    done = contract.take_back(client, item, on, version=form.base_version, now=clock.now(), actor=viewer())
    saying.keep(answers.in_words(client, done))
    return htmx.leave_for(url_for("clients.show", client_id=client_id))


@bp.post("/<int:client_id>/method-restoration")
@requires(Permission.EDIT_CLIENTS)
def method_restoration_create(client_id: int) -> Response:
    """Take back a renewal method that waits for the next cycle."""
    client, form = queries.get_client(current_partner_id(), client_id), _version()
    done = methods.keep(client, version=form.base_version, now=clock.now(), actor=viewer())
    saying.keep(answers.in_words(client, done))
    return htmx.leave_for(url_for("clients.show", client_id=client_id))


@bp.post("/<int:client_id>/orders/<int:order_id>/reversal")
@requires(Permission.EDIT_CLIENTS)
def reversal_create(client_id: int, order_id: int) -> Response:
    """Carry out "Estornar pedido"."""
    client, order = reversal.get_order(current_partner_id(), client_id, order_id)
    if not viewer().may(REVERSING[order.kind]):
        raise NotPermitted
    done = reversal.reverse(client, order, version=_version().base_version, now=clock.now(), actor=viewer())
    saying.keep(answers.in_words(client, done))
    location = url_for("clients.index") if client.archived_at else url_for("clients.show", client_id=client_id)
    return htmx.leave_for(location)


def _version() -> VersionForm:
    """Return the checked form of an action that needs no more than the version."""
    form = VersionForm()
    if not form.validate():
        raise Invalid(form.errors)
    return form


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
