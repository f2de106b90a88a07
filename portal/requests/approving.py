"""Approving a "TEF": its terminals come onto the license with their charge, by the quote of any addition (DOMAIN §4, R4)."""

from __future__ import annotations

from datetime import date

from portal import clock
from portal.catalogue.queries import price_table
from portal.clients import service as clients
from portal.domain.actions import Action, ensure_allowed
from portal.domain.catalogue import Item
from portal.domain.licenses import Holding, Plan
from portal.domain.requests import ensure_possible
from portal.domain.statuses import derive_status
from portal.licenses.queries import holding_of
from portal.models import AuditEvent, Client, ServiceRequest
from portal.registrations import contract
from portal.requests import queries, service
from portal.requests.service import Done, Order

APPROVED = "request_approved"
"""What the record calls it."""


def plan(request: ServiceRequest, client: Client, today: date) -> tuple[Holding, Plan]:
    """Return what the client holds, and what approving today does to it: the terminals come to those that will be held.

    Raises:
        SetRefused: the set cannot be held.
        PriceMissing: terminals have no price.
    """
    holding = holding_of(client.id, today)
    wanted = holding.final | {Item.TEF: holding.final.get(Item.TEF, 0) + request.terminals}
    return holding, contract.plan(client, holding, wanted, today, price_table(today), terminals=request.terminals)


def approve(request: ServiceRequest, order: Order, quote_seen: str) -> Done:
    """Put the terminals on the license with the charge that was shown (``contract.seen_as``), and begin. Commits.

    The same form sent again answers what was done.

    Raises:
        RequestRefused: it is not in analysis, or changed since the page was shown.
        ActionRefused: the client's status does not allow "Editar" any more (DOMAIN §2).
        QuoteAged: the values are others than those that were shown.
        SetRefused, PriceMissing: as ``plan``.
    """
    client = service.locked_client(request)
    request = service.locked(request.id)
    if done := service.done_before(request, order):
        return done
    step, today = ensure_possible(order.move, queries.standing_of(request), order.side), clock.local_date(order.now)
    ensure_allowed(Action.EDIT, derive_status(client, today), client)
    holding, intended = plan(request, client, today)
    contract.ensure_seen(intended.quote, intended.added, quote_seen)
    approved: list[Done] = []

    def also(event: AuditEvent) -> None:
        event.after = {**(event.after or {}), "request": request.id}
        contract.carry_out(client, event, holding, intended, order.now)
        approved.append(service.moved(request, order, step, event))

    content = {"request": request.id, "terminals": request.terminals}
    clients.once(clients.Order(APPROVED, client.version, order.actor, order.now, content), client, {}, also)
    return approved[0]
