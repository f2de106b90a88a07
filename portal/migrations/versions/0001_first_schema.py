"""The first schema: partners, people, clients, licenses, audit; counters kept by triggers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

DUE_ORDER = sa.text("coalesce(due_on, '9999-12-31')")
TABLES = (
    "attempts",
    "partners",
    "client_tallies",
    "users",
    "clients",
    "form_drafts",
    "password_resets",
    "user_sessions",
    "audit_events",
    "installations",
    "license_items",
    "registration_codes",
    "seats",
)


def _bytewise(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """Create tables, indexes and triggers."""
    _create_tables()
    for flag in ("pending", "hidden", "suspended"):
        condition = sa.text(f"{flag}_at IS NOT NULL")
        op.create_index(
            f"ix_clients_{flag}",
            "clients",
            ["partner_id", DUE_ORDER, "id"],
            sqlite_where=condition,
            postgresql_where=condition,
        )
    op.create_index("ix_clients_due", "clients", ["partner_id", DUE_ORDER, "id"])
    op.create_index("ix_clients_id", "clients", ["partner_id", sa.text("abs(id)")])
    statements = SQLITE_TRIGGERS if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_TRIGGERS
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    """Drop everything."""
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for function in ("clients_inserted", "clients_updated", "clients_deleted", "registration_codes_changed"):
            op.execute(f"DROP FUNCTION IF EXISTS {function}()")


def _create_tables() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(24), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index("ix_attempts_scope_subject_at", "attempts", ["scope", "subject", "at"], unique=False)
    op.create_table(
        "partners",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("document", sa.String(14), nullable=False),
        sa.Column("due_day", sa.Integer(), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("due_day BETWEEN 1 AND 28", name=op.f("ck_partners_due_day")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partners")),
        sa.UniqueConstraint("document", name=op.f("uq_partners_document")),
    )
    op.create_table(
        "client_tallies",
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("is_pending", sa.Boolean(), nullable=False),
        sa.Column("is_hidden", sa.Boolean(), nullable=False),
        sa.Column("is_suspended", sa.Boolean(), nullable=False),
        sa.Column("clients", sa.Integer(), nullable=False),
        sa.Column("with_unused_code", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_client_tallies_partner_id")),
        sa.PrimaryKeyConstraint(
            "partner_id", "due_on", "is_pending", "is_hidden", "is_suspended", name=op.f("pk_client_tallies")
        ),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("role", sa.String(24), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deactivated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_users_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_index(op.f("ix_users_partner_id"), "users", ["partner_id"], unique=False)
    op.create_table(
        "clients",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(150), nullable=False),
        sa.Column("search_key", _bytewise(480), nullable=False),
        sa.Column("document", _bytewise(14), nullable=False),
        sa.Column("product", sa.String(24), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_day", sa.Integer(), nullable=False),
        sa.Column("renewal_method", sa.String(24), nullable=False),
        sa.Column("uf", sa.String(2), nullable=False),
        sa.Column("city_code", sa.String(7), nullable=False),
        sa.Column("city", sa.String(60), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("phone", sa.String(20), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("pending_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pending_reason", sa.String(200), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_by_id", sa.Integer(), nullable=True),
        sa.Column("suspension_reason", sa.String(200), nullable=False),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_by_id", sa.Integer(), nullable=True),
        sa.Column("unused_codes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("pending_at IS NOT NULL OR due_on IS NOT NULL", name=op.f("ck_clients_due_unless_pending")),
        sa.ForeignKeyConstraint(["hidden_by_id"], ["users.id"], name=op.f("fk_clients_hidden_by_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_clients_partner_id")),
        sa.ForeignKeyConstraint(["suspended_by_id"], ["users.id"], name=op.f("fk_clients_suspended_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
    )
    op.create_index("ix_clients_document", "clients", ["partner_id", "document", "product"], unique=True)
    op.create_index("ix_clients_name", "clients", ["partner_id", "search_key", "id"], unique=False)
    op.create_index("ix_clients_product", "clients", ["partner_id", "product", "id"], unique=False)
    op.create_index("ix_clients_registered", "clients", ["partner_id", "registered_on", "id"], unique=False)
    op.create_index(
        "ix_clients_unused_codes",
        "clients",
        ["partner_id", "search_key", "id"],
        unique=False,
        sqlite_where=sa.text("unused_codes > 0"),
        postgresql_where=sa.text("unused_codes > 0"),
    )
    op.create_table(
        "form_drafts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(200), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_form_drafts_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_drafts")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_form_drafts_token_hash")),
    )
    op.create_index(op.f("ix_form_drafts_user_id"), "form_drafts", ["user_id"], unique=False)
    op.create_table(
        "password_resets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_password_resets_created_by_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_password_resets_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_resets")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_password_resets_token_hash")),
    )
    op.create_index(op.f("ix_password_resets_user_id"), "password_resets", ["user_id"], unique=False)
    op.create_table(
        "user_sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("user_agent", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_sessions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_sessions_token_hash")),
    )
    op.create_index(op.f("ix_user_sessions_user_id"), "user_sessions", ["user_id"], unique=False)
    op.create_table(
        "audit_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=True),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(120), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=True),
        sa.Column("fingerprint", sa.String(64), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_audit_events_actor_id")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_audit_events_client_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_audit_events_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
    )
    op.create_index("ix_audit_events_client_id", "audit_events", ["client_id", "id"], unique=False)
    op.create_index("ix_audit_events_partner_id", "audit_events", ["partner_id", "id"], unique=False)
    op.create_index(
        "uq_audit_events_client_id_base_version", "audit_events", ["client_id", "base_version"], unique=True
    )
    op.create_table(
        "installations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(24), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("device", sa.String(120), nullable=False),
        sa.Column("version", sa.String(20), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_installations_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installations")),
        sa.UniqueConstraint("key", name=op.f("uq_installations_key")),
    )
    op.create_index("ix_installations_client_id", "installations", ["client_id"], unique=False)
    op.create_table(
        "license_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(24), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_license_items_quantity")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_license_items_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_license_items")),
        sa.UniqueConstraint("client_id", "item", name=op.f("uq_license_items_client_id_item")),
    )
    op.create_table(
        "registration_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(24), nullable=False),
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consumed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_registration_codes_client_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_registration_codes_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_codes")),
        sa.UniqueConstraint("code", name=op.f("uq_registration_codes_code")),
    )
    op.create_index("ix_registration_codes_client_id", "registration_codes", ["client_id"], unique=False)
    op.create_index(
        "ix_registration_codes_unused",
        "registration_codes",
        ["partner_id", "issued_at"],
        unique=False,
        sqlite_where=sa.text("consumed_at IS NULL AND revoked_at IS NULL"),
        postgresql_where=sa.text("consumed_at IS NULL AND revoked_at IS NULL"),
    )
    op.create_table(
        "seats",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(24), nullable=False),
        sa.Column("device", sa.String(120), nullable=False),
        sa.Column("leased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_seats_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seats")),
    )
    op.create_index("ix_seats_client_id_item", "seats", ["client_id", "item"], unique=False)


def _sqlite_count(row: str, sign: str) -> str:
    """Return the statement that adds one client row to (or takes it from) its tally."""
    return f"""
        INSERT INTO client_tallies
            (partner_id, due_on, is_pending, is_hidden, is_suspended, clients, with_unused_code)
        VALUES ({row}.partner_id, coalesce({row}.due_on, '9999-12-31'), {row}.pending_at IS NOT NULL,
            {row}.hidden_at IS NOT NULL, {row}.suspended_at IS NOT NULL, {sign}1, {sign}({row}.unused_codes > 0))
        ON CONFLICT (partner_id, due_on, is_pending, is_hidden, is_suspended) DO UPDATE SET
            clients = clients + excluded.clients, with_unused_code = with_unused_code + excluded.with_unused_code;
    """  # noqa: S608 - no outside text


def _sqlite_unused(row: str, sign: str) -> str:
    """Return the statement that adds a code to its client's count of unused ones, or takes it away."""
    return f"""
        UPDATE clients SET unused_codes = unused_codes {sign} 1
        WHERE id = {row}.client_id AND {row}.consumed_at IS NULL AND {row}.revoked_at IS NULL;
    """  # noqa: S608 - no outside text


COUNTED = "partner_id, due_on, pending_at, hidden_at, suspended_at, unused_codes"
SQLITE_TRIGGERS = (
    f"CREATE TRIGGER clients_count_insert AFTER INSERT ON clients BEGIN {_sqlite_count('NEW', '+')} END",
    f"CREATE TRIGGER clients_count_delete AFTER DELETE ON clients BEGIN {_sqlite_count('OLD', '-')} END",
    f"CREATE TRIGGER clients_count_update AFTER UPDATE OF {COUNTED} ON clients BEGIN "
    f"{_sqlite_count('OLD', '-')} {_sqlite_count('NEW', '+')} END",
    *(
        f"CREATE TRIGGER clients_revise_{event.lower()} AFTER {event} ON clients BEGIN "  # noqa: S608
        f"UPDATE partners SET revision = revision + 1 WHERE id IN ({ids}); END"
        for event, ids in (
            ("INSERT", "NEW.partner_id"),
            ("UPDATE", "OLD.partner_id, NEW.partner_id"),
            ("DELETE", "OLD.partner_id"),
        )
    ),
    f"CREATE TRIGGER codes_unused_insert AFTER INSERT ON registration_codes BEGIN {_sqlite_unused('NEW', '+')} END",
    f"CREATE TRIGGER codes_unused_delete AFTER DELETE ON registration_codes BEGIN {_sqlite_unused('OLD', '-')} END",
    "CREATE TRIGGER codes_unused_update AFTER UPDATE OF consumed_at, revoked_at, client_id ON registration_codes BEGIN "
    f"{_sqlite_unused('OLD', '-')} {_sqlite_unused('NEW', '+')} END",
)


def _postgresql_function(name: str, rows: str) -> str:
    """Return the function that settles the tallies of all rows that one statement touched, in key order."""
    return f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO client_tallies
                (partner_id, due_on, is_pending, is_hidden, is_suspended, clients, with_unused_code)
            SELECT partner_id, coalesce(due_on, '9999-12-31'), pending_at IS NOT NULL, hidden_at IS NOT NULL,
                suspended_at IS NOT NULL, sum(one), sum(CASE WHEN unused_codes > 0 THEN one ELSE 0 END)
            FROM ({rows}) AS touched
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


NEW_ROWS = "SELECT *, 1 AS one FROM new_rows"
OLD_ROWS = "SELECT *, -1 AS one FROM old_rows"
POSTGRESQL_TRIGGERS = (
    _postgresql_function("clients_inserted", NEW_ROWS),
    _postgresql_function("clients_deleted", OLD_ROWS),
    _postgresql_function("clients_updated", f"{OLD_ROWS} UNION ALL {NEW_ROWS}"),
    "CREATE TRIGGER clients_inserted AFTER INSERT ON clients REFERENCING NEW TABLE AS new_rows "
    "FOR EACH STATEMENT EXECUTE FUNCTION clients_inserted()",
    "CREATE TRIGGER clients_deleted AFTER DELETE ON clients REFERENCING OLD TABLE AS old_rows "
    "FOR EACH STATEMENT EXECUTE FUNCTION clients_deleted()",
    "CREATE TRIGGER clients_updated AFTER UPDATE ON clients REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows "
    "FOR EACH STATEMENT EXECUTE FUNCTION clients_updated()",
    """
        CREATE FUNCTION registration_codes_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'INSERT' AND OLD.consumed_at IS NULL AND OLD.revoked_at IS NULL THEN
                UPDATE clients SET unused_codes = unused_codes - 1 WHERE id = OLD.client_id;
            END IF;
            IF TG_OP <> 'DELETE' AND NEW.consumed_at IS NULL AND NEW.revoked_at IS NULL THEN
                UPDATE clients SET unused_codes = unused_codes + 1 WHERE id = NEW.client_id;
            END IF;
            RETURN NULL;
        END $$
    """,
    "CREATE TRIGGER registration_codes_changed AFTER INSERT OR DELETE OR UPDATE OF consumed_at, revoked_at, client_id "
    "ON registration_codes FOR EACH ROW EXECUTE FUNCTION registration_codes_changed()",
)
