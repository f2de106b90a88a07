"""Invoices, payments and credit; retail prices and charges; decisions about renewals, releases on trust."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

CLIENT_COLUMNS: dict[str, Any] = {
    "next_method": sa.String(24),
    "uses_both_at": sa.DateTime(timezone=True),
    "paused_at": sa.DateTime(timezone=True),
    "released_due_on": sa.Date(),
    "released_through_on": sa.Date(),
}
TABLES = (
    "renewal_decisions", "retail_prices", "retail_charges", "retail_lines", "reminder_sendings", "invoices",
    "invoice_lines", "invoice_items", "payments", "credit_accounts", "credit_entries",
)  # fmt: skip


def upgrade() -> None:
    """Create the tables and add the columns."""
    _create_retail()
    _create_invoices()
    _create_money()
    for statement in SQLITE_TRIGGERS if _is_sqlite() else POSTGRESQL_TRIGGERS:
        op.execute(statement)
    for name, kind in CLIENT_COLUMNS.items():
        op.add_column("clients", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    """Drop them."""
    for name in CLIENT_COLUMNS:
        op.drop_column("clients", name)
    for table in reversed(TABLES):
        op.drop_table(table)
    if not _is_sqlite():
        op.execute("DROP FUNCTION credit_entries_fixed()")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _only(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


SQLITE_TRIGGERS = tuple(
    f"CREATE TRIGGER credit_entries_{event.lower()} BEFORE {event} ON credit_entries "
    "BEGIN SELECT RAISE(ABORT, 'the credit ledger is never changed'); END"
    for event in ("UPDATE", "DELETE")
)
POSTGRESQL_TRIGGERS = (
    "CREATE FUNCTION credit_entries_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ "
    "BEGIN RAISE EXCEPTION 'the credit ledger is never changed'; END $$",
    "CREATE TRIGGER credit_entries_fixed BEFORE UPDATE OR DELETE ON credit_entries "
    "FOR EACH ROW EXECUTE FUNCTION credit_entries_fixed()",
)


def _create_invoices() -> None:
    """Invoices, their lines and the arithmetic of renewals."""
    op.create_table(
        "invoices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("month_on", sa.Date(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_by_id", sa.Integer(), nullable=True),
        sa.Column("txid", sa.String(25), nullable=False),
        sa.Column("lines_cents", sa.Integer(), nullable=False),
        sa.Column("credit_cents", sa.Integer(), nullable=False),
        sa.Column("total_cents", sa.Integer(), nullable=False),
        sa.Column("received_cents", sa.Integer(), server_default="0", nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "credit_cents >= 0 AND total_cents >= 0 AND received_cents >= 0", name=op.f("ck_invoices_amounts")
        ),
        sa.CheckConstraint("lines_cents = credit_cents + total_cents", name=op.f("ck_invoices_sum")),
        sa.CheckConstraint("settled_at IS NULL OR cancelled_at IS NULL", name=op.f("ck_invoices_one_end")),
        sa.ForeignKeyConstraint(["event_id"], ["audit_events.id"], name=op.f("fk_invoices_event_id")),
        sa.ForeignKeyConstraint(["issued_by_id"], ["users.id"], name=op.f("fk_invoices_issued_by_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_invoices_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("key", name=op.f("uq_invoices_key")),
        sa.UniqueConstraint("partner_id", "number", name=op.f("uq_invoices_partner_id_number")),
        sa.UniqueConstraint("txid", name=op.f("uq_invoices_txid")),
    )
    op.create_index(
        "ix_invoices_open", "invoices", ["partner_id", "id"], **_only("settled_at IS NULL AND cancelled_at IS NULL")
    )
    op.create_index("ix_invoices_partner_id", "invoices", ["partner_id", "id"])
    op.create_table(
        "invoice_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("client_name", sa.String(150), nullable=False),
        sa.Column("client_document", sa.String(14), nullable=False),
        sa.Column("charge_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("next_due_on", sa.Date(), nullable=True),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("price_version_id", sa.Integer(), nullable=True),
        sa.Column("is_open", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("outcome", sa.String(24), nullable=True),
        sa.CheckConstraint("(due_on IS NULL) <> (charge_id IS NULL)", name=op.f("ck_invoice_lines_one_subject")),
        sa.CheckConstraint("amount_cents >= 0", name=op.f("ck_invoice_lines_amount_cents")),
        sa.ForeignKeyConstraint(["charge_id"], ["charges.id"], name=op.f("fk_invoice_lines_charge_id")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_invoice_lines_client_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_invoice_lines_invoice_id")),
        sa.ForeignKeyConstraint(
            ["price_version_id"], ["price_versions.id"], name=op.f("fk_invoice_lines_price_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_lines")),
    )
    op.create_index("ix_invoice_lines_client_id", "invoice_lines", ["client_id", "id"])
    op.create_index("ix_invoice_lines_invoice_id", "invoice_lines", ["invoice_id", "id"])
    op.create_index(
        "uq_invoice_lines_charge",
        "invoice_lines",
        ["charge_id"],
        unique=True,
        **_only("is_open AND charge_id IS NOT NULL"),
    )
    op.create_index(
        "uq_invoice_lines_cycle",
        "invoice_lines",
        ["client_id", "due_on"],
        unique=True,
        **_only("is_open AND due_on IS NOT NULL"),
    )
    op.create_table(
        "invoice_items",
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(24), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_cents", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("divisor", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["invoice_lines.id"], name=op.f("fk_invoice_items_line_id")),
        sa.PrimaryKeyConstraint("line_id", "item", name=op.f("pk_invoice_items")),
    )


def _create_retail() -> None:
    """What end clients are asked for, and what was decided about renewals."""
    op.create_table(
        "renewal_decisions",
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(24), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_renewal_decisions_client_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_renewal_decisions_decided_by_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_renewal_decisions_partner_id")),
        sa.PrimaryKeyConstraint("client_id", "due_on", name=op.f("pk_renewal_decisions")),
    )
    op.create_index("ix_renewal_decisions_partner_id", "renewal_decisions", ["partner_id"])
    op.create_table(
        "retail_prices",
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(24), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.CheckConstraint("cents >= 0", name=op.f("ck_retail_prices_cents")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_retail_prices_client_id")),
        sa.PrimaryKeyConstraint("client_id", "item", name=op.f("pk_retail_prices")),
    )
    op.create_table(
        "retail_charges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(43), nullable=False),
        sa.Column("txid", sa.String(25), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("next_due_on", sa.Date(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("cost_cents", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("price_version_id", sa.Integer(), nullable=True),
        sa.Column("received_cents", sa.Integer(), server_default="0", nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount_cents >= cost_cents AND cost_cents >= 0", name=op.f("ck_retail_charges_amounts")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_retail_charges_client_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_retail_charges_partner_id")),
        sa.ForeignKeyConstraint(
            ["price_version_id"], ["price_versions.id"], name=op.f("fk_retail_charges_price_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retail_charges")),
        sa.UniqueConstraint("token", name=op.f("uq_retail_charges_token")),
        sa.UniqueConstraint("txid", name=op.f("uq_retail_charges_txid")),
    )
    op.create_index(
        "ix_retail_charges_open",
        "retail_charges",
        ["partner_id", "id"],
        **_only("paid_at IS NULL AND cancelled_at IS NULL"),
    )
    op.create_index("ix_retail_charges_partner_id", "retail_charges", ["partner_id", "id"])
    op.create_index(
        "uq_retail_charges_cycle",
        "retail_charges",
        ["client_id", "due_on"],
        unique=True,
        **_only("cancelled_at IS NULL"),
    )
    op.create_table(
        "retail_lines",
        sa.Column("retail_charge_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(24), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_cents", sa.Integer(), nullable=False),
        sa.Column("cost_cents", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["retail_charge_id"], ["retail_charges.id"], name=op.f("fk_retail_lines_retail_charge_id")
        ),
        sa.PrimaryKeyConstraint("retail_charge_id", "item", name=op.f("pk_retail_lines")),
    )
    op.create_table(
        "reminder_sendings",
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reminder", sa.String(24), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_reminder_sendings_client_id")),
        sa.ForeignKeyConstraint(["sent_by_id"], ["users.id"], name=op.f("fk_reminder_sendings_sent_by_id")),
        sa.PrimaryKeyConstraint("client_id", "due_on", "reminder", name=op.f("pk_reminder_sendings")),
    )


def _create_money() -> None:
    """What arrived, and the credit ledger, whose lines nobody changes."""
    op.create_table(
        "payments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("end_to_end_id", sa.String(64), nullable=False),
        sa.Column("txid", sa.String(35), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(24), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("partner_id", sa.Integer(), nullable=True),
        sa.Column("invoice_id", sa.Integer(), nullable=True),
        sa.Column("retail_charge_id", sa.Integer(), nullable=True),
        sa.Column("effect", sa.String(24), nullable=False),
        sa.Column("credit_cents", sa.Integer(), server_default="0", nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_payments_amount_cents")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_payments_invoice_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_payments_partner_id")),
        sa.ForeignKeyConstraint(["retail_charge_id"], ["retail_charges.id"], name=op.f("fk_payments_retail_charge_id")),
        sa.ForeignKeyConstraint(["returned_by_id"], ["users.id"], name=op.f("fk_payments_returned_by_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_payments_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("end_to_end_id", name=op.f("uq_payments_end_to_end_id")),
    )
    op.create_index("ix_payments_invoice_id", "payments", ["invoice_id", "id"])
    op.create_index("ix_payments_partner_id", "payments", ["partner_id", "received_at", "id"])
    op.create_index("ix_payments_received_at", "payments", ["received_at", "id"])
    op.create_index("ix_payments_retail_charge_id", "payments", ["retail_charge_id", "id"])
    op.create_table(
        "credit_accounts",
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("balance_cents", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("balance_cents >= 0", name=op.f("ck_credit_accounts_balance_cents")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_credit_accounts_partner_id")),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_credit_accounts")),
    )
    op.create_table(
        "credit_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("balance_cents", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=True),
        sa.Column("payment_id", sa.Integer(), nullable=True),
        sa.Column("retail_charge_id", sa.Integer(), nullable=True),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("amount_cents <> 0", name=op.f("ck_credit_entries_amount_cents")),
        sa.CheckConstraint("balance_cents >= 0", name=op.f("ck_credit_entries_balance_cents")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_credit_entries_client_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_credit_entries_invoice_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_credit_entries_partner_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_credit_entries_payment_id")),
        sa.ForeignKeyConstraint(
            ["retail_charge_id"], ["retail_charges.id"], name=op.f("fk_credit_entries_retail_charge_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_entries")),
    )
    op.create_index("ix_credit_entries_invoice_id", "credit_entries", ["invoice_id"])
    op.create_index("ix_credit_entries_partner_id", "credit_entries", ["partner_id", "id"])
