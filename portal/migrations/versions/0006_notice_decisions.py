"""Notices remember the event of the last decision about them, so that it can be taken back."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; spelled out, because on SQLite alembic would copy the table and lose its triggers."""
    op.execute(
        "ALTER TABLE notices ADD COLUMN decision_id INTEGER "
        "CONSTRAINT fk_notices_decision_id REFERENCES audit_events (id)"
    )


def downgrade() -> None:
    """Drop the column, and its reference with it."""
    op.execute("ALTER TABLE notices DROP COLUMN decision_id")
