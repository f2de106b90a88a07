"""The counters that triggers keep, counted anew from the rows themselves."""

from __future__ import annotations

from sqlalchemy.engine import Connection

UNUSED_CODES = """
    UPDATE clients SET unused_codes = counted.codes
    FROM (
        SELECT clients.id, count(registration_codes.id) AS codes
        FROM clients LEFT JOIN registration_codes ON registration_codes.client_id = clients.id
            AND registration_codes.consumed_at IS NULL AND registration_codes.revoked_at IS NULL
        GROUP BY clients.id
    ) AS counted
    WHERE counted.id = clients.id AND clients.unused_codes <> counted.codes
"""
TALLIES = """
    INSERT INTO client_tallies (partner_id, due_on, is_pending, is_hidden, is_suspended, clients, with_unused_code)
    SELECT partner_id, coalesce(due_on, '9999-12-31'), pending_at IS NOT NULL, hidden_at IS NOT NULL,
        suspended_at IS NOT NULL, count(*), sum(CASE WHEN unused_codes > 0 THEN 1 ELSE 0 END)
    FROM clients
    GROUP BY 1, 2, 3, 4, 5
"""


def rebuild_counters(connection: Connection) -> None:
    """Recompute ``clients.unused_codes`` and ``client_tallies`` in the caller's transaction.

    Three statements, whatever the number of clients; for use after a bulk load, or to repair.
    """
    connection.exec_driver_sql(UNUSED_CODES)
    connection.exec_driver_sql("DELETE FROM client_tallies")
    connection.exec_driver_sql(TALLIES)
