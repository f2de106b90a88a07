"""Looking at the server's rows, and changing them behind the browser's back; no lock outlives a call."""

from __future__ import annotations

from sqlalchemy import func, select, update

from portal import clock
from portal.extensions import db
from portal.models import AuditEvent, Client, User, UserSession


def events_of(client: Client) -> int:
    with db.engine.connect() as connection:
        query = select(func.count()).select_from(AuditEvent).where(AuditEvent.client_id == client.id)
        return int(connection.scalar(query) or 0)


def names_in_history(client: Client) -> list[str]:
    with db.engine.connect() as connection:
        query = select(AuditEvent.after).where(AuditEvent.client_id == client.id).order_by(AuditEvent.id)
        return [after["name"] for after in connection.scalars(query)]


def end_sessions(user: User) -> None:
    with db.engine.begin() as connection:
        ended = update(UserSession).where(UserSession.user_id == user.id).values(ended_at=clock.now())
        connection.execute(ended)
