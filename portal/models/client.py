"""Clients and the counters kept over them. Facts only: no status is stored (DOMAIN §1)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.catalogue import Product, RenewalMethod
from portal.extensions import db
from portal.models.types import Labelled, UtcDateTime, bytewise

DUE_ORDER = text("coalesce(due_on, '9999-12-31')")
"""Due dates with "none yet" last, as an expression that both databases index."""

ID_ORDER = text("abs(id)")
"""Ids as an expression, which the primary key does not order: PostgreSQL would walk it past all other partners' rows."""


def _only(condition: str) -> dict[str, Any]:
    """Restrict an index to the rows of a condition, on both databases."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Client(db.Model):  # type: ignore[name-defined,misc]
    """One registration: one document with one product at one partner.

    ``due_on`` is the last day paid for, inclusive. ``version`` grows with every change made through the portal and is
    what a form must carry. ``unused_codes`` and ``open_charges`` are kept by triggers on the codes and the charges.
    ``search_key`` is ``portal.domain.search.search_key`` of name and document. ``creation_key`` is the random key of the
    form that registered the client. ``next_method`` is a renewal method that counts from the next renewal on.
    ``uses_both_at`` on a Navi row says that its Link registration does not replace it. ``paused_at``: neither charges nor
    reminders go to the end client. ``released_*`` are the due date that was released on trust, and its last day. ``rejected_at``: the vendor refused the
    registration, ``pending_reason`` says why, and it waits for the partner.
    An archived registration was undone or given up: no list, counter or address knows it.
    """

    __tablename__ = "clients"
    __table_args__ = (
        CheckConstraint("pending_at IS NOT NULL OR due_on IS NOT NULL", name="due_unless_pending"),
        Index("ix_clients_name", "partner_id", "search_key", "id"),
        Index("ix_clients_document", "partner_id", "document", "product", unique=True, **_only("archived_at IS NULL")),
        Index("ix_clients_held", "document", "product", **_only("archived_at IS NULL")),
        Index("ix_clients_registered", "partner_id", "registered_on", "id"),
        Index("ix_clients_product", "partner_id", "product", "id"),
        Index("ix_clients_id", "partner_id", ID_ORDER),
        Index("ix_clients_due", "partner_id", DUE_ORDER, "id"),
        Index("ix_clients_pending", "partner_id", DUE_ORDER, "id", **_only("pending_at IS NOT NULL")),
        Index("ix_clients_hidden", "partner_id", DUE_ORDER, "id", **_only("hidden_at IS NOT NULL")),
        Index("ix_clients_suspended", "partner_id", DUE_ORDER, "id", **_only("suspended_at IS NOT NULL")),
        Index("ix_clients_unused_codes", "partner_id", "search_key", "id", **_only("unused_codes > 0")),
        Index("ix_clients_open_charges", "partner_id", "search_key", "id", **_only("open_charges > 0")),
        Index("ix_clients_waiting", "pending_at", "id", **_only("pending_at IS NOT NULL AND archived_at IS NULL")),
        Index("uq_clients_creation_key", "creation_key", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    name: Mapped[str] = mapped_column(String(150))
    search_key: Mapped[str] = mapped_column(bytewise(480))
    document: Mapped[str] = mapped_column(bytewise(14))
    product: Mapped[Product] = mapped_column(Labelled(Product))
    registered_on: Mapped[date]
    due_on: Mapped[date | None]
    due_day: Mapped[int] = mapped_column(default=10)
    renewal_method: Mapped[RenewalMethod] = mapped_column(Labelled(RenewalMethod), default=RenewalMethod.MANUAL)
    uf: Mapped[str] = mapped_column(String(2))
    city_code: Mapped[str] = mapped_column(String(7))
    city: Mapped[str] = mapped_column(String(60))
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(20), default="")
    notes: Mapped[str] = mapped_column(Text, default="")
    pending_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pending_reason: Mapped[str] = mapped_column(String(200), default="")
    rejected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspended_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    suspension_reason: Mapped[str] = mapped_column(String(200), default="")
    hidden_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    hidden_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    unused_codes: Mapped[int] = mapped_column(default=0, server_default="0")
    open_charges: Mapped[int] = mapped_column(default=0, server_default="0")
    next_method: Mapped[RenewalMethod | None] = mapped_column(Labelled(RenewalMethod))
    uses_both_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    released_due_on: Mapped[date | None]
    released_through_on: Mapped[date | None]
    creation_key: Mapped[str | None] = mapped_column(String(32))
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class ClientTally(db.Model):  # type: ignore[name-defined,misc]
    """How many clients share a partner, a due date and the three flags; kept by triggers, never written by hand.

    A partner's due dates are few, so the counters of a list cost a few hundred short rows, however many clients there
    are, and a status stays a question of today. No due date is kept as 9999-12-31. ``with_unused_code`` counts the clients of
    the group that have an unused code.
    """

    __tablename__ = "client_tallies"

    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"), primary_key=True)
    due_on: Mapped[date] = mapped_column(primary_key=True)
    is_pending: Mapped[bool] = mapped_column(primary_key=True)
    is_hidden: Mapped[bool] = mapped_column(primary_key=True)
    is_suspended: Mapped[bool] = mapped_column(primary_key=True)
    clients: Mapped[int] = mapped_column(default=0)
    with_unused_code: Mapped[int] = mapped_column(default=0)
