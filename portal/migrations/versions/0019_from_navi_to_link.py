"""From Navi to Link: who followed whom, backups on their way, a partner's word given in Link's dialogue."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLES = ("navi_migrations", "navi_backups", "navi_backup_pieces", "partner_grants")


def upgrade() -> None:
    """Create the tables, and take note of the clients that hold both products already."""
    _create_migrations()
    _create_backups()
    _create_pieces()
    _create_grants()
    _note_those_who_have_both()


def downgrade() -> None:
    """Drop them."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _moment(name: str, *, is_needed: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not is_needed)


def _number(name: str, *, is_needed: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=not is_needed)


def _word(name: str, length: int, *, is_needed: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=not is_needed)


def _create(table: str, *columns: Any, to: dict[str, str], unique: tuple[str, ...] = ()) -> None:
    """Create a table with an id, its references and its unique columns."""
    op.create_table(
        table,
        _number("id"),
        *columns,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
            for column, other in to.items()
        ),
        *(sa.UniqueConstraint(column, name=op.f(f"uq_{table}_{column}")) for column in unique),
    )


def _create_migrations() -> None:
    _create(
        "navi_migrations",
        _number("partner_id"),
        _number("navi_id"),
        _number("link_id"),
        _moment("ordered_at", is_needed=True),
        sa.Column("navi_due_on", sa.Date(), nullable=True),
        _moment("restored_at"),
        _word("restored_sha256", 64, is_needed=False),
        sa.Column("restored_counts", sa.JSON(), nullable=True),
        sa.Column("restored_receivable_cents", sa.BigInteger(), nullable=True),
        _moment("users_at"),
        _number("users_count", is_needed=False),
        _number("users_by_id", is_needed=False),
        to={"partner_id": "partners", "navi_id": "clients", "link_id": "clients", "users_by_id": "users"},
        unique=("link_id",),
    )
    op.create_index("ix_navi_migrations_partner_id", "navi_migrations", ["partner_id", "id"])
    op.create_index("ix_navi_migrations_navi_id", "navi_migrations", ["navi_id"])


def _create_backups() -> None:
    _create(
        "navi_backups",
        _word("key", 32),
        _number("partner_id"),
        _number("client_id"),
        _word("source", 24),
        _word("state", 24),
        _number("installation_id", is_needed=False),
        _number("user_id", is_needed=False),
        sa.Column("file_name", sa.String(120), server_default=sa.text("''"), nullable=False),
        _word("sha256", 64),
        _number("size_bytes"),
        _word("token_hash", 64, is_needed=False),
        _word("sealed_token", 300, is_needed=False),
        _moment("created_at", is_needed=True),
        _moment("received_at"),
        _moment("expires_at", is_needed=True),
        _moment("ended_at"),
        sa.Column("report", sa.JSON(), nullable=True),
        _moment("checked_at"),
        to={
            "partner_id": "partners",
            "client_id": "clients",
            "installation_id": "installations",
            "user_id": "users",
        },
        unique=("key", "token_hash"),
    )
    op.create_index("ix_navi_backups_client_id", "navi_backups", ["client_id", "id"])
    op.create_index("ix_navi_backups_expires_at", "navi_backups", ["state", "expires_at"])


def _create_pieces() -> None:
    op.create_table(
        "navi_backup_pieces",
        _number("backup_id"),
        _number("number"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("backup_id", "number", name=op.f("pk_navi_backup_pieces")),
        sa.ForeignKeyConstraint(["backup_id"], ["navi_backups.id"], name=op.f("fk_navi_backup_pieces_backup_id")),
    )


def _create_grants() -> None:
    _create(
        "partner_grants",
        _word("token_hash", 64),
        _number("installation_id"),
        _number("user_id"),
        _moment("created_at", is_needed=True),
        _moment("expires_at", is_needed=True),
        _moment("used_at"),
        to={"installation_id": "installations", "user_id": "users"},
        unique=("token_hash",),
    )
    op.create_index("ix_partner_grants_installation_id", "partner_grants", ["installation_id"])


def _note_those_who_have_both() -> None:
    """Where Link was registered on a Navi client's document before, it counts from the day of its registration."""
    columns = ("id", "partner_id", "document", "product", "registered_on", "due_on", "archived_at")
    clients = sa.table("clients", *(sa.column(name) for name in columns))
    clients.c.registered_on.type = clients.c.due_on.type = sa.Date()
    navi, link = clients.alias("navi"), clients.alias("link")
    twins = navi.c.partner_id == link.c.partner_id, navi.c.document == link.c.document
    products = navi.c.product == "navi", link.c.product == "link", navi.c.registered_on <= link.c.registered_on
    living = navi.c.archived_at.is_(None), link.c.archived_at.is_(None)
    found = sa.select(
        navi.c.partner_id, navi.c.id.label("navi_id"), link.c.id.label("link_id"), link.c.registered_on, navi.c.due_on
    )
    connection = op.get_bind()
    pairs = connection.execute(found.where(*twins, *products, *living).order_by(link.c.id)).all()
    rows = [
        {
            "partner_id": pair.partner_id,
            "navi_id": pair.navi_id,
            "link_id": pair.link_id,
            "ordered_at": datetime.combine(pair.registered_on, time(12), UTC),
            "navi_due_on": pair.due_on,
        }
        for pair in pairs
    ]
    if rows:
        plain: list[sa.ColumnClause[Any]] = [sa.column(name) for name in ("partner_id", "navi_id", "link_id")]
        dated: list[sa.ColumnClause[Any]] = [
            sa.column("ordered_at", sa.DateTime(timezone=True)),
            sa.column("navi_due_on", sa.Date()),
        ]
        table = sa.table("navi_migrations", *plain, *dated)
        op.bulk_insert(table, rows)
