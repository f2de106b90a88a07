"""What a client's programs last told, kept beside the client: a check-in changes no row that a list shows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from portal.extensions import db
from portal.models import Client, Contact


def note(client: Client, *, now: datetime, **facts: Any) -> None:
    """Write down that a client's program was heard of, with what it told. Does not commit."""
    dialect: Any = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    new = {"last_seen_at": now} | facts
    insert = dialect.insert(Contact).values(client_id=client.id, partner_id=client.partner_id, **new)
    db.session.execute(insert.on_conflict_do_update(index_elements=["client_id"], set_=new))
