"""A partner's people: invitations, the second step of a sign-in, how the vendor reaches the company."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

OPEN_INVITATION = "accepted_at IS NULL AND withdrawn_at IS NULL"


def upgrade() -> None:
    """Add the columns and create the tables."""
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    _create_recovery_codes()
    _create_invitations()


def downgrade() -> None:
    """Drop them."""
    op.drop_table("invitations")
    op.drop_table("recovery_codes")
    for table, columns in _columns().items():
        for column in columns:
            op.drop_column(table, column.name)


def _moment(name: str, *, is_needed: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not is_needed)


def _word(name: str, length: int, *, is_needed: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=not is_needed)


def _blank(name: str, length: int) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), server_default=sa.text("''"), nullable=False)


def _columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "users": [
            sa.Column("sealed_totp", sa.Text(), nullable=True),
            _moment("totp_since"),
            sa.Column("totp_last_step", sa.Integer(), nullable=True),
            _moment("totp_reset_at"),
            _word("totp_reset_by", 120, is_needed=False),
        ],
        "partners": [_blank("email", 254), _blank("phone", 11), _moment("totp_demanded_at")],
    }


def _create_recovery_codes() -> None:
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        _word("code_hash", 64),
        _moment("used_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_recovery_codes_user_id")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_recovery_codes_code_hash")),
    )
    op.create_index("ix_recovery_codes_user_id", "recovery_codes", ["user_id"])


def _create_invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=True),
        _word("key", 32),
        _word("token_hash", 64),
        _word("email", 254),
        _word("name", 120),
        _word("role", 24),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        _moment("sent_at", is_needed=True),
        _moment("expires_at", is_needed=True),
        _moment("accepted_at"),
        _moment("withdrawn_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_invitations_partner_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_invitations_created_by_id")),
        sa.UniqueConstraint("key", name=op.f("uq_invitations_key")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
    )
    op.create_index("ix_invitations_partner_id", "invitations", ["partner_id", "id"])
    only: dict[str, Any] = {"sqlite_where": sa.text(OPEN_INVITATION), "postgresql_where": sa.text(OPEN_INVITATION)}
    op.create_index("uq_invitations_open", "invitations", ["partner_id", "email"], unique=True, **only)
