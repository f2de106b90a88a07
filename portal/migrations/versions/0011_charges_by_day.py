"""Charges of a partner in the order in which the ledger shows them: by day."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the ledger read a page from an index instead of sorting the partner's charges."""
    op.drop_index("ix_charges_partner_id", "charges")
    op.create_index("ix_charges_partner_id", "charges", ["partner_id", "charged_on", "id"])


def downgrade() -> None:
    """Order the index by id again."""
    op.drop_index("ix_charges_partner_id", "charges")
    op.create_index("ix_charges_partner_id", "charges", ["partner_id", "id"])
