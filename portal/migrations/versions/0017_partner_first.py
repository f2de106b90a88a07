"""On PostgreSQL, whatever touches clients takes the partner's row before its tallies, as orders and credit do.

The other way round an edit could wait for an order that waited for the edit; the database ends such a circle by refusing one.
"""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

NEW = "SELECT *, 1 AS one FROM new_rows"
OLD = "SELECT *, -1 AS one FROM old_rows"
FUNCTIONS = {"clients_inserted": NEW, "clients_deleted": OLD, "clients_updated": f"{OLD} UNION ALL {NEW}"}


def upgrade() -> None:
    """Touch partners, in the order of their ids, then tallies."""
    _replace(is_partner_first=True)


def downgrade() -> None:
    """Touch tallies, then partners."""
    _replace(is_partner_first=False)


def _replace(*, is_partner_first: bool) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for name, rows in FUNCTIONS.items():
        steps = [_partners(rows), _tallies(rows)] if is_partner_first else [_tallies(rows), _partners(rows)]
        op.execute(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN {steps[0]} {steps[1]} RETURN NULL; END $$"
        )


def _partners(rows: str) -> str:
    """Return the statement that moves the counters of the partners whose clients one statement touched."""
    return f"""
        PERFORM id FROM partners WHERE id IN (SELECT partner_id FROM ({rows}) AS touched) ORDER BY id FOR NO KEY UPDATE;
        UPDATE partners SET revision = revision + 1
        WHERE id IN (SELECT DISTINCT partner_id FROM ({rows}) AS touched);
    """  # noqa: S608 - no outside text


def _tallies(rows: str) -> str:
    """Return the statement that settles the tallies of all rows that one statement touched, in key order."""
    return f"""
        INSERT INTO client_tallies
            (partner_id, due_on, is_pending, is_hidden, is_suspended, clients, with_unused_code)
        SELECT partner_id, coalesce(due_on, '9999-12-31'), pending_at IS NOT NULL, hidden_at IS NOT NULL,
            suspended_at IS NOT NULL, sum(one), sum(CASE WHEN unused_codes > 0 THEN one ELSE 0 END)
        FROM ({rows}) AS touched
        WHERE archived_at IS NULL
        GROUP BY 1, 2, 3, 4, 5
        HAVING sum(one) <> 0 OR sum(CASE WHEN unused_codes > 0 THEN one ELSE 0 END) <> 0
        ORDER BY 1, 2, 3, 4, 5
        ON CONFLICT (partner_id, due_on, is_pending, is_hidden, is_suspended) DO UPDATE SET
            clients = client_tallies.clients + excluded.clients,
            with_unused_code = client_tallies.with_unused_code + excluded.with_unused_code;
    """  # noqa: S608 - no outside text
