"""Notices, mutes and the open notices' counters; triggers settle what needs no decision any more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OPEN = sa.text("NOT is_settled AND dismissed_at IS NULL")
UNSETTLED = sa.text("NOT is_settled")
PUT_OFF = sa.text("NOT is_settled AND postponed_to IS NOT NULL")
FUNCTIONS = (
    "notices_inserted", "notices_updated", "notices_deleted", "clients_settle_notices", "registration_codes_settle_notices",
)  # fmt: skip


def upgrade() -> None:
    """Create tables, indexes and triggers."""
    _create_notices()
    _create_mutes_and_tallies()
    statements = SQLITE_TRIGGERS if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_TRIGGERS
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    """Drop everything; the triggers on other tables first."""
    if op.get_bind().dialect.name == "sqlite":
        for trigger in ("clients_settle_notices", "codes_settle_notices_update", "codes_settle_notices_delete"):
            op.execute(f"DROP TRIGGER {trigger}")
    else:
        op.execute("DROP TRIGGER clients_settle_notices ON clients")
        op.execute("DROP TRIGGER registration_codes_settle_notices ON registration_codes")
    for table in ("notice_tallies", "notice_mutes", "notices"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}()")


def _create_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_settled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dismissed_by_id", sa.Integer(), nullable=True),
        sa.Column("postponed_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_notices_client_id")),
        sa.ForeignKeyConstraint(["dismissed_by_id"], ["users.id"], name=op.f("fk_notices_dismissed_by_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_notices_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint(
            "partner_id",
            "kind",
            "subject_id",
            "effective_on",
            name=op.f("uq_notices_partner_id_kind_subject_id_effective_on"),
        ),
    )
    op.create_index(
        "ix_notices_open",
        "notices",
        ["partner_id", "kind", "effective_on", "id", "postponed_to", "client_id"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index(
        "ix_notices_client_id", "notices", ["client_id"], sqlite_where=UNSETTLED, postgresql_where=UNSETTLED
    )
    op.create_index("ix_notices_due_on", "notices", ["due_on"])
    op.create_index(
        "ix_notices_postponed_to", "notices", ["postponed_to"], sqlite_where=PUT_OFF, postgresql_where=PUT_OFF
    )


def _create_mutes_and_tallies() -> None:
    op.create_table(
        "notice_mutes",
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("muted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("muted_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_notice_mutes_client_id")),
        sa.ForeignKeyConstraint(["muted_by_id"], ["users.id"], name=op.f("fk_notice_mutes_muted_by_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_notice_mutes_partner_id")),
        sa.PrimaryKeyConstraint("client_id", "kind", name=op.f("pk_notice_mutes")),
    )
    op.create_index(op.f("ix_notice_mutes_partner_id"), "notice_mutes", ["partner_id"])
    op.create_table(
        "notice_tallies",
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("postponed_to", sa.Date(), nullable=False),
        sa.Column("notices", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_notice_tallies_partner_id")),
        sa.PrimaryKeyConstraint("partner_id", "kind", "due_on", "postponed_to", name=op.f("pk_notice_tallies")),
    )


def _sqlite_count(row: str, sign: str) -> str:
    """Return the statements that add a notice to (or take it from) its tally, if open, and revise its partner's list."""
    return f"""
        INSERT INTO notice_tallies (partner_id, kind, due_on, postponed_to, notices)
        SELECT {row}.partner_id, {row}.kind, coalesce({row}.due_on, '9999-12-31'),
            coalesce({row}.postponed_to, '0001-01-01'), {sign}1
        WHERE NOT {row}.is_settled AND {row}.dismissed_at IS NULL
        ON CONFLICT (partner_id, kind, due_on, postponed_to) DO UPDATE SET notices = notices + excluded.notices;
        UPDATE partners SET revision = revision + 1 WHERE id = {row}.partner_id;
    """  # noqa: S608 - no outside text


COUNTED = "partner_id, kind, due_on, postponed_to, is_settled, dismissed_at"
CODE_KINDS = "('code_30', 'code_7', 'code_1')"
SQLITE_TRIGGERS = (
    f"CREATE TRIGGER notices_count_insert AFTER INSERT ON notices BEGIN {_sqlite_count('NEW', '+')} END",
    f"CREATE TRIGGER notices_count_delete AFTER DELETE ON notices BEGIN {_sqlite_count('OLD', '-')} END",
    f"CREATE TRIGGER notices_count_update AFTER UPDATE OF {COUNTED} ON notices BEGIN "
    f"{_sqlite_count('OLD', '-')} {_sqlite_count('NEW', '+')} END",
    """
        CREATE TRIGGER clients_settle_notices AFTER UPDATE OF due_on, pending_at, hidden_at, partner_id ON clients
        WHEN NEW.due_on IS NOT OLD.due_on OR NEW.partner_id <> OLD.partner_id
            OR (NEW.pending_at IS NOT NULL AND OLD.pending_at IS NULL)
            OR (NEW.hidden_at IS NOT NULL AND OLD.hidden_at IS NULL)
        BEGIN
            UPDATE notices SET is_settled = true
            WHERE client_id = NEW.id AND NOT is_settled AND (
                (due_on IS NOT NULL AND due_on IS NOT NEW.due_on) OR NEW.partner_id <> OLD.partner_id
                OR (NEW.pending_at IS NOT NULL AND OLD.pending_at IS NULL)
                OR (NEW.hidden_at IS NOT NULL AND OLD.hidden_at IS NULL)
            );
        END
    """,
    f"""
        CREATE TRIGGER codes_settle_notices_update AFTER UPDATE OF consumed_at, revoked_at, client_id
        ON registration_codes
        WHEN NEW.consumed_at IS NOT NULL OR NEW.revoked_at IS NOT NULL OR NEW.client_id <> OLD.client_id
        BEGIN
            UPDATE notices SET is_settled = true
            WHERE client_id = OLD.client_id AND NOT is_settled AND subject_id = OLD.id AND kind IN {CODE_KINDS};
        END
    """,  # noqa: S608 - no outside text
    f"""
        CREATE TRIGGER codes_settle_notices_delete AFTER DELETE ON registration_codes
        BEGIN
            UPDATE notices SET is_settled = true
            WHERE client_id = OLD.client_id AND NOT is_settled AND subject_id = OLD.id AND kind IN {CODE_KINDS};
        END
    """,  # noqa: S608 - no outside text
)


def _postgresql_function(name: str, rows: str) -> str:
    """Return the function that counts all notices that one statement touched, in key order."""
    return f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO notice_tallies (partner_id, kind, due_on, postponed_to, notices)
            SELECT partner_id, kind, coalesce(due_on, '9999-12-31'), coalesce(postponed_to, '0001-01-01'), sum(one)
            FROM ({rows}) AS touched
            WHERE NOT is_settled AND dismissed_at IS NULL
            GROUP BY 1, 2, 3, 4
            HAVING sum(one) <> 0
            ORDER BY 1, 2, 3, 4
            ON CONFLICT (partner_id, kind, due_on, postponed_to)
                DO UPDATE SET notices = notice_tallies.notices + excluded.notices;
            UPDATE partners SET revision = revision + 1
            WHERE id IN (SELECT DISTINCT partner_id FROM ({rows}) AS touched);
            RETURN NULL;
        END $$
    """  # noqa: S608 - no outside text


NEW_ROWS = "SELECT *, 1 AS one FROM new_rows"
OLD_ROWS = "SELECT *, -1 AS one FROM old_rows"
POSTGRESQL_TRIGGERS = (
    _postgresql_function("notices_inserted", NEW_ROWS),
    _postgresql_function("notices_deleted", OLD_ROWS),
    _postgresql_function("notices_updated", f"{OLD_ROWS} UNION ALL {NEW_ROWS}"),
    "CREATE TRIGGER notices_inserted AFTER INSERT ON notices REFERENCING NEW TABLE AS new_rows "
    "FOR EACH STATEMENT EXECUTE FUNCTION notices_inserted()",
    "CREATE TRIGGER notices_deleted AFTER DELETE ON notices REFERENCING OLD TABLE AS old_rows "
    "FOR EACH STATEMENT EXECUTE FUNCTION notices_deleted()",
    "CREATE TRIGGER notices_updated AFTER UPDATE ON notices REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows "
    "FOR EACH STATEMENT EXECUTE FUNCTION notices_updated()",
    """
        CREATE FUNCTION clients_settle_notices() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE notices SET is_settled = true
            FROM new_rows AS now JOIN old_rows AS before ON before.id = now.id
            WHERE notices.client_id = now.id AND NOT notices.is_settled AND (
                (now.due_on IS DISTINCT FROM before.due_on AND notices.due_on IS DISTINCT FROM now.due_on
                    AND notices.due_on IS NOT NULL)
                OR now.partner_id <> before.partner_id
                OR (now.pending_at IS NOT NULL AND before.pending_at IS NULL)
                OR (now.hidden_at IS NOT NULL AND before.hidden_at IS NULL)
            );
            RETURN NULL;
        END $$
    """,
    "CREATE TRIGGER clients_settle_notices AFTER UPDATE ON clients "
    "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows "
    "FOR EACH STATEMENT EXECUTE FUNCTION clients_settle_notices()",
    f"""
        CREATE FUNCTION registration_codes_settle_notices() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' OR NEW.consumed_at IS NOT NULL OR NEW.revoked_at IS NOT NULL
                OR NEW.client_id <> OLD.client_id
            THEN
                UPDATE notices SET is_settled = true
                WHERE client_id = OLD.client_id AND NOT is_settled AND subject_id = OLD.id AND kind IN {CODE_KINDS};
            END IF;
            RETURN NULL;
        END $$
    """,  # noqa: S608 - no outside text
    "CREATE TRIGGER registration_codes_settle_notices AFTER DELETE OR UPDATE OF consumed_at, revoked_at, client_id "
    "ON registration_codes FOR EACH ROW EXECUTE FUNCTION registration_codes_settle_notices()",
)
