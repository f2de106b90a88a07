"""A reissued code remembers the installation whose key ends when the code is used."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; spelled out, because on SQLite alembic would copy the table and lose its triggers."""
    op.execute(
        "ALTER TABLE registration_codes ADD COLUMN supersedes_id INTEGER "
        "CONSTRAINT fk_registration_codes_supersedes_id REFERENCES installations (id)"
    )


def downgrade() -> None:
    """Drop the column, and its reference with it."""
    op.execute("ALTER TABLE registration_codes DROP COLUMN supersedes_id")
