"""Undoing an order of the same day ("Estornar pedido"): charge and items together (DOMAIN §5)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update

from portal import clock
from portal.audit import Actor
from portal.clients import service as clients
from portal.clients.service import Order, Outcome
from portal.domain.charges import OrderKind
from portal.domain.errors import NotFound, OrderFixed
from portal.domain.licenses import Holding
from portal.domain.orders import REVERSING, Fixed, Standing, ensure_reversible, why_fixed
from portal.extensions import db
from portal.licenses import queries, service
from portal.models import AuditEvent, Charge, Client, LicenseOrder
from portal.registrations import contract, leaving

REVERSED = "order_reversed"
"""What the record calls it."""


def get_order(partner_id: int, client_id: int, order_id: int) -> tuple[Client, LicenseOrder]:
    """Return a partner's client with one of its orders; archived clients too, whose registration was undone.

    Raises:
        NotFound: there is no such order at this client of this partner.
    """
    query = select(Client, LicenseOrder).join(LicenseOrder, LicenseOrder.client_id == Client.id)
    which = Client.partner_id == partner_id, Client.id == client_id, LicenseOrder.id == order_id
    row = db.session.execute(query.where(*which, LicenseOrder.kind.in_(REVERSING))).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def is_possible(client: Client, order: LicenseOrder, charge: Charge | None, holding: Holding, today: date) -> bool:
    """Say whether an order, which is the client's last, can be undone now; asks nothing where it is of another day."""
    if order.ordered_on != today:
        return False
    is_last = _is_unchanged(client, order, holding)
    return why_fixed(_standing(client, order, charge, is_last=is_last), today) is None


def _standing(client: Client, order: LicenseOrder, charge: Charge | None, *, is_last: bool) -> Standing:
    return Standing(
        ordered_on=order.ordered_on,
        is_reversed=order.reversed_at is not None,
        is_paid=charge is not None and charge.paid_at is not None,
        is_invoiced=queries.is_invoiced(client, charge),
        is_code_used=queries.is_any_consumed(order.after.get("codes", [])),
        is_last=is_last,
    )


def _is_unchanged(client: Client, order: LicenseOrder, holding: Holding) -> bool:
    """Say whether the license is still what the order made of it, renewals and works of the night included."""
    if "licenses" not in order.after:
        return False  # it does not say what it made, so that nobody can tell
    is_due_as_then = order.after.get("due_on", clients.jsonable(client.due_on)) == clients.jsonable(client.due_on)
    return is_due_as_then and holding == service.from_json(order.after)


def reverse(client: Client, order: LicenseOrder, *, version: int, now: datetime, actor: Actor) -> Outcome:
    """Undo an order: its charge and its codes are void, the client holds what it held before; a new client is archived.

    The same form sent again answers what was done.

    Raises:
        OrderFixed: another day, paid, a code used, or not the last thing that was done to the license.
        StaleState: the client was saved in between.
    """
    reason = f"Estorno do protocolo {order.event_id}"
    undoing = Order(REVERSED, version, actor, now, {"order": order.id, "reason": reason})
    if client.version != version:
        return clients.done_before(undoing, client)
    today = clock.local_date(now)
    last = queries.last_order(client.id)
    is_unchanged = _is_unchanged(client, order, queries.holding_of(client.id, today))
    is_last = last is not None and last.id == order.id and is_unchanged
    ensure_reversible(_standing(client, order, queries.charge_of(order), is_last=is_last), today)

    def also(event: AuditEvent) -> None:
        _carry_out(client, order, event, now)

    return clients.once(undoing, client, _columns(client, order, now), also)


def _columns(client: Client, order: LicenseOrder, now: datetime) -> dict[str, Any]:
    """Return the columns that undoing an order sets.

    An archived client has neither a due date nor a status that anything counts or is told of.
    """
    if order.kind is OrderKind.REGISTRATION:
        return {"archived_at": now, "pending_at": now, "due_on": None}
    beside = (*service.HOLDING, leaving.KEPT)
    kept = {name: _typed(name, value) for name, value in order.before.items() if name not in beside}
    return {name: value for name, value in kept.items() if getattr(client, name) != value}


def _typed(name: str, value: Any) -> Any:
    """Return the value of a column from what JSON made of it."""
    if isinstance(value, str) and name.endswith("_on"):
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if isinstance(value, str) and name.endswith("_at") else value


def _carry_out(client: Client, order: LicenseOrder, event: AuditEvent, now: datetime) -> None:
    """Void the charge and the codes, write what was held before.

    Raises:
        OrderFixed: the charge was paid or invoiced, or a code used, at this very moment.
    """
    if queries.is_invoiced(client, queries.charge_of(order)):
        raise OrderFixed(Fixed.INVOICED)
    _void_charge(order, now)
    _void_codes(client, order, now)
    before = service.from_json(order.before) if order.kind is not OrderKind.REGISTRATION else Holding({})
    service.write_holding(client.id, before, today=clock.local_date(now))
    contract.note(event, order.after, service.as_json(before))
    leaving.restore(client, event, before, order.before.get(leaving.KEPT, {}), now)
    order.reversed_at = now


def _void_charge(order: LicenseOrder, now: datetime) -> None:
    charge = queries.charge_of(order)
    if charge is None:
        return
    unpaid = Charge.id == charge.id, Charge.paid_at.is_(None), Charge.reversed_at.is_(None)
    done = db.session.execute(
        update(Charge).where(*unpaid).values(reversed_at=now), execution_options={"synchronize_session": False}
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise OrderFixed(Fixed.PAID)


def _void_codes(client: Client, order: LicenseOrder, now: datetime) -> None:
    """Revoke what the order issued; of a new client everything, because nothing of it may be activated any more."""
    issued = list(order.after.get("codes", []))
    if order.kind is OrderKind.REGISTRATION:
        issued += [code.id for code in service.unused_codes(client.id)]
    service.revoke_codes(issued, now=now)
    if queries.is_any_consumed(issued):
        raise OrderFixed(Fixed.CODE_USED)
