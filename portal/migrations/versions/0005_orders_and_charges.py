"""Price table, orders, charges, pending changes, sendings of codes; undone registrations leave every list."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NOT_ARCHIVED = sa.text("archived_at IS NULL")
IS_OPEN = sa.text("paid_at IS NULL AND reversed_at IS NULL")
TABLES = (
    "price_versions", "prices", "license_orders", "charges", "charge_lines", "pending_changes", "code_sendings",
)  # fmt: skip


def upgrade() -> None:
    """Create tables and columns, and count anew: archived clients no more, open charges."""
    _create_prices()
    _create_orders()
    _create_charges()
    _create_changes_and_sendings()
    op.add_column("clients", sa.Column("open_charges", sa.Integer(), server_default="0", nullable=False))
    op.add_column("clients", sa.Column("creation_key", sa.String(32), nullable=True))
    op.add_column("clients", sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
    _index_clients()
    _count_clients("archived_at IS NULL")
    for statement in SQLITE_TRIGGERS if _is_sqlite() else POSTGRESQL_TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    """Drop them; refused by the unique index while an archived document stands beside its successor."""
    _count_clients("true")
    op.drop_index("ix_clients_document", "clients")
    op.create_index("ix_clients_document", "clients", ["partner_id", "document", "product"], unique=True)
    for index in ("ix_clients_held", "ix_clients_open_charges", "uq_clients_creation_key"):
        op.drop_index(index, "clients")
    for table in reversed(TABLES):
        op.drop_table(table)
    for column in ("archived_at", "creation_key", "open_charges"):
        op.drop_column("clients", column)
    if not _is_sqlite():
        op.execute("DROP FUNCTION charges_changed()")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _create_prices() -> None:
    op.create_table(
        "price_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_price_versions_created_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_versions")),
    )
    op.create_index("ix_price_versions_valid_from", "price_versions", ["valid_from", "id"])
    op.create_table(
        "prices",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("product", sa.String(24), nullable=False),
        sa.Column("item", sa.String(24), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.CheckConstraint("cents >= 0", name=op.f("ck_prices_cents")),
        sa.ForeignKeyConstraint(["version_id"], ["price_versions.id"], name=op.f("fk_prices_version_id")),
        sa.PrimaryKeyConstraint("version_id", "product", "item", name=op.f("pk_prices")),
    )


def _create_orders() -> None:
    op.create_table(
        "license_orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("ordered_on", sa.Date(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("reversed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_license_orders_client_id")),
        sa.ForeignKeyConstraint(["event_id"], ["audit_events.id"], name=op.f("fk_license_orders_event_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_license_orders_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_license_orders")),
        sa.UniqueConstraint("event_id", name=op.f("uq_license_orders_event_id")),
    )
    op.create_index("ix_license_orders_client_id", "license_orders", ["client_id", "id"])


def _create_charges() -> None:
    op.create_table(
        "charges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("charged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("charged_on", sa.Date(), nullable=False),
        sa.Column("through_on", sa.Date(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("price_version_id", sa.Integer(), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reversed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount_cents >= 0", name=op.f("ck_charges_amount_cents")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_charges_client_id")),
        sa.ForeignKeyConstraint(["order_id"], ["license_orders.id"], name=op.f("fk_charges_order_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_charges_partner_id")),
        sa.ForeignKeyConstraint(["price_version_id"], ["price_versions.id"], name=op.f("fk_charges_price_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charges")),
        sa.UniqueConstraint("order_id", name=op.f("uq_charges_order_id")),
    )
    op.create_index("ix_charges_partner_id", "charges", ["partner_id", "id"])
    op.create_index("ix_charges_client_id", "charges", ["client_id", "id"])
    op.create_index("ix_charges_open", "charges", ["partner_id", "id"], sqlite_where=IS_OPEN, postgresql_where=IS_OPEN)
    op.create_table(
        "charge_lines",
        sa.Column("charge_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(24), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("quantity", "unit_cents", "days", "divisor", "amount_cents")
        ),
        sa.ForeignKeyConstraint(["charge_id"], ["charges.id"], name=op.f("fk_charge_lines_charge_id")),
        sa.PrimaryKeyConstraint("charge_id", "item", name=op.f("pk_charge_lines")),
    )


def _create_changes_and_sendings() -> None:
    op.create_table(
        "pending_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(24), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_pending_changes_quantity")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_pending_changes_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_changes")),
        sa.UniqueConstraint(
            "client_id", "item", "effective_on", name=op.f("uq_pending_changes_client_id_item_effective_on")
        ),
    )
    op.create_index("ix_pending_changes_effective_on", "pending_changes", ["effective_on"])
    op.create_table(
        "code_sendings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code_id", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(24), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["code_id"], ["registration_codes.id"], name=op.f("fk_code_sendings_code_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_code_sendings_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_sendings")),
    )
    op.create_index("ix_code_sendings_code_id", "code_sendings", ["code_id", "id"])


def _index_clients() -> None:
    """Let a document be registered again once its registration was undone."""
    only: dict[str, Any] = {"sqlite_where": NOT_ARCHIVED, "postgresql_where": NOT_ARCHIVED}
    op.drop_index("ix_clients_document", "clients")
    op.create_index("ix_clients_document", "clients", ["partner_id", "document", "product"], unique=True, **only)
    op.create_index("ix_clients_held", "clients", ["document", "product"], **only)
    owing: dict[str, Any] = {
        "sqlite_where": sa.text("open_charges > 0"),
        "postgresql_where": sa.text("open_charges > 0"),
    }
    op.create_index("ix_clients_open_charges", "clients", ["partner_id", "search_key", "id"], **owing)
    op.create_index("uq_clients_creation_key", "clients", ["creation_key"], unique=True)


def _count_clients(condition: str) -> None:
    """Make the triggers that keep client_tallies anew, for the clients of a condition."""
    if not _is_sqlite():
        for name, rows in FUNCTIONS.items():
            op.execute(_postgresql_function(name, rows.format(condition=condition)))
        return
    for event in ("insert", "delete", "update"):
        op.execute(f"DROP TRIGGER clients_count_{event}")
    counted = COUNTED + (", archived_at" if "archived_at" in condition else "")
    minus, plus = _sqlite_count("OLD", "-", condition), _sqlite_count("NEW", "+", condition)
    op.execute(f"CREATE TRIGGER clients_count_insert AFTER INSERT ON clients BEGIN {plus} END")
    op.execute(f"CREATE TRIGGER clients_count_delete AFTER DELETE ON clients BEGIN {minus} END")
    op.execute(f"CREATE TRIGGER clients_count_update AFTER UPDATE OF {counted} ON clients BEGIN {minus} {plus} END")


COUNTED = "partner_id, due_on, pending_at, hidden_at, suspended_at, unused_codes"


def _sqlite_count(row: str, sign: str, condition: str) -> str:
    """Return the statement that adds one client row to (or takes it from) its tally."""
    where = condition.replace("archived_at", f"{row}.archived_at")
    return f"""
        INSERT INTO client_tallies
            (partner_id, due_on, is_pending, is_hidden, is_suspended, clients, with_unused_code)
        SELECT {row}.partner_id, coalesce({row}.due_on, '9999-12-31'), {row}.pending_at IS NOT NULL,
            {row}.hidden_at IS NOT NULL, {row}.suspended_at IS NOT NULL, {sign}1, {sign}({row}.unused_codes > 0)
        WHERE {where}
        ON CONFLICT (partner_id, due_on, is_pending, is_hidden, is_suspended) DO UPDATE SET
            clients = clients + excluded.clients, with_unused_code = with_unused_code + excluded.with_unused_code;
    """


FUNCTIONS = {
    "clients_inserted": "SELECT *, 1 AS one, {condition} AS is_counted FROM new_rows",
    "clients_deleted": "SELECT *, -1 AS one, {condition} AS is_counted FROM old_rows",
    "clients_updated": "SELECT *, -1 AS one, {condition} AS is_counted FROM old_rows "
    "UNION ALL SELECT *, 1 AS one, {condition} AS is_counted FROM new_rows",
}


def _postgresql_function(name: str, rows: str) -> str:
    """Return the function that settles the tallies of all rows that one statement touched, in key order."""
    return f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO client_tallies
                (partner_id, due_on, is_pending, is_hidden, is_suspended, clients, with_unused_code)
            SELECT partner_id, coalesce(due_on, '9999-12-31'), pending_at IS NOT NULL, hidden_at IS NOT NULL,
                suspended_at IS NOT NULL, sum(one), sum(CASE WHEN unused_codes > 0 THEN one ELSE 0 END)
            FROM ({rows}) AS touched
            WHERE is_counted
            GROUP BY 1, 2, 3, 4, 5
            HAVING sum(one) <> 0 OR sum(CASE WHEN unused_codes > 0 THEN one ELSE 0 END) <> 0
            ORDER BY 1, 2, 3, 4, 5
            ON CONFLICT (partner_id, due_on, is_pending, is_hidden, is_suspended) DO UPDATE SET
                clients = client_tallies.clients + excluded.clients,
                with_unused_code = client_tallies.with_unused_code + excluded.with_unused_code;
            UPDATE partners SET revision = revision + 1
            WHERE id IN (SELECT DISTINCT partner_id FROM ({rows}) AS touched);
            RETURN NULL;
        END $$
    """  # noqa: S608 - no outside text


def _sqlite_open(row: str, sign: str) -> str:
    """Return the statement that adds a charge to its client's count of open ones, or takes it away."""
    return f"""
        UPDATE clients SET open_charges = open_charges {sign} 1
        WHERE id = {row}.client_id AND {row}.paid_at IS NULL AND {row}.reversed_at IS NULL;
    """  # noqa: S608 - no outside text


SQLITE_TRIGGERS = (
    f"CREATE TRIGGER charges_open_insert AFTER INSERT ON charges BEGIN {_sqlite_open('NEW', '+')} END",
    f"CREATE TRIGGER charges_open_delete AFTER DELETE ON charges BEGIN {_sqlite_open('OLD', '-')} END",
    "CREATE TRIGGER charges_open_update AFTER UPDATE OF paid_at, reversed_at, client_id ON charges BEGIN "
    f"{_sqlite_open('OLD', '-')} {_sqlite_open('NEW', '+')} END",
)
POSTGRESQL_TRIGGERS = (
    """
        CREATE FUNCTION charges_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'INSERT' AND OLD.paid_at IS NULL AND OLD.reversed_at IS NULL THEN
                UPDATE clients SET open_charges = open_charges - 1 WHERE id = OLD.client_id;
            END IF;
            IF TG_OP <> 'DELETE' AND NEW.paid_at IS NULL AND NEW.reversed_at IS NULL THEN
                UPDATE clients SET open_charges = open_charges + 1 WHERE id = NEW.client_id;
            END IF;
            RETURN NULL;
        END $$
    """,
    "CREATE TRIGGER charges_changed AFTER INSERT OR DELETE OR UPDATE OF paid_at, reversed_at, client_id "
    "ON charges FOR EACH ROW EXECUTE FUNCTION charges_changed()",
)
