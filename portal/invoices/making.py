"""Making invoices: of renewals, or of open charges; once for each form, with the values that were shown (DOMAIN §5, R11, R12).

Blockers are checked here and nowhere later. Clients are locked first, the credit after them (``portal.credit.service.lock``).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select
from sqlalchemy.exc import IntegrityError

from portal import audit, clock
from portal.audit import Actor
from portal.credit import service as credit
from portal.credit.service import Origin
from portal.domain import cycle, invoices, pix
from portal.domain.catalogue import RenewalMethod
from portal.domain.errors import NothingSelected, QuoteAged, RepeatMismatch
from portal.domain.invoices import CreditKind, InvoiceKind
from portal.extensions import db
from portal.invoices import queries, settling
from portal.invoices.drafting import (
    MADE,
    Draft,
    charge_drafts,
    ensure_unblocked,
    on_own_account,
    renewal_drafts,
    seen_as,
)
from portal.models import AuditEvent, Client, Invoice, InvoiceItem, InvoiceLine
from portal.renewals import offers


@dataclass(frozen=True)
class Asked:
    """What a form asks for: its random key, how much credit to use, and what was shown (``seen_as``).

    ``kind`` and ``month`` follow from what is called.
    """

    partner_id: int
    key: str
    credit_cents: int
    seen: str
    kind: InvoiceKind = InvoiceKind.RENEWAL
    month: date | None = None

    @property
    def fingerprint(self) -> str:
        """The same form sent again has the same fingerprint."""
        content = {"kind": self.kind.value, "credit": self.credit_cents, "seen": self.seen}
        return audit.fingerprint(MADE, content)


@dataclass(frozen=True)
class Outcome:
    """The invoice that a form made, its event (the protocol), and whether the form had made it before."""

    invoice: Invoice
    event: AuditEvent
    is_repeat: bool = False


def bill_month(asked: Asked, month: date, *, now: datetime, actor: Actor) -> Outcome:
    """Make the invoice of the manual renewals of a month's dues: those decided or by default to be renewed, not blocked.

    ``month`` is the first day of the month in which they are due.

    Raises:
        NothingSelected: nobody is to be renewed, or can be.
        RepeatMismatch: the form was sent before with another content.
        QuoteAged: the values are others than those that were shown.
        CreditShort: more credit is asked for than there is.
    """

    def drafts(clients: Sequence[Client]) -> list[Draft]:
        return renewal_drafts([offer for offer in offers.of(clients, clock.local_date(now)) if offer.is_chosen])

    due = Client.due_on.between(month, cycle.last_of_month(month)), Client.renewal_method == RenewalMethod.MANUAL
    return _once(replace(asked, month=month), due, drafts, now, actor)


def bill_client(asked: Asked, client_id: int, *, now: datetime, actor: Actor) -> Outcome:
    """Make the invoice that renews one client at cost, whatever its renewal method ("Renovar por minha conta").

    A retail charge that the end client has not paid stays: what arrives for it later becomes credit.

    Raises:
        RenewalBlocked: with what stands in the way.
        NothingSelected, RepeatMismatch, QuoteAged, CreditShort: as ``bill_month``.
    """

    def drafts(clients: Sequence[Client]) -> list[Draft]:
        own = [on_own_account(offer) for offer in offers.of(clients, clock.local_date(now))]
        for offer in own:
            ensure_unblocked(offer)
        return renewal_drafts(own)

    return _once(asked, (Client.id == client_id, Client.due_on.is_not(None)), drafts, now, actor)


def bill_charges(asked: Asked, client_ids: Collection[int], *, now: datetime, actor: Actor) -> Outcome:
    """Make one invoice for all open charges of some clients ("Pagar adicionais").

    Raises:
        NothingSelected: none of them has an open charge that is on no invoice.
        RepeatMismatch, QuoteAged, CreditShort: as ``bill_month``.
    """

    def drafts(_clients: Sequence[Client]) -> list[Draft]:
        return charge_drafts(asked.partner_id, client_ids)

    return _once(replace(asked, kind=InvoiceKind.ADDITIONS), (Client.id.in_(client_ids),), drafts, now, actor)


def _locked(partner_id: int, *which: Any) -> Sequence[Client]:
    """Return clients, by id, that nobody else changes until the transaction ends."""
    mine = Client.partner_id == partner_id, Client.archived_at.is_(None)
    query = select(Client).where(*mine, *which).order_by(Client.id)
    return db.session.scalars(query.with_for_update(key_share=True).execution_options(populate_existing=True)).all()


def _once(
    asked: Asked,
    which: Sequence[ColumnElement[bool]],
    drafts: Callable[[Sequence[Client]], list[Draft]],
    now: datetime,
    actor: Actor,
) -> Outcome:
    """Make an invoice of what ``drafts`` finds about some clients, or answer what this form made before. Commits.

    Who waited for the clients asks again before anything is worked out: many copies of a form hold them for a moment each.
    """
    if done := _made_before(asked):
        return done
    clients = _locked(asked.partner_id, *which)
    if done := _made_before(asked):
        db.session.rollback()  # the others need not wait until this one is answered
        return done
    found = drafts(clients)
    if not found:
        raise NothingSelected
    if asked.seen != seen_as(found):
        raise QuoteAged
    try:
        made = write(asked, found, now, actor)
        db.session.commit()
        return made
    except IntegrityError:  # somebody was faster by a moment: with the same form, or with the same cycle or charge
        db.session.rollback()
        if done := _made_before(asked):
            return done
        raise QuoteAged from None


def _made_before(asked: Asked) -> Outcome | None:
    made = queries.made_by(asked.key)
    if made is None:
        return None
    invoice, event = made
    if invoice.partner_id != asked.partner_id or event.fingerprint != asked.fingerprint:
        raise RepeatMismatch
    return Outcome(invoice, event, is_repeat=True)


def write(asked: Asked, drafts: list[Draft], now: datetime, actor: Actor) -> Outcome:
    """Write invoice, lines, arithmetic and use of credit, where the clients are locked; settle what leaves nothing to pay."""
    credit.lock(asked.partner_id)
    total = sum(draft.amount_cents for draft in drafts)
    used = invoices.usable_credit(asked.credit_cents, total)
    number = _next_number(asked.partner_id)
    event = audit.record(
        MADE,
        actor=actor,
        now=now,
        partner_id=asked.partner_id,
        after={"number": number, "kind": asked.kind.value, "lines": len(drafts), "cents": total, "credit_cents": used},
        asked=asked.fingerprint,
    )
    invoice = Invoice(
        partner_id=asked.partner_id,
        number=number,
        kind=asked.kind,
        key=asked.key,
        event_id=event.id,
        month_on=asked.month,
        issued_at=now,
        issued_on=clock.local_date(now),
        issued_by_id=actor.user_id,
        txid=pix.new_txid(secrets.randbelow),
        lines_cents=total,
        credit_cents=used,
        total_cents=total - used,
    )
    db.session.add(invoice)
    db.session.flush()
    _write_lines(invoice, drafts)
    if used:
        credit.move(invoice.partner_id, CreditKind.REDEMPTION, -used, now=now, origin=Origin(invoice_id=invoice.id))
    if not invoice.total_cents:
        settling.settle(invoice, paid_on=invoice.issued_on, now=now, actor=actor)
    credit.touch(invoice.partner_id)
    return Outcome(invoice, event)


def _next_number(partner_id: int) -> int:
    """Return the number after a partner's last invoice; its credit is locked, so that nobody else asks meanwhile."""
    last = select(Invoice.number).where(Invoice.partner_id == partner_id).order_by(Invoice.number.desc()).limit(1)
    return (db.session.scalar(last) or 0) + 1


def _write_lines(invoice: Invoice, drafts: list[Draft]) -> None:
    """Write all lines, then all their arithmetic: two statements, however many clients there are."""
    db.session.execute(insert(InvoiceLine), [_line(invoice.id, draft) for draft in drafts])
    mine = select(InvoiceLine.id).where(InvoiceLine.invoice_id == invoice.id).order_by(InvoiceLine.id)
    items = [
        {
            "line_id": line_id,
            "item": line.item,
            "quantity": line.quantity,
            "unit_cents": line.unit_cents,
            "days": line.days,
            "divisor": line.divisor,
            "amount_cents": line.amount_cents,
        }
        for line_id, draft in zip(db.session.scalars(mine), drafts, strict=True)
        for line in draft.lines
    ]
    if items:
        db.session.execute(insert(InvoiceItem), items)


def _line(invoice_id: int, draft: Draft) -> dict[str, Any]:
    return {
        "invoice_id": invoice_id,
        "client_id": draft.client.id,
        "client_name": draft.client.name,
        "client_document": draft.client.document,
        "charge_id": draft.charge_id,
        "due_on": draft.client.due_on if draft.charge_id is None else None,
        "next_due_on": draft.next_due_on,
        "amount_cents": draft.amount_cents,
        "price_version_id": draft.price_version,
    }
