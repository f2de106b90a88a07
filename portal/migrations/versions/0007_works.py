"""Long work that users start; bulk orders know how many of their lines have a result."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

COUNTERS = ("done", "unchanged")


def upgrade() -> None:
    """Create the table and the counters."""
    op.create_table(
        "works",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("user_name", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("claimed_by", sa.String(100), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_works_partner_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_works_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_works")),
        sa.UniqueConstraint("key", name=op.f("uq_works_key")),
        sa.UniqueConstraint("kind", "subject_id", name=op.f("uq_works_kind_subject_id")),
    )
    op.create_index("ix_works_state", "works", ["state", "heartbeat_at"])
    for name in COUNTERS:
        op.add_column("bulk_orders", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.create_index("ix_bulk_orders_partner_id", "bulk_orders", ["partner_id", "id"])
    op.create_index("ix_bulk_orders_undoes_id", "bulk_orders", ["undoes_id"])
    op.execute("""
        UPDATE bulk_orders SET
            done = (SELECT count(*) FROM bulk_lines WHERE order_id = bulk_orders.id AND result = 'done'),
            unchanged = (SELECT count(*) FROM bulk_lines WHERE order_id = bulk_orders.id AND result <> 'done')
    """)


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_bulk_orders_undoes_id", "bulk_orders")
    op.drop_index("ix_bulk_orders_partner_id", "bulk_orders")
    with op.batch_alter_table("bulk_orders") as orders:
        for name in COUNTERS:
            orders.drop_column(name)
    op.drop_table("works")
