"""Billing end clients: the partner's own prices, the charges made from them, reminders sent; decisions about renewals."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.catalogue import Item
from portal.domain.renewals import Decision
from portal.domain.retail import Reminder
from portal.extensions import db
from portal.models.types import Labelled, UtcDateTime

_OPEN = text("paid_at IS NULL AND cancelled_at IS NULL")
_STANDING = text("cancelled_at IS NULL")


class RenewalDecision(db.Model):  # type: ignore[name-defined,misc]
    """What a partner decided about one due date of a client; no row means the default (``domain.renewals.decision_of``)."""

    __tablename__ = "renewal_decisions"

    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    due_on: Mapped[date] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"), index=True)
    decision: Mapped[Decision] = mapped_column(Labelled(Decision))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class RetailPrice(db.Model):  # type: ignore[name-defined,misc]
    """What the partner asks a client for one unit of an item and cycle, in cents."""

    __tablename__ = "retail_prices"
    __table_args__ = (CheckConstraint("cents >= 0", name="cents"),)

    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    item: Mapped[Item] = mapped_column(Labelled(Item), primary_key=True)
    cents: Mapped[int]


class RetailCharge(db.Model):  # type: ignore[name-defined,misc]
    """What an end client is asked to pay for the cycle after ``due_on``; one for each cycle, a cancelled one apart.

    ``token`` is the unguessable part of the address of its page. ``amount_cents`` less ``cost_cents`` is the margin that
    becomes the partner's credit when it is paid; ``received_cents`` is what has arrived.
    """

    __tablename__ = "retail_charges"
    __table_args__ = (
        CheckConstraint("amount_cents >= cost_cents AND cost_cents >= 0", name="amounts"),
        Index("ix_retail_charges_partner_id", "partner_id", "id"),
        Index(
            "uq_retail_charges_cycle", "client_id", "due_on", unique=True,
            sqlite_where=_STANDING, postgresql_where=_STANDING,
        ),
        Index("ix_retail_charges_open", "partner_id", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"))
    token: Mapped[str] = mapped_column(String(43), unique=True)
    txid: Mapped[str] = mapped_column(String(25), unique=True)
    due_on: Mapped[date]
    next_due_on: Mapped[date]
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_on: Mapped[date]
    cost_cents: Mapped[int]
    amount_cents: Mapped[int]
    price_version_id: Mapped[int | None] = mapped_column(ForeignKey("price_versions.id"))
    received_cents: Mapped[int] = mapped_column(default=0, server_default="0")
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RetailLine(db.Model):  # type: ignore[name-defined,misc]
    """One item of a retail charge (``portal.domain.retail.RetailLine``)."""

    __tablename__ = "retail_lines"

    retail_charge_id: Mapped[int] = mapped_column(ForeignKey("retail_charges.id"), primary_key=True)
    item: Mapped[Item] = mapped_column(Labelled(Item), primary_key=True)
    quantity: Mapped[int]
    unit_cents: Mapped[int]
    cost_cents: Mapped[int]


class ReminderSending(db.Model):  # type: ignore[name-defined,misc]
    """That a reminder about a due date was handed on."""

    __tablename__ = "reminder_sendings"

    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    due_on: Mapped[date] = mapped_column(primary_key=True)
    reminder: Mapped[Reminder] = mapped_column(Labelled(Reminder), primary_key=True)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
