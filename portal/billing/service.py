"""What a partner decides about billing one client: its retail prices, a pause. Each is one transaction with its event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert

from portal import clock
from portal.audit import Actor
from portal.billing import bills, warning
from portal.catalogue.queries import price_table
from portal.clients import service as clients
from portal.clients.service import Order, Outcome
from portal.domain import retail
from portal.domain.catalogue import Item
from portal.domain.errors import BelowCost
from portal.domain.prices import PriceTable
from portal.extensions import db
from portal.licenses.queries import holding_of
from portal.models import AuditEvent, Client, RetailPrice

PRICED, PAUSED, RESUMED = "retail_prices_set", "billing_paused", "billing_resumed"
"""What the record calls them."""


def priced_items(client: Client, today: date) -> list[Item]:
    """Return the items that a client holds or is about to hold, in the catalogue's order: those that have a retail price."""
    holding = holding_of(client.id, today)
    held = holding.on(today) | holding.final
    return [item for item in Item if held.get(item)]


def costs(client: Client, today: date) -> dict[Item, int]:
    """Return what a unit of each item of the client's product costs today, in cents."""
    return cost_by(client, price_table(today))


def cost_by(client: Client, table: PriceTable) -> dict[Item, int]:
    """Return the same by a version of the price table; an item without a price is not there."""
    return {item: table.cents[client.product, item] for item in Item if (client.product, item) in table.cents}


def set_prices(
    client: Client, prices: Mapping[Item, int | None], *, version: int, now: datetime, actor: Actor
) -> Outcome:
    """Write what the client's end customer pays for a unit of some items; None lets an item be billed at cost.

    Raises:
        BelowCost: a price is below what the item costs today.
        StaleState, RepeatMismatch: as ``clients.service.once``.
    """
    today = clock.local_date(now)
    wanted = {item: cents for item, cents in prices.items() if cents is not None}
    order = Order(PRICED, version, actor, now, {item.value: cents for item, cents in prices.items()})
    if client.version == version:
        _ensure_above_cost(wanted, costs(client, today))
        before = bills.prices_of([client.id])[client.id]
        if all(before.get(item) == cents for item, cents in prices.items()):
            return Outcome(None)

    def write(event: AuditEvent) -> None:
        old = bills.prices_of([client.id])[client.id]
        changed = [item for item, cents in prices.items() if old.get(item) != cents]
        event.before, event.after = ({"retail": _kept(source, changed)} for source in (old, wanted))
        _replace(client.id, list(prices), wanted)
        warning.review(client, today, now)

    return clients.once(order, client, {}, write)


def _ensure_above_cost(wanted: Mapping[Item, int], cost: Mapping[Item, int]) -> None:
    if below := retail.below_cost(wanted, cost):
        raise BelowCost({item: cost[item] for item in below})


def _kept(prices: Mapping[Item, int], items: list[Item]) -> dict[str, int | None]:
    """Return prices as the record keeps them."""
    return {item.value: prices.get(item) for item in items}


def _replace(client_id: int, items: list[Item], wanted: Mapping[Item, int]) -> None:
    gone = delete(RetailPrice).where(RetailPrice.client_id == client_id, RetailPrice.item.in_(items))
    db.session.execute(gone, execution_options={"synchronize_session": False})
    rows: list[dict[str, Any]] = [
        {"client_id": client_id, "item": item, "cents": cents} for item, cents in wanted.items()
    ]
    if rows:
        db.session.execute(insert(RetailPrice), rows)


def pause(client: Client, *, version: int, now: datetime, actor: Actor) -> Outcome:
    """Let neither charges nor reminders go to the client's end customer; what was issued stays."""
    return clients.once(Order(PAUSED, version, actor, now, {}), client, {"paused_at": now})


def resume(client: Client, *, version: int, now: datetime, actor: Actor) -> Outcome:
    """Let them go again, from the next night on."""
    return clients.once(Order(RESUMED, version, actor, now, {}), client, {"paused_at": None})
