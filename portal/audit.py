"""Writing the record of a change, in the same transaction as the change."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any, Protocol

from portal.extensions import db
from portal.models import AuditEvent

SYSTEM = "Portal"


class Actor(Protocol):
    """Who does something: a signed-in user."""

    @property
    def user_id(self) -> int: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102


def fingerprint(action: str, content: dict[str, Any]) -> str:
    """Return the SHA-256 of what a form asks for; the same form sent again has the same one."""
    return hashlib.sha256(json.dumps([action, content], sort_keys=True, default=str).encode()).hexdigest()


def draft(
    action: str,
    *,
    actor: Actor | None,
    now: datetime,
    partner_id: int | None = None,
    client_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
    base_version: int | None = None,
    asked: str | None = None,
) -> AuditEvent:
    """Return an event that nothing knows of yet; no actor means that the portal itself did it.

    It may still be told what else was done: once it is kept, it is never changed (``portal/models/audit.py``).
    """
    return AuditEvent(
        partner_id=partner_id,
        client_id=client_id,
        actor_id=actor.user_id if actor else None,
        actor_name=actor.name if actor else SYSTEM,
        action=action,
        at=now,
        before=before,
        after=after,
        reason=reason,
        base_version=base_version,
        fingerprint=asked,
    )


def keep(event: AuditEvent) -> int:
    """Write a draft as it is, without committing, and return its id; what is kept already stays as it is."""
    if event not in db.session:
        db.session.add(event)
        db.session.flush()
    return event.id


def record(action: str, *, actor: Actor | None, now: datetime, is_flushed: bool = True, **facts: Any) -> AuditEvent:
    """Add an event (``draft``) to the session without committing.

    Its id is known at once, unless ``is_flushed`` leaves the INSERT to a later flush that writes many together.
    """
    event = draft(action, actor=actor, now=now, **facts)
    db.session.add(event)
    if is_flushed:
        db.session.flush()
    return event
