"""Moving clients one cycle on, once their money is there (DOMAIN §5, R2, R3, R16)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Update, column, insert, update, values

from portal import audit
from portal.audit import Actor
from portal.extensions import db
from portal.models import AuditEvent, Client

RENEWED = "renewed"
"""What the record calls it."""


@dataclass(frozen=True)
class Renewal:
    """A client, locked by the caller, and the due date that it is paid through from now on."""

    client: Client
    next_due_on: date


def renew(renewals: Iterable[Renewal], *, now: datetime, actor: Actor | None, reason: str) -> None:
    """Move due dates, and all that moves with them, in the caller's transaction.

    Hiding ends with whatever moves a due date (DOMAIN §2); a renewal method that waited for the next cycle counts from
    now; a release on trust ends by itself, because it was given for the due date before.
    """
    moved = [(renewal.client, _changes(renewal)) for renewal in renewals]
    for start in range(0, len(moved), BATCH):
        rows = [(client.id, *changes.values(), client.version + 1) for client, changes in moved[start : start + BATCH]]
        db.session.connection().execute(_move(rows))
    if moved:
        db.session.execute(insert(AuditEvent), list(_events(moved, now, actor, reason)))
    for client, _changes_of in moved:
        db.session.expire(client)


BATCH = 5_000
"""Clients that one statement moves; both databases take a bounded number of values."""

COLUMNS = ("id", "due_on", "renewal_method", "version")
_CLIENTS = Client.__table__


def _move(rows: Sequence[tuple[Any, ...]]) -> Update:
    """Return the one statement that moves clients.

    Its triggers then count all of them at once, in the order in which everybody else takes the counters: who moves one
    client after the other holds the partner's row before the second one's counters, and waits for who waits for it.
    """
    columns = [column(name, _CLIENTS.c[name].type) for name in COLUMNS]
    to = values(*columns, name="renewed").data(rows).cte("renewed")
    changed = {name: to.c[name] for name in COLUMNS if name != "id"}
    gone = {"hidden_at": None, "hidden_by_id": None, "next_method": None}
    return update(_CLIENTS).where(_CLIENTS.c.id == to.c.id).values(**changed, **gone)


def _changes(renewal: Renewal) -> dict[str, Any]:
    method = renewal.client.next_method or renewal.client.renewal_method
    return {"due_on": renewal.next_due_on, "renewal_method": method}


def _events(
    moved: list[tuple[Client, dict[str, Any]]], now: datetime, actor: Actor | None, reason: str
) -> Iterator[dict[str, Any]]:
    for client, changes in moved:
        before: dict[str, Any] = {"due_on": client.due_on.isoformat() if client.due_on else None}
        after: dict[str, Any] = {"due_on": changes["due_on"].isoformat()}
        if changes["renewal_method"] is not client.renewal_method:
            before["renewal_method"] = client.renewal_method.value
            after["renewal_method"] = changes["renewal_method"].value
        yield {
            "partner_id": client.partner_id,
            "client_id": client.id,
            "actor_id": actor.user_id if actor else None,
            "actor_name": actor.name if actor else audit.SYSTEM,
            "action": RENEWED,
            "at": now,
            "before": before,
            "after": after,
            "reason": reason,
            "base_version": client.version,
            "fingerprint": audit.fingerprint(RENEWED, {"due_on": after["due_on"]}),
        }
