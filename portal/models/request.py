"""Requests to the vendor ("TEF", "Importação"), their line of time, and the files that are sent along (DOMAIN §9)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.requests import Move, RequestKind, RequestState, Side
from portal.extensions import db
from portal.models.types import Labelled, UtcDateTime

_EMPTY = text("''")


class ServiceRequest(db.Model):  # type: ignore[name-defined,misc]
    """What a partner asks of the vendor for a client.

    ``key`` is the random key of the form that sent it. A "TEF" has terminals, acquirer, PinPad, establishment; an
    "Importação" has the former system and what is wanted. ``charge_id`` is what it costs, once that is charged;
    ``handler_id`` the Operador who looks after it. ``is_unanswered`` says that the partner wrote last.
    """

    __tablename__ = "requests"
    __table_args__ = (
        CheckConstraint("terminals >= 0", name="terminals"),
        Index("ix_requests_partner_id", "partner_id", "kind", "id"),
        Index("ix_requests_state", "partner_id", "kind", "state", "id"),
        Index("ix_requests_changed_at", "partner_id", "kind", "changed_at", "id"),
        Index("ix_requests_queue", "state", "kind", "id"),
        Index("ix_requests_client_id", "client_id", "id"),
        Index("ix_requests_ended_at", "ended_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"))
    kind: Mapped[RequestKind] = mapped_column(Labelled(RequestKind))
    state: Mapped[RequestState] = mapped_column(Labelled(RequestState))
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    key: Mapped[str] = mapped_column(String(32), unique=True)
    terminals: Mapped[int] = mapped_column(default=0, server_default="0")
    acquirer: Mapped[str] = mapped_column(String(60), default="", server_default=_EMPTY)
    pinpad: Mapped[str] = mapped_column(String(60), default="", server_default=_EMPTY)
    establishment: Mapped[str] = mapped_column(String(30), default="", server_default=_EMPTY)
    contact: Mapped[str] = mapped_column(String(120), default="", server_default=_EMPTY)
    system: Mapped[str] = mapped_column(String(80), default="", server_default=_EMPTY)
    system_version: Mapped[str] = mapped_column(String(40), default="", server_default=_EMPTY)
    wanted: Mapped[str] = mapped_column(Text, default="", server_default=_EMPTY)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    charge_id: Mapped[int | None] = mapped_column(ForeignKey("charges.id"))
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    is_unanswered: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class RequestEntry(db.Model):  # type: ignore[name-defined,misc]
    """A line of a request's time: a message, or a move with its reason; never changed.

    ``move`` is None for a message, for the sending itself, which begins the life, and for a file that was opened.
    ``base_version`` is the request's version that a move was made from, ``key`` the random key of a message's form: sent
    again, each finds what it did by them. ``event_id`` is the protocol.
    """

    __tablename__ = "request_entries"
    __table_args__ = (
        UniqueConstraint("request_id", "base_version"),
        Index("ix_request_entries_request_id", "request_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id"))
    side: Mapped[Side] = mapped_column(Labelled(Side))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user_name: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    move: Mapped[Move | None] = mapped_column(Labelled(Move))
    state: Mapped[RequestState | None] = mapped_column(Labelled(RequestState))
    has_read_file: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    text: Mapped[str] = mapped_column(Text, default="", server_default=_EMPTY)
    base_version: Mapped[int | None]
    key: Mapped[str | None] = mapped_column(String(32), unique=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    event_id: Mapped[int] = mapped_column(ForeignKey("audit_events.id"))


class RequestFile(db.Model):  # type: ignore[name-defined,misc]
    """The file that was sent along with a request; what it holds is sealed, in pieces, and never opened here."""

    __tablename__ = "request_files"

    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))


class RequestPiece(db.Model):  # type: ignore[name-defined,misc]
    """A piece of a request's file, numbered from 0."""

    __tablename__ = "request_pieces"

    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
