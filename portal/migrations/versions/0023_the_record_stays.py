"""What was recorded is never changed or deleted; indexes for those who search it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

SQLITE_TRIGGERS = tuple(
    f"CREATE TRIGGER audit_events_{event.lower()} BEFORE {event} ON audit_events "
    "BEGIN SELECT RAISE(ABORT, 'the record of what was done is never changed'); END"
    for event in ("UPDATE", "DELETE")
)
POSTGRESQL_TRIGGERS = (
    "CREATE FUNCTION audit_events_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ "
    "BEGIN RAISE EXCEPTION 'the record of what was done is never changed'; END $$",
    "CREATE TRIGGER audit_events_fixed BEFORE UPDATE OR DELETE ON audit_events "
    "FOR EACH ROW EXECUTE FUNCTION audit_events_fixed()",
    "CREATE TRIGGER audit_events_kept BEFORE TRUNCATE ON audit_events "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_events_fixed()",
)
INDEXES = {
    "ix_audit_events_at": ["at", "id"],
    "ix_audit_events_actor_id": ["actor_id", "at", "id", "action"],
    "ix_audit_events_action": ["action", "at", "id"],
    "ix_audit_events_partner_id": ["partner_id", "at", "id", "action"],
}


def upgrade() -> None:
    """Refuse changes from now on, and add the indexes."""
    op.drop_index("ix_audit_events_partner_id", "audit_events")
    for name, columns in INDEXES.items():
        op.create_index(name, "audit_events", columns)
    for statement in SQLITE_TRIGGERS if _is_sqlite() else POSTGRESQL_TRIGGERS:
        op.execute(sa.text(statement))


def downgrade() -> None:
    """Allow them again."""
    if _is_sqlite():
        for event in ("update", "delete"):
            op.execute(f"DROP TRIGGER audit_events_{event}")
    else:
        op.execute("DROP TRIGGER audit_events_fixed ON audit_events")
        op.execute("DROP TRIGGER audit_events_kept ON audit_events")
        op.execute("DROP FUNCTION audit_events_fixed()")
    for name in INDEXES:
        op.drop_index(name, "audit_events")
    op.create_index("ix_audit_events_partner_id", "audit_events", ["partner_id", "id"])


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
