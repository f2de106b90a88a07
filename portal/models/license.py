"""What a client's license consists of: items, pending changes, codes and their sendings, installations, seats in use."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.catalogue import Item
from portal.domain.codes import SendingWay
from portal.extensions import db
from portal.models.types import Labelled, UtcDateTime


class LicenseItem(db.Model):  # type: ignore[name-defined,misc]
    """The base license or an auxiliary product that a client holds, with its quantity."""

    __tablename__ = "license_items"
    __table_args__ = (
        UniqueConstraint("client_id", "item"),
        CheckConstraint("quantity >= 1", name="quantity"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"))
    item: Mapped[Item] = mapped_column(Labelled(Item))
    quantity: Mapped[int] = mapped_column(default=1)
    since_on: Mapped[date]


class PendingChange(db.Model):  # type: ignore[name-defined,misc]
    """A quantity that counts from a later day on; 0 means that the item goes (DOMAIN §5, removing)."""

    __tablename__ = "pending_changes"
    __table_args__ = (
        UniqueConstraint("client_id", "item", "effective_on"),
        CheckConstraint("quantity >= 0", name="quantity"),
        Index("ix_pending_changes_effective_on", "effective_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"))
    item: Mapped[Item] = mapped_column(Labelled(Item))
    effective_on: Mapped[date]
    quantity: Mapped[int]


class RegistrationCode(db.Model):  # type: ignore[name-defined,misc]
    """A code that activates an installation once (DOMAIN §7). Unused while neither consumed nor revoked.

    ``supersedes_id`` is the installation that a reissued code was made to replace: its key lives until the code is used.
    """

    __tablename__ = "registration_codes"
    __table_args__ = (
        Index("ix_registration_codes_client_id", "client_id"),
        Index(
            "ix_registration_codes_unused",
            "partner_id",
            "issued_at",
            sqlite_where=text("consumed_at IS NULL AND revoked_at IS NULL"),
            postgresql_where=text("consumed_at IS NULL AND revoked_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"))
    item: Mapped[Item] = mapped_column(Labelled(Item), default=Item.BASE)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    consumed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    supersedes_id: Mapped[int | None] = mapped_column(ForeignKey("installations.id"))


class CodeSending(db.Model):  # type: ignore[name-defined,misc]
    """That a code was handed on: how, when and by whom; a code may be sent more than once."""

    __tablename__ = "code_sendings"
    __table_args__ = (Index("ix_code_sendings_code_id", "code_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("registration_codes.id"))
    way: Mapped[SendingWay] = mapped_column(Labelled(SendingWay))
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class Installation(db.Model):  # type: ignore[name-defined,misc]
    """An activated program: its key, the version and the device it last reported.

    ``device_id`` is the program's own name for the machine, which its key is bound to ("" where it was never told);
    ``device`` is what people call it. ``request_hash`` is the SHA-256 of the random key of the activation: sent again, it
    finds what it did. ``leaves_on`` is the day from which a Link Móvel that was chosen to leave has no seat.
    """

    __tablename__ = "installations"
    __table_args__ = (
        Index("ix_installations_client_id", "client_id"),
        Index("uq_installations_request_hash", "request_hash", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"))
    item: Mapped[Item] = mapped_column(Labelled(Item), default=Item.BASE)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    device: Mapped[str] = mapped_column(String(120), default="")
    device_id: Mapped[str] = mapped_column(String(64), default="", server_default=text("''"))
    version: Mapped[str] = mapped_column(String(20), default="")
    activated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    leaves_on: Mapped[date | None]
    request_hash: Mapped[str | None] = mapped_column(String(64))


_UNRELEASED = text("released_at IS NULL")


class Seat(db.Model):  # type: ignore[name-defined,misc]
    """A seat in use: a session of a simultaneous-use item on a device; ``freed_by_id`` is who ended it from the portal."""

    __tablename__ = "seats"
    __table_args__ = (
        Index("ix_seats_client_id_item", "client_id", "item"),
        Index(
            "uq_seats_device", "client_id", "item", "device_id", unique=True,
            sqlite_where=_UNRELEASED, postgresql_where=_UNRELEASED,
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"))
    item: Mapped[Item] = mapped_column(Labelled(Item))
    device: Mapped[str] = mapped_column(String(120))
    device_id: Mapped[str] = mapped_column(String(64), default="", server_default=text("''"))
    leased_at: Mapped[datetime] = mapped_column(UtcDateTime)
    heard_at: Mapped[datetime] = mapped_column(UtcDateTime)
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    freed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
