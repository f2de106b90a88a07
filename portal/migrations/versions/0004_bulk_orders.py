"""Orders to change many clients, and their lines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OPEN = sa.text("result IS NULL")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "bulk_orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("user_name", sa.String(120), nullable=False),
        sa.Column("action", sa.String(24), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("criteria", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("undoes_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_bulk_orders_partner_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_bulk_orders_user_id")),
        sa.ForeignKeyConstraint(["undoes_id"], ["bulk_orders.id"], name=op.f("fk_bulk_orders_undoes_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_orders")),
        sa.UniqueConstraint("key", name=op.f("uq_bulk_orders_key")),
    )
    op.create_index("ix_bulk_orders_user_id", "bulk_orders", ["user_id", "id"])
    op.create_table(
        "bulk_lines",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("undoes_event_id", sa.Integer(), nullable=True),
        sa.Column("result", sa.String(24), nullable=True),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("refused_status", sa.String(24), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["bulk_orders.id"], name=op.f("fk_bulk_lines_order_id")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_bulk_lines_client_id")),
        sa.ForeignKeyConstraint(["undoes_event_id"], ["audit_events.id"], name=op.f("fk_bulk_lines_undoes_event_id")),
        sa.ForeignKeyConstraint(["event_id"], ["audit_events.id"], name=op.f("fk_bulk_lines_event_id")),
        sa.PrimaryKeyConstraint("order_id", "client_id", name=op.f("pk_bulk_lines")),
    )
    op.create_index(
        "ix_bulk_lines_open", "bulk_lines", ["order_id", "client_id"], sqlite_where=OPEN, postgresql_where=OPEN
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("bulk_lines")
    op.drop_table("bulk_orders")
