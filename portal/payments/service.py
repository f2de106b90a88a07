"""Money that arrives is never refused: each confirmation counts once, whatever arrives twice (DOMAIN §5, "Payment")."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from portal import audit, clock
from portal.audit import Actor
from portal.billing import settling as retail_settling
from portal.credit import service as credit
from portal.credit.service import Origin
from portal.domain import invoices, retail
from portal.domain.errors import NotFound, RepeatMismatch
from portal.domain.invoices import CreditKind, InvoiceState, PaymentEffect, PaymentSource, Receipt
from portal.domain.retail import RetailState
from portal.extensions import db
from portal.invoices import settling
from portal.models import Invoice, InvoiceLine, Payment, RetailCharge
from portal.payments import telling

log = logging.getLogger(__name__)

REGISTERED, ASSIGNED = "payment_registered", "payment_assigned"
"""What the record calls them."""


@dataclass(frozen=True)
class Arrival:
    """What a confirmation says: its own name, the txid it was paid with, how much, and when the payer's bank moved it."""

    end_to_end_id: str
    txid: str
    amount_cents: int
    paid_at: datetime
    source: PaymentSource
    note: str = ""


@dataclass(frozen=True)
class Outcome:
    """The payment as it was booked, and whether it had been before."""

    payment: Payment
    is_repeat: bool = False


def receive(arrival: Arrival, *, now: datetime, actor: Actor | None = None) -> Outcome:
    """Book a confirmation, and with it, in one transaction, all that it moves. Commits.

    The same one again, in whatever order and however many at once, answers what the first did.
    """
    if done := booked(arrival.end_to_end_id):
        return Outcome(done, is_repeat=True)
    try:
        return _book(arrival, now, actor)
    except IntegrityError:  # the same one, a moment earlier, for something that could not be locked
        db.session.rollback()
        if done := booked(arrival.end_to_end_id):
            return Outcome(done, is_repeat=True)
        raise


def booked(end_to_end_id: str) -> Payment | None:
    """Return the payment that a confirmation made, or None."""
    return db.session.scalar(select(Payment).where(Payment.end_to_end_id == end_to_end_id))


def _book(arrival: Arrival, now: datetime, actor: Actor | None) -> Outcome:
    invoice = settling.locked(Invoice.txid == arrival.txid) if arrival.txid else None
    charge = retail_settling.locked(RetailCharge.txid == arrival.txid) if arrival.txid and not invoice else None
    if done := booked(arrival.end_to_end_id):  # while this one waited
        db.session.rollback()
        return Outcome(done, is_repeat=True)
    payment = _payment(arrival, now, actor)
    if invoice is None and charge is None:
        log.warning("payment %s: nothing has its txid", payment.id)
    _pay(invoice, charge, payment, now, actor)
    _record(REGISTERED, payment, now, actor)
    db.session.commit()
    return Outcome(payment)


def assign(payment_id: int, txid: str, *, now: datetime, actor: Actor) -> Outcome:
    """Let money that came without a destination do what it would have done with this txid. Commits.

    The same again answers what was done.

    Raises:
        NotFound: no such payment, or nothing has this txid.
        RepeatMismatch: it went elsewhere, or was taken back, before.
    """
    invoice = settling.locked(Invoice.txid == txid)
    charge = retail_settling.locked(RetailCharge.txid == txid) if not invoice else None
    payment = locked(payment_id)
    if invoice is None and charge is None:
        raise NotFound
    if payment.effect is not PaymentEffect.UNMATCHED:
        if (payment.invoice_id, payment.retail_charge_id) != (invoice and invoice.id, charge and charge.id):
            raise RepeatMismatch
        return Outcome(payment, is_repeat=True)
    if payment.returned_at is not None:
        raise RepeatMismatch
    _pay(invoice, charge, payment, now, actor)
    _record(ASSIGNED, payment, now, actor)
    db.session.commit()
    return Outcome(payment)


def locked(payment_id: int) -> Payment:
    """Return a payment as it is now, which nobody else changes until the transaction ends; after invoices, before clients.

    Raises:
        NotFound: there is none with this id.
    """
    query = select(Payment).where(Payment.id == payment_id).with_for_update(key_share=True)
    payment: Payment | None = db.session.scalar(query.execution_options(populate_existing=True))
    if payment is None:
        raise NotFound
    return payment


def note_return(payment: Payment, cents: int) -> None:
    """Keep for staff how much of a payment the bank says that it took back: the most it ever said. Commits."""
    cents, told = min(cents, payment.amount_cents), Payment.told_return_cents
    is_more = Payment.id == payment.id, func.coalesce(told, 0) < cents
    more = update(Payment).where(*is_more).values(told_return_cents=cents)
    if db.session.execute(more).rowcount:  # type: ignore[attr-defined]
        log.warning("payment %s: the bank says that it took it back", payment.id)
    db.session.commit()


def _record(action: str, payment: Payment, now: datetime, actor: Actor | None) -> None:
    """Write down what somebody of the vendor's said about money; what the bank says is the payment itself."""
    if actor is None:
        return
    after = {"payment": payment.id, "cents": payment.amount_cents, "effect": payment.effect.value}
    after |= {"invoice": payment.invoice_id, "retail_charge": payment.retail_charge_id}
    audit.record(action, actor=actor, now=now, partner_id=payment.partner_id, after=after, reason=payment.note)


def _pay(
    invoice: Invoice | None, charge: RetailCharge | None, payment: Payment, now: datetime, actor: Actor | None
) -> None:
    """Do what the money does to its subject, if it has one."""
    if invoice is not None:
        _pay_invoice(invoice, payment, now, actor)
    elif charge is not None:
        _pay_charge(charge, payment, now, actor)


def _payment(arrival: Arrival, now: datetime, actor: Actor | None) -> Payment:
    """Add the payment, without a subject yet."""
    payment = Payment(
        end_to_end_id=arrival.end_to_end_id,
        txid=arrival.txid,
        amount_cents=arrival.amount_cents,
        paid_at=min(arrival.paid_at, now),
        received_at=now,
        source=arrival.source,
        user_id=actor.user_id if actor else None,
        note=arrival.note,
        effect=PaymentEffect.UNMATCHED,
    )
    db.session.add(payment)
    db.session.flush()
    return payment


def _pay_invoice(invoice: Invoice, payment: Payment, now: datetime, actor: Actor | None) -> None:
    receipt = invoices.receive(
        invoices.state_of(invoice),
        total_cents=invoice.total_cents,
        received_cents=invoice.received_cents,
        amount_cents=payment.amount_cents,
    )
    payment.partner_id, payment.invoice_id = invoice.partner_id, invoice.id
    if invoices.state_of(invoice) is InvoiceState.OPEN:
        invoice.received_cents += payment.amount_cents
    unmoved: list[InvoiceLine] = []
    if receipt.effect is PaymentEffect.SETTLED:
        paid_on = clock.local_date(payment.paid_at)
        unmoved = settling.settle(invoice, paid_on=paid_on, now=now, actor=actor, payment_id=payment.id)
    _credit(receipt, payment, Origin(invoice_id=invoice.id, payment_id=payment.id), now)
    if unmoved or receipt.credit_kind in telling.TOLD:
        telling.tell_of_credit(invoice.partner_id, payment.id, now)


def _pay_charge(charge: RetailCharge, payment: Payment, now: datetime, actor: Actor | None) -> None:
    is_open = retail.state_of(charge) is RetailState.OPEN
    receipt = invoices.receive(
        InvoiceState.OPEN if is_open else InvoiceState.PAID,
        total_cents=charge.amount_cents,
        received_cents=charge.received_cents,
        amount_cents=payment.amount_cents,
    )
    payment.partner_id, payment.retail_charge_id = charge.partner_id, charge.id
    if is_open:
        charge.received_cents += payment.amount_cents
    settled: CreditKind | None = None
    if receipt.effect is PaymentEffect.SETTLED:
        paid_on = clock.local_date(payment.paid_at)
        settled = retail_settling.settle(charge, paid_on=paid_on, now=now, actor=actor, payment_id=payment.id)
    origin = Origin(payment_id=payment.id, retail_charge_id=charge.id, client_id=charge.client_id)
    _credit(receipt, payment, origin, now)
    if {settled, receipt.credit_kind} & telling.TOLD:
        telling.tell_of_credit(charge.partner_id, payment.id, now)


def _credit(receipt: Receipt, payment: Payment, origin: Origin, now: datetime) -> None:
    """Write down what the payment did, and book as credit what the receipt says."""
    payment.effect, payment.credit_cents = receipt.effect, receipt.credit_cents
    kind: CreditKind | None = receipt.credit_kind
    if payment.partner_id is not None:
        if receipt.credit_cents and kind is not None:
            credit.move(payment.partner_id, kind, receipt.credit_cents, now=now, origin=origin)
        credit.touch(payment.partner_id)
