"""What the vendor decides: rejected registrations, partners' versions, withdrawn prices, items not offered, staff's visits."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from portal.domain.search import search_key

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None

WAITING = "pending_at IS NOT NULL AND archived_at IS NULL"
KEY = sa.String(480).with_variant(sa.String(480, collation="C"), "postgresql")


def upgrade() -> None:
    """Add columns, indexes and tables."""
    op.add_column("clients", _moment("rejected_at", is_needed=False))
    only = {"sqlite_where": sa.text(WAITING), "postgresql_where": sa.text(WAITING)}
    op.create_index("ix_clients_waiting", "clients", ["pending_at", "id"], **only)  # type: ignore[arg-type]
    op.add_column("price_versions", _moment("withdrawn_at", is_needed=False))
    op.add_column("partners", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.add_column("partners", sa.Column("search_key", KEY, server_default=sa.text("''"), nullable=False))
    _fill_search_keys()
    op.create_index("ix_partners_name", "partners", ["search_key", "id"])
    _create_withheld_items()
    _create_staff_visits()


def downgrade() -> None:
    """Drop them."""
    op.drop_table("staff_visits")
    op.drop_table("withheld_items")
    op.drop_index("ix_partners_name", "partners")
    for name in ("search_key", "version"):
        op.drop_column("partners", name)
    op.drop_column("price_versions", "withdrawn_at")
    op.drop_index("ix_clients_waiting", "clients")
    op.drop_column("clients", "rejected_at")


def _moment(name: str, *, is_needed: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not is_needed)


def _fill_search_keys() -> None:
    """Write by what the partners that are there already are looked for."""
    partners = sa.table("partners", sa.column("id"), sa.column("name"), sa.column("document"), sa.column("search_key"))
    connection = op.get_bind()
    for row in connection.execute(sa.select(partners.c.id, partners.c.name, partners.c.document)).all():
        key = search_key(row.name, row.document)
        connection.execute(sa.update(partners).where(partners.c.id == row.id).values(search_key=key))


def _create_withheld_items() -> None:
    op.create_table(
        "withheld_items",
        sa.Column("product", sa.String(24), nullable=False),
        sa.Column("item", sa.String(24), nullable=False),
        _moment("since_at"),
        sa.PrimaryKeyConstraint("product", "item", name=op.f("pk_withheld_items")),
    )


def _create_staff_visits() -> None:
    op.create_table(
        "staff_visits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("user_name", sa.String(120), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        _moment("began_at"),
        _moment("ends_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_visits")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_staff_visits_partner_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_staff_visits_user_id")),
    )
    op.create_index("ix_staff_visits_partner_id", "staff_visits", ["partner_id", "id"])
    op.create_index("ix_staff_visits_user_id", "staff_visits", ["user_id", "ends_at"])
