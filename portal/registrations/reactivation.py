"""Reactivating an Inativo client: priced as a new one, with exactly the set chosen (DOMAIN §5, R15)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from portal import clock
from portal.audit import Actor
from portal.catalogue.queries import price_table
from portal.clients import service as clients
from portal.clients.service import Order, Outcome
from portal.domain import licenses
from portal.domain.actions import Action
from portal.domain.catalogue import Item, Product
from portal.domain.charges import ChargeKind, OrderKind, Quote
from portal.domain.errors import OpenCharges
from portal.domain.licenses import Holding, Quantities
from portal.domain.prices import PriceTable
from portal.extensions import db
from portal.licenses import queries, service
from portal.models import AuditEvent, Client, Partner
from portal.registrations import contract
from portal.registrations.contract import Wish

CLEARED: dict[str, Any] = {
    "suspended_at": None, "suspended_by_id": None, "suspension_reason": "", "hidden_at": None, "hidden_by_id": None,
}  # fmt: skip
"""What a reactivation clears: suspension and hiding (DOMAIN §2, Transitions)."""

BROUGHT_BACK = ("due_on", "due_day", *CLEARED)
"""Columns that undoing a reactivation brings back."""


def ensure_paid_up(client: Client) -> None:
    """Refuse to reactivate a client that owes (DOMAIN §5, open additional charges).

    Raises:
        OpenCharges: with the amount.
    """
    if owed := queries.open_cents(client.id):
        raise OpenCharges(owed)


def quote(client: Client, held: Holding, wanted: Quantities, today: date, prices: PriceTable) -> Quote:
    """Return what reactivating a client with a set costs today; ``held`` is what it held when it became Inativo.

    Raises:
        SetRefused: the set cannot be held.
        PriceMissing: an item has no price.
    """
    return licenses.contract(
        ChargeKind.REACTIVATION,
        client.product,
        wanted,
        due_day=_due_day(client),
        today=today,
        prices=prices,
        held=held.on(today),
    )


def _due_day(client: Client) -> int:
    """Return the partner's due day, which a reactivation copies to the client (DOMAIN §5, Cycle)."""
    return db.session.get_one(Partner, client.partner_id).due_day


def reactivate(client: Client, wish: Wish, *, version: int, quote_seen: str, now: datetime, actor: Actor) -> Outcome:
    """Save "Reativar": the client is Ativo from now on, with data, method and exactly the set of the wish.

    The same form sent again answers what was done.

    Raises:
        StaleState, RepeatMismatch: the client was saved in between; the caller shows both values.
        ActionRefused: the client is not Inativo.
        OpenCharges: it owes.
        SetRefused, PriceMissing: as ``quote``.
        QuoteAged: the values were not shown, or are others by now.
    """
    order, today = Order(Action.REACTIVATE, version, actor, now, wish.content), clock.local_date(now)
    if client.version != version:
        return clients.done_before(order, client)
    clients.ensure_possible(order, client)
    ensure_paid_up(client)
    holding = queries.holding_of(client.id, today)
    offer = quote(client, holding, wish.wanted, today, price_table(today))
    contract.ensure_seen(offer, wish.wanted, quote_seen)
    columns = CLEARED | {"due_on": offer.due_on, "due_day": _due_day(client)}
    changes = {name: value for name, value in columns.items() if getattr(client, name) != value}

    def also(event: AuditEvent) -> None:
        _carry_out(client, event, (holding, Holding(_some(wish.wanted))), offer, now)

    return clients.once(order, client, wish.changes_of(client) | changes, also)


def _carry_out(client: Client, event: AuditEvent, held: tuple[Holding, Holding], offer: Quote, now: datetime) -> None:
    """Write what is held, before and after, and issue the codes without which it could not run."""
    before, after = held
    issued = service.fit_codes(client, after.now.get(Item.MOBILE, 0), now=now) if client.product is Product.LINK else []
    contract.write_order(
        client,
        OrderKind.REACTIVATION,
        event,
        before=before,
        after=after,
        quote=offer,
        due_on=offer.due_on,
        issued=issued,
        now=now,
        columns={name: clients.jsonable(getattr(client, name)) for name in BROUGHT_BACK},
    )


def _some(wanted: Quantities) -> dict[Item, int]:
    """Return the quantities without those of nothing."""
    return {item: units for item, units in wanted.items() if units}
