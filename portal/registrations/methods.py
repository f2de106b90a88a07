"""Another renewal method while the coming cycle is billed: cancel what asks for it, or wait for the next one (DOMAIN §5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import aliased

from portal.audit import Actor
from portal.billing import settling as retail_settling
from portal.clients import service as clients
from portal.clients.service import Order, Outcome
from portal.domain import cycle
from portal.domain.actions import Action
from portal.domain.catalogue import RenewalMethod
from portal.domain.errors import MethodBilled, NotFound
from portal.domain.labels import LabelEnum
from portal.extensions import db
from portal.invoices import settling
from portal.models import Client, Invoice, InvoiceLine, RetailCharge

REASON = "Troca da renovação de licença"


class When(LabelEnum):
    """What was chosen in the window of a method that cannot change at once."""

    NEXT = "next", "Trocar no próximo ciclo"
    CANCEL = "cancel", "Cancelar e trocar agora"


@dataclass(frozen=True)
class Bill:
    """What asks for a client's coming cycle and is not paid: an invoice, a charge to the end client, or both."""

    invoice: Invoice | None
    is_shared: bool
    charge: RetailCharge | None


def bill_of(client: Client) -> Bill | None:
    """Return what asks for the cycle after a client's due date, or None; an invoice of several clients is shared."""
    row = db.session.execute(_BILLED, {"billed_id": client.id, "billed_on": client.due_on}).one_or_none()
    charge = db.session.scalar(select(RetailCharge).where(*_open_charge(client)))
    if row is None and charge is None:
        return None
    return Bill(row[0] if row else None, bool(row and row[1] > 1), charge)


_EVERY = aliased(InvoiceLine)
_LINES = select(func.count(_EVERY.id)).where(_EVERY.invoice_id == Invoice.id).scalar_subquery()
_OF_DUE = InvoiceLine.client_id == bindparam("billed_id"), InvoiceLine.due_on == bindparam("billed_on")
_BILLED = select(Invoice, _LINES).join(InvoiceLine).where(*_OF_DUE, InvoiceLine.is_open)


def _open_charge(client: Client) -> tuple[Any, ...]:
    is_open = RetailCharge.paid_at.is_(None), RetailCharge.cancelled_at.is_(None)
    return RetailCharge.client_id == client.id, RetailCharge.due_on == client.due_on, *is_open


@dataclass(frozen=True)
class Ahead:
    """A cycle after the present one that is billed or paid already (DOMAIN R21); nothing asks for one that is paid."""

    first_on: date
    last_on: date
    bill: Bill | None

    @classmethod
    def build(cls, client: Client, last_on: date, today: date) -> Ahead | None:
        """Return the cycle that ends on a day, where it has not begun and asks or is paid; None where none is ahead."""
        first_on = cycle.cycle_of(last_on).first_on
        if first_on <= today:
            return None
        return cls(first_on, last_on, bill_of(client) if last_on != client.due_on else None)


def changes(client: Client, method: RenewalMethod, when: When | None, bill: Bill | None) -> dict[str, Any]:
    """Return the columns that wanting a method changes: at once where nothing is billed, else as was chosen.

    Wanting the method that the client has leaves one alone that waits for the next cycle; that is taken back by itself.

    Raises:
        MethodBilled: the cycle is billed and nothing was chosen, or what bills it is not this client's alone.
    """
    if method is client.renewal_method or (bill and method is client.next_method and when is None):
        return {}
    if bill and when is When.NEXT:
        return {"next_method": method}
    if bill and (when is None or bill.is_shared):
        raise MethodBilled
    return {"renewal_method": method} | ({"next_method": None} if client.next_method else {})


def hold(bill: Bill) -> None:
    """Lock what is about to be cancelled; it comes before the client, as everywhere (``portal.invoices.settling``)."""
    if bill.invoice is not None:
        settling.locked(Invoice.id == bill.invoice.id)
    if bill.charge is not None:
        retail_settling.locked(RetailCharge.id == bill.charge.id)


def cancel(bill: Bill, *, now: datetime, actor: Actor) -> None:
    """Cancel what asks for the cycle, in the caller's transaction; paid meanwhile, it stays and is honoured.

    Raises:
        InvoiceClosed: the invoice was settled or cancelled a moment ago.
        MethodBilled: the charge was.
    """
    if bill.invoice is not None:
        settling.cancel_held(bill.invoice, now=now, actor=actor, reason=REASON)
    if bill.charge is not None and not retail_settling.cancel(bill.charge.id, now=now, actor=actor, reason=REASON):
        raise MethodBilled


def keep(client: Client, *, version: int, now: datetime, actor: Actor) -> Outcome:
    """Take back a method that waits for the next cycle.

    Raises:
        NotFound: none waits.
        StaleState, RepeatMismatch: the client was saved in between.
        ActionRefused: the status does not allow "Editar".
    """
    order = Order(Action.EDIT, version, actor, now, {"next_method": None})
    if client.version != version:
        return clients.done_before(order, client)
    if client.next_method is None:
        raise NotFound
    return clients.apply(order, client, {"next_method": None})
