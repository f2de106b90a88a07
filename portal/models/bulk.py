"""Orders to change many clients, and what became of each of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.actions import Action
from portal.domain.bulk import LineResult
from portal.domain.statuses import Status
from portal.extensions import db
from portal.models.types import Labelled, UtcDateTime

OPEN = text("result IS NULL")


class BulkOrder(db.Model):  # type: ignore[name-defined,misc]
    """One action on many clients, as it was drawn up, confirmed and carried out.

    ``key`` is random and stands in the order's address and forms: the same form sent again finds the same order.
    ``criteria`` is the query string of the list that it was drawn up from. ``undoes_id`` is the order that this one
    takes back. ``done`` and ``unchanged`` count the lines that have a result, in the transaction that gives them one.
    """

    __tablename__ = "bulk_orders"
    __table_args__ = (
        Index("ix_bulk_orders_user_id", "user_id", "id"),
        Index("ix_bulk_orders_partner_id", "partner_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user_name: Mapped[str] = mapped_column(String(120))
    action: Mapped[Action] = mapped_column(Labelled(Action))
    reason: Mapped[str] = mapped_column(String(200), default="")
    criteria: Mapped[str] = mapped_column(Text, default="")
    lines: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0, server_default="0")
    unchanged: Mapped[int] = mapped_column(default=0, server_default="0")
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("bulk_orders.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BulkLine(db.Model):  # type: ignore[name-defined,misc]
    """One client of an order.

    ``base_version`` is the client's version when the order was drawn up: whoever changes the client afterwards makes
    the line stale. ``event_id`` is the protocol of what was done, ``refused_status`` the status that did not allow it,
    ``undoes_event_id`` the event that the line takes back.
    """

    __tablename__ = "bulk_lines"
    __table_args__ = (Index("ix_bulk_lines_open", "order_id", "client_id", sqlite_where=OPEN, postgresql_where=OPEN),)

    order_id: Mapped[int] = mapped_column(ForeignKey("bulk_orders.id"), primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    base_version: Mapped[int]
    undoes_event_id: Mapped[int | None] = mapped_column(ForeignKey("audit_events.id"))
    result: Mapped[LineResult | None] = mapped_column(Labelled(LineResult))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("audit_events.id"))
    refused_status: Mapped[Status | None] = mapped_column(Labelled(Status))
