"""What demo clients ordered: registrations and changes with their charges, removals to come, codes that were handed on.

Every amount and every date is what the rules of DOMAIN §5 say for the day of the order; nothing is made up here but the day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from portal.demo.cast import Sketch
from portal.demo.facts import Scene
from portal.domain import cycle, licenses
from portal.domain.catalogue import Item
from portal.domain.charges import ChargeKind, OrderKind, Quote
from portal.domain.cycle import RENEWAL_WINDOW_DAYS
from portal.domain.licenses import Holding, Plan
from portal.extensions import db
from portal.licenses import service as licensing
from portal.models import AuditEvent, Charge, Client, CodeSending, LicenseOrder, PendingChange

PAID_AFTER = timedelta(days=1)
DAYS_AGO = timedelta(days=2)


@dataclass(frozen=True)
class Deal:
    """An order that is written once its event has its id."""

    client: Client
    sketch: Sketch
    event: AuditEvent
    kind: OrderKind
    quote: Quote
    before: Holding
    after: Holding


def ordered_on(client: Client, scene: Scene) -> date:
    """Return the day on which a client changed its license: in its last cycle, before the renewal window opened."""
    due_on = client.due_on or scene.today
    last = min(scene.today, due_on - timedelta(days=RENEWAL_WINDOW_DAYS + 1))
    return max(cycle.cycle_of(due_on).first_on, last - DAYS_AGO)


def plan_of(client: Client, sketch: Sketch, scene: Scene) -> tuple[Holding, Plan]:
    """Return what a client held before its order, and what the order means by the rules."""
    now = dict(sketch.bundle)
    before = Holding({item: count - dict(sketch.added).get(item, 0) for item, count in now.items()})
    wanted = {item: count - dict(sketch.dropped).get(item, 0) for item, count in now.items()}
    due_on, today = client.due_on or scene.today, ordered_on(client, scene)
    return before, licenses.change(client.product, before, wanted, due_on=due_on, today=today, prices=scene.prices)


def deals(client: Client, sketch: Sketch, scene: Scene, events: Sequence[AuditEvent]) -> Iterator[Deal]:
    """Yield the orders behind some of a client's events, oldest first."""
    due_on = client.due_on
    if sketch.unused_for is not None and due_on is not None:
        offer = licenses.contract(
            ChargeKind.REGISTRATION,
            client.product,
            dict(sketch.bundle),
            due_day=client.due_day,
            today=client.registered_on,
            prices=scene.prices,
        )
        if offer.due_on == due_on:  # else the client has been renewed since, and the invoice is another story
            held = Holding(dict(sketch.bundle))
            yield Deal(client, sketch, events[0], OrderKind.REGISTRATION, offer, Holding({}), held)
    for event in events:
        if sketch.has_ordered and "licenses" in (event.after or {}):
            before, plan = plan_of(client, sketch, scene)
            yield Deal(client, sketch, event, OrderKind.CHANGE, plan.quote, before, plan.after)


def write(deal: Deal, scene: Scene) -> None:
    """Add the order with its charge and its pending changes; the items are there already."""
    codes = [code.id for code in licensing.unused_codes(deal.client.id)] if deal.kind is OrderKind.REGISTRATION else []
    kept = licensing.as_json(deal.after) | {"codes": codes, "due_on": (deal.client.due_on or scene.today).isoformat()}
    order = licensing.add_order(
        deal.client,
        deal.kind,
        deal.event,
        quote=deal.quote,
        before=licensing.as_json(deal.before),
        after=kept,
        now=deal.event.at,
    )
    db.session.add_all(PendingChange(client_id=deal.client.id, **change._asdict()) for change in deal.after.pending)
    if deal.quote.lines and not deal.sketch.owes:
        _pay(order, scene)


def _pay(order: LicenseOrder, scene: Scene) -> None:
    charge = db.session.scalars(select(Charge).where(Charge.order_id == order.id)).one()
    charge.paid_at = min(charge.charged_at + PAID_AFTER, scene.now)


def hand_on(client: Client, sketch: Sketch, scene: Scene) -> None:
    """Note how the client's unused codes were sent, the day after they were issued."""
    if sketch.sent_by is None:
        return
    for code in licensing.unused_codes(client.id):
        sent_at = min(code.issued_at + PAID_AFTER, scene.now)
        db.session.add(CodeSending(code_id=code.id, way=sketch.sent_by, sent_at=sent_at, user_id=scene.staff[-1].id))


def since(client: Client, sketch: Sketch, item: Item, scene: Scene) -> date:
    """Return since when a client holds an item."""
    return ordered_on(client, scene) if item in dict(sketch.added) else client.registered_on
