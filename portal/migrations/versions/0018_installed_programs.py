"""Installed programs: devices, contacts, pairings, backups asked for, signing keys; digital certificates."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLES = ("contacts", "pairings", "cloud_backups", "signing_keys", "certificates")
UNRELEASED = "released_at IS NULL"
OPEN_BACKUP = "done_at IS NULL AND cancelled_at IS NULL"
CURRENT = "ended_at IS NULL"


def upgrade() -> None:
    """Add the columns and create the tables; a reference is spelled out, because alembic would copy SQLite's table."""
    _add_columns()
    _create_contacts()
    _create_pairings()
    _create_backups()
    _create_keys()
    _create_certificates()


def downgrade() -> None:
    """Drop them."""
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_index("uq_seats_device", "seats")
    op.drop_index("uq_installations_request_hash", "installations")
    op.execute("ALTER TABLE seats DROP COLUMN freed_by_id")
    op.drop_column("seats", "device_id")
    for name in ("device_id", "leaves_on", "request_hash"):
        op.drop_column("installations", name)


def _only(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _moment(name: str, *, is_needed: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not is_needed)


def _number(name: str, *, is_needed: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=not is_needed)


def _word(name: str, length: int, *, is_needed: bool = True, has_default: bool = False) -> sa.Column[Any]:
    return sa.Column(
        name, sa.String(length), server_default=sa.text("''") if has_default else None, nullable=not is_needed
    )


def _create(table: str, *columns: Any, to: dict[str, str], unique: tuple[str, ...] = ()) -> None:
    """Create a table with an id (unless its first column is the key), its references and its unique columns."""
    key = "client_id" if table == "contacts" else "id"
    op.create_table(
        table,
        *(() if key == "client_id" else (_number("id"),)),
        *columns,
        sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
            for column, other in to.items()
        ),
        *(sa.UniqueConstraint(column, name=op.f(f"uq_{table}_{column}")) for column in unique),
    )


def _add_columns() -> None:
    op.add_column("installations", _word("device_id", 64, has_default=True))
    op.add_column("installations", sa.Column("leaves_on", sa.Date(), nullable=True))
    op.add_column("installations", _word("request_hash", 64, is_needed=False))
    op.create_index("uq_installations_request_hash", "installations", ["request_hash"], unique=True)
    op.add_column("seats", _word("device_id", 64, has_default=True))
    op.execute("ALTER TABLE seats ADD COLUMN freed_by_id INTEGER CONSTRAINT fk_seats_freed_by_id REFERENCES users (id)")
    op.execute("UPDATE seats SET device_id = 'seat-' || id")  # no two programs are the same as far as anybody knows
    columns = ["client_id", "item", "device_id"]
    op.create_index("uq_seats_device", "seats", columns, unique=True, **_only(UNRELEASED))


def _create_contacts() -> None:
    _create(
        "contacts",
        _number("client_id"),
        _number("partner_id"),
        _moment("last_seen_at", is_needed=True),
        sa.Column("peaks", sa.JSON(), nullable=True),
        _word("cloud_health", 24, is_needed=False),
        _word("cloud_detail", 200, has_default=True),
        _moment("cloud_reported_at"),
        _moment("cloud_synced_at"),
        to={"client_id": "clients", "partner_id": "partners"},
    )
    op.create_index("ix_contacts_partner_id", "contacts", ["partner_id", "last_seen_at"])


def _create_pairings() -> None:
    _create(
        "pairings",
        _number("client_id", is_needed=False),
        _word("request_hash", 64),
        _word("number", 7),
        _word("device", 120),
        _word("device_id", 64),
        _word("version", 20),
        _moment("asked_at", is_needed=True),
        _moment("refused_at"),
        _number("installation_id", is_needed=False),
        to={"client_id": "clients", "installation_id": "installations"},
        unique=("request_hash",),
    )
    op.create_index("ix_pairings_client_id", "pairings", ["client_id"])


def _create_backups() -> None:
    _create(
        "cloud_backups",
        _number("partner_id"),
        _number("client_id"),
        _moment("requested_at", is_needed=True),
        _number("requested_by_id"),
        _moment("handed_out_at"),
        _moment("done_at"),
        _moment("cancelled_at"),
        _word("failure", 200, has_default=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        to={"partner_id": "partners", "client_id": "clients", "requested_by_id": "users"},
    )
    op.create_index("ix_cloud_backups_client_id", "cloud_backups", ["client_id", "id"])
    op.create_index("uq_cloud_backups_open", "cloud_backups", ["client_id"], unique=True, **_only(OPEN_BACKUP))


def _create_keys() -> None:
    _create(
        "signing_keys",
        _word("kid", 16),
        _word("public_key", 43),
        sa.Column("sealed_private_key", sa.Text(), nullable=False),
        _moment("created_at", is_needed=True),
        _moment("retired_at"),
        to={},
        unique=("kid",),
    )


def _create_certificates() -> None:
    _create(
        "certificates",
        _number("partner_id"),
        _number("client_id"),
        sa.Column("sealed_content", sa.Text(), nullable=True),
        sa.Column("sealed_password", sa.Text(), nullable=True),
        _word("csc_id", 6, has_default=True),
        sa.Column("sealed_csc", sa.Text(), nullable=True),
        _word("holder", 200),
        _word("document", 14),
        _word("issuer", 200),
        _word("serial", 64),
        _word("fingerprint", 64),
        _moment("not_before", is_needed=True),
        _moment("not_after", is_needed=True),
        _moment("uploaded_at", is_needed=True),
        _number("uploaded_by_id"),
        _moment("ended_at"),
        _word("ended_as", 24, is_needed=False),
        to={"partner_id": "partners", "client_id": "clients", "uploaded_by_id": "users"},
    )
    op.create_index("ix_certificates_client_id", "certificates", ["client_id", "id"])
    op.create_index("uq_certificates_current", "certificates", ["client_id"], unique=True, **_only(CURRENT))
    op.create_index("ix_certificates_not_after", "certificates", ["partner_id", "not_after"], **_only(CURRENT))
