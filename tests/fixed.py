"""What the database itself keeps from being changed, set aside for a moment: no code of the portal can do so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text

from portal.extensions import db

FIXED = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%is never changed%'"
"""The triggers that let nobody, not even a test's end, change the credit ledger or the record."""


@contextmanager
def unfixed(connection: Any) -> Iterator[None]:
    """Let a connection or session change what is fixed until the block ends, in the same transaction.

    On SQLite the triggers are away for so long; on PostgreSQL none fires, which only a superuser may ask for.
    """
    if db.engine.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        yield
        connection.execute(text("SET LOCAL session_replication_role = DEFAULT"))
        return
    found = connection.execute(text(FIXED)).all()
    for trigger in found:
        connection.execute(text(f"DROP TRIGGER {trigger.name}"))
    yield
    for trigger in found:
        connection.execute(text(trigger.sql))
