"""Changing what a running license consists of: "Editar" as one save, and taking a pending change back (DOMAIN §3, §5)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal import audit, clock
from portal.audit import Actor
from portal.catalogue.queries import price_table
from portal.clients import service as clients
from portal.clients.service import Order, Outcome
from portal.domain import licenses
from portal.domain.actions import Action
from portal.domain.catalogue import Item, RenewalMethod
from portal.domain.charges import OrderKind, Quote
from portal.domain.errors import NotFound, QuoteAged
from portal.domain.licenses import Holding, Plan, Quantities
from portal.domain.prices import PriceTable
from portal.licenses import queries, service
from portal.models import AuditEvent, Client, RegistrationCode
from portal.registrations import leaving, methods
from portal.registrations.methods import Bill, When


@dataclass(frozen=True)
class Wish:
    """What the screen of "Editar" and "Reativar" asks for: data, quantities wanted for good, renewal method.

    ``leaving`` are the Link Móvel devices that were chosen to leave where seats are cut.
    """

    data: Mapping[str, str]
    wanted: Quantities
    method: RenewalMethod
    when: When | None = None
    leaving: frozenset[int] = frozenset()

    @property
    def content(self) -> dict[str, Any]:
        """What makes the same form the same; the quote that it shows is not part of it."""
        licenses = {item.value: units for item, units in self.wanted.items() if units}
        when = {"method_when": self.when.value} if self.when else {}
        chosen = {leaving.KEPT: sorted(self.leaving)} if self.leaving else {}
        return {**self.data, "renewal_method": self.method.value, "licenses": licenses, **when, **chosen}

    def changes_of(self, client: Client, bill: Bill | None = None) -> dict[str, Any]:
        """Return the columns that the wish changes; ``bill`` is what asks for the cycle of a license that runs.

        Raises:
            MethodBilled: as ``methods.changes``.
        """
        return clients.revised(client, self.data) | methods.changes(client, self.method, self.when, bill)


def plan(
    client: Client,
    holding: Holding,
    wanted: Quantities,
    today: date,
    prices: PriceTable,
    *,
    is_freed: bool = False,
    terminals: int = 0,
) -> Plan:
    """Return what wanting another set than it holds means for a client whose license runs.

    ``is_freed`` says that what asks for the coming cycle is cancelled with it, ``terminals`` how many a request for TEF brings.

    Raises:
        SetRefused: the set cannot be held.
        PriceMissing: something added has no price, even where it is not charged today.
    """
    if client.due_on is None:
        raise ValueError("a license that runs has a due date")
    intended = licenses.change(
        client.product,
        holding,
        wanted,
        due_on=client.due_on,
        today=today,
        prices=prices,
        billed_through=client.due_on if is_freed else queries.billed_through(client.id, client.due_on),
        terminals=terminals,
    )
    for item in intended.added:
        prices.of(client.product, item)
    return intended


def seen_as(quote: Quote, added: Quantities) -> str:
    """Return what the window of values sends back with "Confirmar": the total, and all that it follows from."""
    facts = {"quote": quote.facts, "added": {item.value: units for item, units in added.items()}}
    return f"{quote.total_cents}-{audit.fingerprint('quote', facts)}"


def ensure_seen(quote: Quote, added: Quantities, quote_seen: str) -> None:
    """Refuse an order whose values were not shown as they are now.

    Raises:
        QuoteAged: they have to be seen, or seen again.
    """
    if quote_seen != seen_as(quote, added):
        raise QuoteAged


def change(client: Client, wish: Wish, *, version: int, quote_seen: str, now: datetime, actor: Actor) -> Outcome:
    """Save "Editar": data, licenses and renewal method together or not at all.

    Additions count at once and are charged as ``quote_seen`` (``seen_as``) showed them, removals count from the next cycle,
    taking one back is free. The same form sent again answers what was done.

    Raises:
        StaleState, RepeatMismatch: the client was saved in between; the caller shows both values.
        ActionRefused: the status does not allow "Editar".
        SetRefused, PriceMissing: as ``plan``.
        MethodBilled: the coming cycle is billed, and what is to become of the other method was not chosen.
        InvoiceClosed: the invoice that was to be cancelled was paid a moment ago.
        DevicesToChoose: Link Móvel seats are cut, and which devices leave was not said.
        QuoteAged: something is added and its values were not shown, or are others by now.
    """
    order, today = Order(Action.EDIT, version, actor, now, wish.content), clock.local_date(now)
    if client.version != version:
        return clients.done_before(order, client)
    clients.ensure_possible(order, client)
    bill = methods.bill_of(client)
    changes, is_freed = wish.changes_of(client, bill), is_freeing(client, wish, bill)
    holding = queries.holding_of(client.id, today)
    intended = plan(client, holding, wish.wanted, today, price_table(today), is_freed=is_freed)
    devices = leaving.devices_of(client, holding.now)
    leaving.ensure_chosen(devices, wish.wanted, wish.leaving)
    is_other = not intended.is_nothing or leaving.is_other(devices, intended.after, wish.leaving, today)
    if intended.has_additions:
        ensure_seen(intended.quote, intended.added, quote_seen)

    def also(event: AuditEvent) -> None:
        if bill and is_freed:
            methods.cancel(bill, now=now, actor=actor)
        if is_other:
            carry_out(client, event, holding, intended, now, wish=wish)

    if bill and is_freed:
        methods.hold(bill)
    return clients.once(order, client, changes, also if is_other or is_freed else None)


def is_freeing(client: Client, wish: Wish, bill: Bill | None) -> bool:
    """Say whether a wish cancels what asks for the coming cycle, to have its method count at once."""
    is_other = wish.method is not client.renewal_method
    return bool(bill and is_other and wish.when is When.CANCEL and not bill.is_shared)


def take_back(client: Client, item: Item, effective_on: date, *, version: int, now: datetime, actor: Actor) -> Outcome:
    """Take a pending removal of an item back: free, because the cycle that drops it is not billed yet (DOMAIN §5).

    Raises:
        StaleState, RepeatMismatch: the client was saved in between.
        ActionRefused: the status does not allow "Editar".
        NotFound: there is no such change, or its cycle is billed, so that taking it back would be an addition.
        SetRefused: the item needs another one that goes (DOMAIN R10).
    """
    content = {"taken_back": item.value, "effective_on": effective_on.isoformat()}
    order, today = Order(Action.EDIT, version, actor, now, content), clock.local_date(now)
    if client.version != version:
        return clients.done_before(order, client)
    clients.ensure_possible(order, client)
    holding = queries.holding_of(client.id, today)
    if (item, effective_on) not in revocable(client, holding):
        raise NotFound
    last_on = queries.billed_through(client.id, client.due_on or today)
    wanted = holding.final | {item: holding.on(last_on).get(item, 0)}
    intended = plan(client, holding, wanted, today, price_table(today))
    return clients.once(order, client, {}, lambda event: carry_out(client, event, holding, intended, now))


def revocable(client: Client, holding: Holding) -> set[tuple[Item, date]]:
    """Return the pending changes that are free to take back: those of cycles that are not billed yet."""
    if client.due_on is None or not holding.pending:
        return set()
    last_on = queries.billed_through(client.id, client.due_on)
    return {(one.item, one.effective_on) for one in holding.pending if one.effective_on > last_on}


def carry_out(
    client: Client, event: AuditEvent, holding: Holding, intended: Plan, now: datetime, *, wish: Wish | None = None
) -> None:
    """Write what a plan makes of a client, with the codes of seats that are usable from now on.

    Raises:
        QuoteAged: the coming cycle was billed, or is no longer, since the plan was made.
        DevicesToChoose: a device was activated or replaced meanwhile.
    """
    if client.due_on and queries.billed_through(client.id, client.due_on) != intended.quote.due_on:
        raise QuoteAged  # the client's row is held by now, and with it whoever bills
    if wish is not None:
        leaving.ensure_chosen(leaving.devices_of(client, holding.now), wish.wanted, wish.leaving)
    gained = intended.after.now.get(Item.MOBILE, 0) - holding.now.get(Item.MOBILE, 0)
    issued = service.issue_codes(client, Item.MOBILE, max(gained, 0), now=now)
    write_order(
        client,
        OrderKind.CHANGE,
        event,
        before=holding,
        after=intended.after,
        quote=intended.quote,
        due_on=client.due_on,
        issued=issued,
        now=now,
        chosen=wish.leaving if wish else None,
    )


def write_order(
    client: Client,
    kind: OrderKind,
    event: AuditEvent,
    *,
    before: Holding,
    after: Holding,
    quote: Quote,
    due_on: date | None,
    issued: Sequence[RegistrationCode],
    now: datetime,
    columns: Mapping[str, Any] | None = None,
    chosen: Collection[int] | None = None,
) -> None:
    """Write what a client holds from now on, with the order, its charge, and what changed in the record of the event.

    ``due_on`` is the client's due date from now on, ``columns`` are those of its row that undoing the order brings back,
    ``chosen`` the Link Móvel devices that leave, by default those that were to leave before.
    """
    service.write_holding(client.id, after, today=clock.local_date(now))
    was, becomes = service.as_json(before), service.as_json(after)
    note(event, was, becomes)
    found = was | dict(columns or {}) | leaving.settled(client, event, before, after, chosen=chosen, now=now)
    kept = becomes | {"codes": [code.id for code in issued], "due_on": clients.jsonable(due_on)}
    service.add_order(client, kind, event, quote=quote, before=found, after=kept, now=now)


def note(event: AuditEvent, was: Mapping[str, Any], becomes: Mapping[str, Any]) -> None:
    """Add to the record of an event what became of licenses and pending changes: both, because they are read together."""
    event.before = {**(event.before or {}), **{name: was.get(name) for name in becomes}}
    event.after = {**(event.after or {}), **becomes}
