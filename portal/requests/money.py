"""What an "Importação" costs: a charge typed by staff with an invoice of its own, and taking both back (DOMAIN §5, §9).

It is an additional charge like any other: it blocks the client's renewal while it is open, any invoice may hold it, and it
is paid when its money arrives, by whichever road.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update

from portal import clock
from portal.audit import Actor
from portal.credit import service as credit
from portal.credit.service import Origin
from portal.domain.charges import ChargeKind, OrderKind
from portal.domain.errors import PriceMissing
from portal.domain.invoices import CreditKind, InvoiceKind, LineOutcome
from portal.domain.requests import Move, Obstacle, RequestRefused, ensure_possible
from portal.extensions import db
from portal.invoices import making, settling
from portal.invoices.drafting import Draft
from portal.invoices.making import Asked
from portal.models import AuditEvent, Charge, Client, Invoice, InvoiceLine, LicenseOrder, PriceVersion, ServiceRequest
from portal.requests import queries, service
from portal.requests.queries import Standing
from portal.requests.service import Done, Order

_QUIETLY = {"synchronize_session": False}


def ask(request: ServiceRequest, order: Order, cents: int) -> Done:
    """Charge what staff typed, and invoice it alone. The same form sent again answers what was done. Commits.

    Raises:
        RequestRefused: it is not in analysis, or changed since the page was shown.
        PriceMissing: there is no price table at all.
    """
    client = service.locked_client(request)
    request = service.locked(request.id)
    if done := service.done_before(request, order):
        return done
    step = ensure_possible(order.move, queries.standing_of(request), order.side)
    facts = {"before": {"state": request.state.value}, "after": {"state": step.to.value, "cents": cents}}
    event = service.record(request, f"request_{step.to.value}", order.now, order.actor, **facts)
    charge = _charge(client, event, cents, order.now)
    request.charge_id = charge.id
    done = service.moved(request, order, step, event)
    key = f"request-{request.id}-{order.version}"
    draft = Draft(client, cents, charge.price_version_id, charge=charge)
    making.write(Asked(client.partner_id, key, 0, "", InvoiceKind.ADDITIONS), [draft], order.now, order.actor)
    db.session.commit()
    return done


def _charge(client: Client, event: AuditEvent, cents: int, now: datetime) -> Charge:
    """Add the charge with its order, whose event is its protocol; it has no lines: it is no product's price."""
    today, version = clock.local_date(now), db.session.scalar(select(func.max(PriceVersion.id)))
    if version is None:
        raise PriceMissing
    whose: dict[str, Any] = {"partner_id": client.partner_id, "client_id": client.id}
    order = LicenseOrder(**whose, kind=OrderKind.IMPORT, event_id=event.id, ordered_on=today, before={}, after={})
    db.session.add(order)
    db.session.flush()
    charge = Charge(
        **whose, order_id=order.id, kind=ChargeKind.IMPORT, charged_at=now, charged_on=today,
        through_on=client.due_on or today, amount_cents=cents, price_version_id=version,
    )  # fmt: skip
    db.session.add(charge)
    db.session.flush()
    return charge


def leave(request: ServiceRequest, order: Order) -> Done:
    """Cancel or refuse a request, or take it back into analysis: what it costs vanishes, with the invoice made for it. Commits.

    What had arrived in part becomes credit, as of every cancelled invoice; so does all of it where an import that was
    paid is refused.

    Raises:
        RequestRefused: it is paid and this is no refusal, its charge stands on an invoice with others, or it changed since
            the page was shown.
    """
    invoice = _hold_invoice(request)
    service.locked_client(request)
    request = service.locked(request.id)
    if done := service.done_before(request, order):
        return done
    standing = queries.standing_of(request)
    step = ensure_possible(order.move, standing, order.side)
    if standing.is_paid:
        _give_back(request, order)
    elif standing.charge is not None:
        _take_back(request, standing, invoice, order)
    if order.move is Move.RECONSIDER:
        request.charge_id = None
    return service.finish(request, order, step)


def _hold_invoice(request: ServiceRequest) -> Invoice | None:
    """Lock the open invoice that asks for a request's charge; it comes before the client, as everywhere."""
    invoice_id = queries.standing_of(request).invoice_id
    return settling.locked(Invoice.id == invoice_id) if invoice_id else None


def _take_back(request: ServiceRequest, standing: Standing, invoice: Invoice | None, order: Order) -> None:
    if standing.invoice_id != (invoice.id if invoice else None):
        raise RequestRefused(Obstacle.CHANGED)  # it was put on an invoice, or taken from one, a moment ago
    if invoice is not None:
        _cancel(invoice, request, order.now, order.actor)
    _void(request, Charge.paid_at.is_(None), order.now)


def _give_back(request: ServiceRequest, order: Order) -> None:
    """Turn what was paid into the partner's credit: money that arrived is kept for them, never refused (DOMAIN §5)."""
    cents = _void(request, Charge.paid_at.is_not(None), order.now)
    paid = InvoiceLine.charge_id == request.charge_id, InvoiceLine.outcome == LineOutcome.MOVED
    origin = Origin(
        invoice_id=db.session.scalar(select(InvoiceLine.invoice_id).where(*paid)), client_id=request.client_id
    )
    credit.move(request.partner_id, CreditKind.REFUSED, cents, now=order.now, origin=origin)


def _void(request: ServiceRequest, as_it_was: ColumnElement[bool], now: datetime) -> int:
    """Mark the charge and its order as undone; returns the charge's cents.

    Raises:
        RequestRefused: somebody paid it or took it back a moment ago.
    """
    which = Charge.id == request.charge_id, as_it_was, Charge.reversed_at.is_(None)
    voided = update(Charge).where(*which).values(reversed_at=now).returning(Charge.order_id, Charge.amount_cents)
    found = db.session.execute(voided, execution_options=_QUIETLY).one_or_none()
    if found is None:
        raise RequestRefused(Obstacle.CHANGED)
    undone = update(LicenseOrder).where(LicenseOrder.id == found.order_id).values(reversed_at=now)
    db.session.execute(undone, execution_options=_QUIETLY)
    return int(found.amount_cents)


def _cancel(invoice: Invoice, request: ServiceRequest, now: datetime, actor: Actor) -> None:
    """Cancel the invoice that holds the charge and nothing else; one with other charges is the partner's to cancel."""
    lines = select(func.count(InvoiceLine.id)).where(InvoiceLine.invoice_id == invoice.id)
    if db.session.scalar(lines) != 1:
        raise RequestRefused(Obstacle.INVOICED)
    settling.cancel_held(invoice, now=now, actor=actor, reason=f"Solicitação {request.id}")
