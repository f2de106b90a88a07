"""Removing one item of a running license by itself: the same order as "Editar" makes for it (DOMAIN §3, §5)."""

from __future__ import annotations

from datetime import date, datetime

from portal import clock
from portal.audit import Actor
from portal.catalogue.queries import price_table
from portal.clients import service as clients
from portal.clients.service import Order, Outcome
from portal.domain.actions import Action
from portal.domain.catalogue import Item
from portal.domain.errors import NotFound, QuoteAged
from portal.domain.licenses import Holding, Plan
from portal.licenses import queries
from portal.models import Client
from portal.registrations import contract


def remove(client: Client, item: Item, from_on: date, *, version: int, now: datetime, actor: Actor) -> Outcome:
    """Have an item go with the cycle that is not billed yet, as "Editar" does; ``from_on`` is the day that was shown.

    Raises:
        StaleState, RepeatMismatch: the client was saved in between.
        ActionRefused: the status does not allow "Editar".
        NotFound, SetRefused: as ``removal``.
        QuoteAged: the item would go on another day by now.
    """
    content = {"removed": item.value, "effective_on": from_on.isoformat()}
    order, today = Order(Action.EDIT, version, actor, now, content), clock.local_date(now)
    if client.version != version:
        return clients.done_before(order, client)
    clients.ensure_possible(order, client)
    holding = queries.holding_of(client.id, today)
    intended = removal(client, holding, item, today)
    if intended.removed_from_on != from_on:
        raise QuoteAged
    return clients.once(order, client, {}, lambda event: contract.carry_out(client, event, holding, intended, now))


def removal(client: Client, holding: Holding, item: Item, today: date) -> Plan:
    """Return what wanting an item no more means.

    Raises:
        NotFound: the client holds none, or it goes already.
        SetRefused: another item needs it (DOMAIN R10).
    """
    if not holding.final.get(item):
        raise NotFound
    return contract.plan(client, holding, holding.final | {item: 0}, today, price_table(today))
