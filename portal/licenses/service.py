"""Writing what a client holds: quantities, pending changes, orders with their charges, codes.

Nothing here commits: each is a part of a larger order, which is one transaction with its audit event.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from portal import audit, clock
from portal.domain import codes
from portal.domain.catalogue import Item
from portal.domain.charges import OrderKind, Quote
from portal.domain.licenses import Holding, Pending
from portal.extensions import db
from portal.licenses import queries
from portal.models import (
    AuditEvent,
    Charge,
    ChargeLine,
    Client,
    LicenseItem,
    LicenseOrder,
    PendingChange,
    RegistrationCode,
)

HOLDING = ("licenses", "pending")
"""What orders and audit events call the two parts of a holding."""


def as_json(holding: Holding) -> dict[str, Any]:
    """Return a holding as orders and audit events keep it: "licenses" and "pending"."""
    return {
        "licenses": {item.value: holding.now[item] for item in Item if holding.now.get(item)},
        "pending": [
            {"item": change.item.value, "effective_on": change.effective_on.isoformat(), "quantity": change.quantity}
            for change in holding.pending
        ],
    }


def from_json(kept: Mapping[str, Any]) -> Holding:
    """Return the holding that ``as_json`` kept."""
    now = {Item(value): int(quantity) for value, quantity in kept["licenses"].items()}  # type: ignore[call-arg]
    pending = [
        Pending(Item(change["item"]), date.fromisoformat(change["effective_on"]), int(change["quantity"]))  # type: ignore[call-arg]
        for change in kept["pending"]
    ]
    return Holding(now, tuple(pending))


def write_holding(client_id: int, holding: Holding, *, today: date) -> None:
    """Make a client's rows say what a holding says; items that it held already keep the day since when."""
    stored = dict(
        db.session.execute(
            select(LicenseItem.item, LicenseItem.quantity).where(LicenseItem.client_id == client_id)
        ).all()
    )
    wanted = {item: quantity for item, quantity in holding.now.items() if quantity}
    gone = [item for item in stored if item not in wanted]
    db.session.execute(delete(LicenseItem).where(LicenseItem.client_id == client_id, LicenseItem.item.in_(gone)))
    for item in (item for item in wanted if item in stored and stored[item] != wanted[item]):
        held = LicenseItem.client_id == client_id, LicenseItem.item == item
        db.session.execute(update(LicenseItem).where(*held).values(quantity=wanted[item]))
    new = [item for item in wanted if item not in stored]
    facts = {"client_id": client_id, "since_on": today}
    _insert(LicenseItem, [facts | {"item": item, "quantity": wanted[item]} for item in new])
    db.session.execute(delete(PendingChange).where(PendingChange.client_id == client_id))
    _insert(PendingChange, [{"client_id": client_id} | change._asdict() for change in holding.pending])


def _insert(model: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        db.session.execute(insert(model), rows)


def add_order(
    client: Client,
    kind: OrderKind,
    event: AuditEvent,
    *,
    quote: Quote,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    now: datetime,
) -> LicenseOrder:
    """Record an order and, where its quote has lines, the charge that is the quote (DOMAIN §5, "quote is charge").

    Its event is kept with it: whatever else it is to say has to be said before.
    """
    order = LicenseOrder(
        partner_id=client.partner_id,
        client_id=client.id,
        kind=kind,
        event_id=audit.keep(event),
        ordered_on=clock.local_date(now),
        before=dict(before),
        after=dict(after),
    )
    db.session.add(order)
    db.session.flush()
    if quote.lines:
        _charge(order, quote, now)
    return order


def _charge(order: LicenseOrder, quote: Quote, now: datetime) -> None:
    """Add the charge of an order with every line's arithmetic."""
    charge = Charge(
        partner_id=order.partner_id,
        client_id=order.client_id,
        order_id=order.id,
        kind=quote.kind,
        charged_at=now,
        charged_on=order.ordered_on,
        through_on=quote.due_on,
        amount_cents=quote.total_cents,
        price_version_id=quote.price_version,
    )
    db.session.add(charge)
    db.session.flush()
    lines = [
        {
            "charge_id": charge.id,
            "item": line.item,
            "quantity": line.quantity,
            "unit_cents": line.unit_cents,
            "days": line.days,
            "divisor": line.divisor,
            "amount_cents": line.amount_cents,
        }
        for line in quote.lines
    ]
    _insert(ChargeLine, lines)


def issue_codes(client: Client, item: Item, count: int, *, now: datetime) -> list[RegistrationCode]:
    """Issue codes for a client: one activates its main computer (Item.BASE), one each Link Móvel seat (DOMAIN §7)."""
    issued = [
        RegistrationCode(
            partner_id=client.partner_id,
            client_id=client.id,
            item=item,
            code=codes.generate(secrets.randbelow),
            issued_at=now,
        )
        for _ in range(count)
    ]
    db.session.add_all(issued)
    db.session.flush()
    return issued


def unused_codes(client_id: int, item: Item | None = None) -> list[RegistrationCode]:
    """Return a client's codes that still activate something, newest first; of one item, or of all."""
    unused = RegistrationCode.consumed_at.is_(None), RegistrationCode.revoked_at.is_(None)
    query = select(RegistrationCode).where(RegistrationCode.client_id == client_id, *unused)
    if item is not None:
        query = query.where(RegistrationCode.item == item)
    return list(db.session.scalars(query.order_by(RegistrationCode.id.desc())))


def revoke_codes(code_ids: Collection[int], *, now: datetime) -> int:
    """Make unused codes useless; returns how many were unused until now."""
    unused = RegistrationCode.consumed_at.is_(None), RegistrationCode.revoked_at.is_(None)
    statement = update(RegistrationCode).where(RegistrationCode.id.in_(code_ids), *unused).values(revoked_at=now)
    done = db.session.execute(statement, execution_options={"synchronize_session": False})
    return int(done.rowcount)  # type: ignore[attr-defined]


def fit_codes(client: Client, seats: int, *, now: datetime) -> list[RegistrationCode]:
    """Give a Link client the codes that it needs to run again, and return those issued (DOMAIN §7).

    The main computer needs one where it is not activated; of Link Móvel each seat without a device needs one, and what is
    left over is revoked, newest first.
    """
    base, spare = unused_codes(client.id, Item.BASE), unused_codes(client.id, Item.MOBILE)
    is_activated = queries.devices(client.id, Item.BASE) > 0
    wanting = seats - queries.devices(client.id, Item.MOBILE)
    surplus = [code.id for code in spare[: max(len(spare) - max(wanting, 0), 0)]]
    revoke_codes(surplus, now=now)
    issued = issue_codes(client, Item.BASE, 0 if base or is_activated else 1, now=now)
    return issued + issue_codes(client, Item.MOBILE, max(wanting - len(spare), 0), now=now)
