"""Money owed: price table versions, orders that changed a license, the charges they made with every line's arithmetic."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.catalogue import Item, Product
from portal.domain.charges import ChargeKind, OrderKind
from portal.extensions import db
from portal.models.types import JsonMap, Labelled, UtcDateTime

IS_OPEN = text("paid_at IS NULL AND reversed_at IS NULL")


class PriceVersion(db.Model):  # type: ignore[name-defined,misc]
    """A version of the price table, valid from a date on; it is never changed, and withdrawn only before that date comes."""

    __tablename__ = "price_versions"
    __table_args__ = (Index("ix_price_versions_valid_from", "valid_from", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    valid_from: Mapped[date]
    note: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Price(db.Model):  # type: ignore[name-defined,misc]
    """What one unit of an item costs the partner for one cycle, in cents."""

    __tablename__ = "prices"
    __table_args__ = (CheckConstraint("cents >= 0", name="cents"),)

    version_id: Mapped[int] = mapped_column(ForeignKey("price_versions.id"), primary_key=True)
    product: Mapped[Product] = mapped_column(Labelled(Product), primary_key=True)
    item: Mapped[Item] = mapped_column(Labelled(Item), primary_key=True)
    cents: Mapped[int]


class WithheldItem(db.Model):  # type: ignore[name-defined,misc]
    """An item that a product does not offer for the time being; who holds it keeps it."""

    __tablename__ = "withheld_items"

    product: Mapped[Product] = mapped_column(Labelled(Product), primary_key=True)
    item: Mapped[Item] = mapped_column(Labelled(Item), primary_key=True)
    since_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LicenseOrder(db.Model):  # type: ignore[name-defined,misc]
    """An order ("pedido"): what a registration, a change or a reactivation made of a client's license.

    ``before`` and ``after`` hold quantities, pending changes and whatever else the order changed, ``after`` also the ids of
    the codes issued for it, so that it can be undone the same day (DOMAIN §5, "Estornar pedido"). ``event_id`` is its
    protocol.
    """

    __tablename__ = "license_orders"
    __table_args__ = (Index("ix_license_orders_client_id", "client_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"))
    kind: Mapped[OrderKind] = mapped_column(Labelled(OrderKind))
    event_id: Mapped[int] = mapped_column(ForeignKey("audit_events.id"), unique=True)
    ordered_on: Mapped[date]
    before: Mapped[dict[str, Any]] = mapped_column(JsonMap)
    after: Mapped[dict[str, Any]] = mapped_column(JsonMap)
    reversed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Charge(db.Model):  # type: ignore[name-defined,misc]
    """What the partner owes for one order; open while neither paid nor reversed.

    ``amount_cents`` is the sum of its lines. ``price_version_id`` is the version that all of them were made from.
    """

    __tablename__ = "charges"
    __table_args__ = (
        CheckConstraint("amount_cents >= 0", name="amount_cents"),
        Index("ix_charges_partner_id", "partner_id", "charged_on", "id"),
        Index("ix_charges_client_id", "client_id", "id"),
        Index("ix_charges_open", "partner_id", "id", sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("license_orders.id"), unique=True)
    kind: Mapped[ChargeKind] = mapped_column(Labelled(ChargeKind))
    charged_at: Mapped[datetime] = mapped_column(UtcDateTime)
    charged_on: Mapped[date]
    through_on: Mapped[date]
    amount_cents: Mapped[int]
    price_version_id: Mapped[int] = mapped_column(ForeignKey("price_versions.id"))
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reversed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ChargeLine(db.Model):  # type: ignore[name-defined,misc]
    """One item of a charge: ``days`` of ``divisor`` days at ``unit_cents`` a unit (``portal.domain.charges.Line``)."""

    __tablename__ = "charge_lines"

    charge_id: Mapped[int] = mapped_column(ForeignKey("charges.id"), primary_key=True)
    item: Mapped[Item] = mapped_column(Labelled(Item), primary_key=True)
    quantity: Mapped[int]
    unit_cents: Mapped[int]
    days: Mapped[int]
    divisor: Mapped[int]
    amount_cents: Mapped[int]
