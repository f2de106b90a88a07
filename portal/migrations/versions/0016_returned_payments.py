"""How much of a payment was taken back: as the bank says, and as staff booked it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0012"
branch_labels = None
depends_on = None

COLUMNS = ("returned_cents", "told_return_cents")


def upgrade() -> None:
    """Add both columns."""
    for name in COLUMNS:
        op.add_column("payments", sa.Column(name, sa.Integer(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    for name in COLUMNS:
        op.drop_column("payments", name)
