"""Requests to the vendor with their line of time, and the files that are sent along."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLES = ("requests", "request_entries", "request_files", "request_pieces")
INDEXES = {
    "ix_requests_partner_id": ["partner_id", "kind", "id"],
    "ix_requests_state": ["partner_id", "kind", "state", "id"],
    "ix_requests_changed_at": ["partner_id", "kind", "changed_at", "id"],
    "ix_requests_queue": ["state", "kind", "id"],
    "ix_requests_client_id": ["client_id", "id"],
    "ix_requests_ended_at": ["ended_at"],
}
WORDS = {"acquirer": 60, "pinpad": 60, "establishment": 30, "contact": 120, "system": 80, "system_version": 40}


def upgrade() -> None:
    """Create the tables."""
    _create_requests()
    _create_entries()
    _create_files()


def downgrade() -> None:
    """Drop them."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _number(name: str, *, is_needed: bool = True, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), server_default=default, nullable=not is_needed)


def _text(name: str, kind: Any, *, is_needed: bool = True, has_default: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, server_default=sa.text("''") if has_default else None, nullable=not is_needed)


def _moment(name: str, *, is_needed: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not is_needed)


def _mark(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False)


def _to(table: str, **others: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, other in others.items()
    ]


def _create_requests() -> None:
    op.create_table(
        "requests",
        _number("id"),
        _number("partner_id"),
        _number("client_id"),
        _text("kind", sa.String(24)),
        _text("state", sa.String(24)),
        _number("version", default="1"),
        _text("key", sa.String(32)),
        _number("terminals", default="0"),
        *(_text(name, sa.String(length), has_default=True) for name, length in WORDS.items()),
        _text("wanted", sa.Text(), has_default=True),
        _moment("sent_at"),
        _moment("changed_at"),
        _moment("ended_at", is_needed=False),
        _number("charge_id", is_needed=False),
        _number("handler_id", is_needed=False),
        _mark("is_unanswered"),
        sa.CheckConstraint("terminals >= 0", name=op.f("ck_requests_terminals")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
        sa.UniqueConstraint("key", name=op.f("uq_requests_key")),
        *_to("requests", partner_id="partners", client_id="clients", charge_id="charges", handler_id="users"),
    )
    for name, columns in INDEXES.items():
        op.create_index(name, "requests", columns)


def _create_entries() -> None:
    op.create_table(
        "request_entries",
        _number("id"),
        _number("request_id"),
        _text("side", sa.String(24)),
        _number("user_id"),
        _text("user_name", sa.String(120)),
        _moment("at"),
        _text("move", sa.String(24), is_needed=False),
        _text("state", sa.String(24), is_needed=False),
        _mark("has_read_file"),
        _text("text", sa.Text(), has_default=True),
        _number("base_version", is_needed=False),
        _text("key", sa.String(32), is_needed=False),
        _text("fingerprint", sa.String(64)),
        _number("event_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_entries")),
        sa.UniqueConstraint("key", name=op.f("uq_request_entries_key")),
        sa.UniqueConstraint("request_id", "base_version", name=op.f("uq_request_entries_request_id_base_version")),
        *_to("request_entries", request_id="requests", user_id="users", event_id="audit_events"),
    )
    op.create_index("ix_request_entries_request_id", "request_entries", ["request_id", "id"])


def _create_files() -> None:
    op.create_table(
        "request_files",
        _number("request_id"),
        _text("name", sa.String(120)),
        _number("size_bytes"),
        _text("sha256", sa.String(64)),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_request_files")),
        *_to("request_files", request_id="requests"),
    )
    op.create_table(
        "request_pieces",
        _number("request_id"),
        _number("number"),
        _text("sealed", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("request_id", "number", name=op.f("pk_request_pieces")),
        *_to("request_pieces", request_id="requests"),
    )
