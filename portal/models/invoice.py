"""Invoices of partners with their lines, payments that arrived, and the credit ledger."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.catalogue import Item
from portal.domain.invoices import CreditKind, InvoiceKind, LineOutcome, PaymentEffect, PaymentSource
from portal.extensions import db
from portal.models.types import Labelled, UtcDateTime

_OPEN = text("settled_at IS NULL AND cancelled_at IS NULL")
_OPEN_CYCLE = text("is_open AND due_on IS NOT NULL")
_OPEN_CHARGE = text("is_open AND charge_id IS NOT NULL")


class Invoice(db.Model):  # type: ignore[name-defined,misc]
    """What a partner pays at once: renewals of one month's dues, or open charges ("fatura", DOMAIN §5).

    ``number`` counts a partner's invoices. ``lines_cents`` is the sum of the lines; ``credit_cents`` of it were taken from
    the partner's credit, ``total_cents`` is what is left to pay, of which ``received_cents`` has arrived. ``key`` is the
    random key of the form that made it, ``event_id`` its protocol. ``month_on`` is the first day of the dues' month.
    """

    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("partner_id", "number"),
        CheckConstraint("lines_cents = credit_cents + total_cents", name="sum"),
        CheckConstraint("credit_cents >= 0 AND total_cents >= 0 AND received_cents >= 0", name="amounts"),
        CheckConstraint("settled_at IS NULL OR cancelled_at IS NULL", name="one_end"),
        Index("ix_invoices_partner_id", "partner_id", "id"),
        Index("ix_invoices_open", "partner_id", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    number: Mapped[int]
    kind: Mapped[InvoiceKind] = mapped_column(Labelled(InvoiceKind))
    key: Mapped[str] = mapped_column(String(32), unique=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("audit_events.id"))
    month_on: Mapped[date | None]
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_on: Mapped[date]
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    txid: Mapped[str] = mapped_column(String(25), unique=True)
    lines_cents: Mapped[int]
    credit_cents: Mapped[int] = mapped_column(default=0)
    total_cents: Mapped[int]
    received_cents: Mapped[int] = mapped_column(default=0, server_default="0")
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class InvoiceLine(db.Model):  # type: ignore[name-defined,misc]
    """One client's part of an invoice: a renewal from ``due_on`` to ``next_due_on``, or one open charge.

    While ``is_open``, no other open invoice may hold the same cycle or the same charge: two unique indexes say so. Name and
    document are those of the day of the invoice. ``outcome`` is what payment made of it.
    """

    __tablename__ = "invoice_lines"
    __table_args__ = (
        CheckConstraint("(due_on IS NULL) <> (charge_id IS NULL)", name="one_subject"),
        CheckConstraint("amount_cents >= 0", name="amount_cents"),
        Index("ix_invoice_lines_invoice_id", "invoice_id", "id"),
        Index("ix_invoice_lines_client_id", "client_id", "id"),
        Index(
            "uq_invoice_lines_cycle", "client_id", "due_on", unique=True,
            sqlite_where=_OPEN_CYCLE, postgresql_where=_OPEN_CYCLE,
        ),
        Index(
            "uq_invoice_lines_charge", "charge_id", unique=True,
            sqlite_where=_OPEN_CHARGE, postgresql_where=_OPEN_CHARGE,
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"))
    client_name: Mapped[str] = mapped_column(String(150))
    client_document: Mapped[str] = mapped_column(String(14))
    charge_id: Mapped[int | None] = mapped_column(ForeignKey("charges.id"))
    due_on: Mapped[date | None]
    next_due_on: Mapped[date | None]
    amount_cents: Mapped[int]
    price_version_id: Mapped[int | None] = mapped_column(ForeignKey("price_versions.id"))
    is_open: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    outcome: Mapped[LineOutcome | None] = mapped_column(Labelled(LineOutcome))


class InvoiceItem(db.Model):  # type: ignore[name-defined,misc]
    """One item of a renewal line: the arithmetic that its amount follows from (``portal.domain.charges.Line``)."""

    __tablename__ = "invoice_items"

    line_id: Mapped[int] = mapped_column(ForeignKey("invoice_lines.id"), primary_key=True)
    item: Mapped[Item] = mapped_column(Labelled(Item), primary_key=True)
    quantity: Mapped[int]
    unit_cents: Mapped[int]
    days: Mapped[int]
    divisor: Mapped[int]
    amount_cents: Mapped[int]


class Payment(db.Model):  # type: ignore[name-defined,misc]
    """Money that arrived, once for each ``end_to_end_id``; without a subject where its txid is nobody's.

    ``paid_at`` is when the payer's bank moved it, ``received_at`` when the portal heard. ``effect`` is what it did,
    ``credit_cents`` how much of it became credit at once. ``told_return_cents`` is what the bank says that it took back,
    ``returned_at`` and ``returned_cents`` what staff booked of that.
    """

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="amount_cents"),
        Index("ix_payments_partner_id", "partner_id", "received_at", "id"),
        Index("ix_payments_invoice_id", "invoice_id", "id"),
        Index("ix_payments_retail_charge_id", "retail_charge_id", "id"),
        Index("ix_payments_received_at", "received_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    end_to_end_id: Mapped[str] = mapped_column(String(64), unique=True)
    txid: Mapped[str] = mapped_column(String(35), default="")
    amount_cents: Mapped[int]
    paid_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    source: Mapped[PaymentSource] = mapped_column(Labelled(PaymentSource))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partners.id"))
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"))
    retail_charge_id: Mapped[int | None] = mapped_column(ForeignKey("retail_charges.id"))
    effect: Mapped[PaymentEffect] = mapped_column(Labelled(PaymentEffect))
    credit_cents: Mapped[int] = mapped_column(default=0, server_default="0")
    note: Mapped[str] = mapped_column(String(200), default="")
    returned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    returned_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    returned_cents: Mapped[int | None]
    told_return_cents: Mapped[int | None]


class CreditAccount(db.Model):  # type: ignore[name-defined,misc]
    """A partner's credit: the sum of its entries, never below nothing."""

    __tablename__ = "credit_accounts"
    __table_args__ = (CheckConstraint("balance_cents >= 0", name="balance_cents"),)

    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"), primary_key=True)
    balance_cents: Mapped[int] = mapped_column(default=0, server_default="0")


class CreditEntry(db.Model):  # type: ignore[name-defined,misc]
    """A line of the credit ledger, never changed: what came in (above nothing) or was used (below), and the balance then."""

    __tablename__ = "credit_entries"
    __table_args__ = (
        CheckConstraint("amount_cents <> 0", name="amount_cents"),
        CheckConstraint("balance_cents >= 0", name="balance_cents"),
        Index("ix_credit_entries_partner_id", "partner_id", "id"),
        Index("ix_credit_entries_invoice_id", "invoice_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    kind: Mapped[CreditKind] = mapped_column(Labelled(CreditKind))
    amount_cents: Mapped[int]
    balance_cents: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    booked_on: Mapped[date]
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    retail_charge_id: Mapped[int | None] = mapped_column(ForeignKey("retail_charges.id"))
    client_id: Mapped[int | None] = mapped_column(ForeignKey("clients.id"))
