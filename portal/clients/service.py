"""Changing clients: suspend, resume, hide, unhide; what other flows change goes through the same ``apply``.

Each is one transaction with its audit event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from portal import audit, clock
from portal.audit import Actor
from portal.domain.actions import Action, ensure_allowed
from portal.domain.errors import RepeatMismatch, StaleState
from portal.domain.search import search_key
from portal.domain.statuses import derive_status
from portal.extensions import db
from portal.models import AuditEvent, Client

REVISED = ("name", "uf", "city", "city_code", "email", "phone", "notes")
"""The data that "Editar" changes (DOMAIN §3); the document is not among them."""

UNRECORDED = frozenset({"search_key", "released_due_on", "suspended_by_id", "hidden_by_id"})
"""Columns that follow from others or from the event itself."""


@dataclass(frozen=True)
class Order:
    """What a form asks for: an action on the version that it was rendered from, by somebody, at a moment.

    The action is one of the row menu's, or another word that the record keeps (``once``).
    """

    action: str
    version: int
    actor: Actor
    now: datetime
    content: Mapping[str, Any]

    @property
    def fingerprint(self) -> str:
        """The same form sent again has the same fingerprint."""
        return audit.fingerprint(self.action, dict(self.content))


@dataclass(frozen=True)
class Outcome:
    """What a form did: its event (the protocol; none when nothing differed), and whether it had done so before."""

    event: AuditEvent | None
    is_repeat: bool = False


def suspend(client: Client, *, version: int, reason: str, now: datetime, actor: Actor) -> Outcome:
    """Take the client's access away; the license stays active (DOMAIN §1)."""
    return carry_out(Order(Action.SUSPEND, version, actor, now, {"reason": reason}), client)


def resume(client: Client, *, version: int, now: datetime, actor: Actor) -> Outcome:
    """Give a suspended client its access back."""
    return carry_out(Order(Action.RESUME, version, actor, now, {}), client)


def hide(client: Client, *, version: int, now: datetime, actor: Actor) -> Outcome:
    """Take an Inativo client out of the list; the filter "Oculto" still finds it (DOMAIN §1)."""
    return carry_out(Order(Action.HIDE, version, actor, now, {}), client)


def unhide(client: Client, *, version: int, now: datetime, actor: Actor) -> Outcome:
    """Bring a hidden client back into the list."""
    return carry_out(Order(Action.UNHIDE, version, actor, now, {}), client)


EVERY_DOCUMENT = 2**40
"""The advisory lock that stands for all documents; those of single ones are 32-bit hashes."""


def take_turns(document: str) -> None:
    """Let those who want one document follow each other, so that two partners never both find it free.

    Holds until the transaction ends. SQLite has one writer at a time anyhow.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock_shared(EVERY_DOCUMENT)))
        db.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(document))))


def keep_all_waiting() -> None:
    """Let nobody else take a document until the transaction ends: for who wants thousands of them."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(EVERY_DOCUMENT)))


def carry_out(order: Order, client: Client) -> Outcome:
    """Do what an order asks for where its action alone says which columns change."""
    return apply(order, client, changes_of(order))


def changes_of(order: Order) -> dict[str, Any]:
    """Return the columns that an order sets: one place for a single row, for many rows, and for the way back."""
    match order.action:
        case Action.SUSPEND:
            who, why = order.actor.user_id, order.content.get("reason", "")
            return {"suspended_at": order.now, "suspended_by_id": who, "suspension_reason": why}
        case Action.RESUME:
            return {"suspended_at": None, "suspended_by_id": None, "suspension_reason": ""}
        case Action.HIDE:
            return {"hidden_at": order.now, "hidden_by_id": order.actor.user_id}
        case Action.UNHIDE:
            return {"hidden_at": None, "hidden_by_id": None}
    raise ValueError(order.action)


def revised(client: Client, data: Mapping[str, str]) -> dict[str, Any]:
    """Return the columns that the data part of "Editar" changes; ``data`` holds every field of REVISED, checked."""
    changes: dict[str, Any] = {name: data[name] for name in REVISED if data[name] != getattr(client, name)}
    if "name" in changes:
        changes["search_key"] = search_key(data["name"], client.document)
    return changes


def apply(
    order: Order, client: Client, changes: dict[str, Any], also: Callable[[AuditEvent], None] | None = None
) -> Outcome:
    """Apply changes as ``once`` does, where the table of actions allows it.

    Raises:
        ActionRefused: the status does not allow the action.
        StaleState, RepeatMismatch: as ``once``.
    """
    if client.version == order.version:
        ensure_possible(order, client)
    return once(order, client, changes, also)


def ensure_possible(order: Order, client: Any) -> None:
    """Refuse an order that the table of actions does not allow; a loaded Client and a row of its columns both fit.

    Raises:
        ActionRefused: the status does not allow the action.
    """
    ensure_allowed(Action(order.action), derive_status(client, clock.local_date(order.now)), client)  # type: ignore[call-arg]


def once(
    order: Order, client: Client, changes: dict[str, Any], also: Callable[[AuditEvent], None] | None = None
) -> Outcome:
    """Apply changes to the version that the form was rendered from, exactly once; the caller knows that it may.

    ``also`` does what belongs to the same transaction beyond the client's own columns (other features' rows). It may add
    to the event what it did, until it needs its id (``audit.keep``); it does not commit. Without it, an order that
    changes no column does nothing.

    Raises:
        StaleState: the client has changed since.
        RepeatMismatch: the same user sent the same form before with another content.
    """
    if client.version != order.version:
        return done_before(order, client)
    if not changes and also is None:
        return Outcome(None)
    try:
        return Outcome(_write(order, client, changes, also))
    except (_Overtaken, IntegrityError):
        db.session.rollback()
        return done_before(order, client)


class _Overtaken(Exception):  # noqa: N818 - never leaves this module
    """The conditional update met a newer version."""


def _write(
    order: Order, client: Client, changes: dict[str, Any], also: Callable[[AuditEvent], None] | None
) -> AuditEvent:
    """Update the row if it still has the order's version, and record it; one transaction."""
    statement = (
        update(Client)
        .where(Client.id == client.id, Client.version == order.version)
        .values(**changes, version=order.version + 1)
    )
    done = db.session.execute(statement, execution_options={"synchronize_session": False})
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise _Overtaken
    event = draft(order, client, changes)
    if also is not None:
        also(event)
    audit.keep(event)
    db.session.flush()
    db.session.expunge(event)  # it is what was written; asking for it again would cost a query
    db.session.commit()
    return event


def draft(order: Order, client: Any, changes: Mapping[str, Any]) -> AuditEvent:
    """Return the event of an order with the values before and after; a loaded Client and a row of its columns both fit."""
    recorded = [name for name in changes if name not in UNRECORDED]
    return audit.draft(
        order.action,
        actor=order.actor,
        now=order.now,
        partner_id=client.partner_id,
        client_id=client.id,
        before={name: jsonable(getattr(client, name)) for name in recorded},
        after={name: jsonable(changes[name]) for name in recorded},
        reason=order.content.get("reason", ""),
        base_version=order.version,
        asked=order.fingerprint,
    )


def done_before(order: Order, client: Client) -> Outcome:
    """Return what the form did when it was sent before, or refuse: another change came in between.

    Raises:
        StaleState, RepeatMismatch: as ``once``.
    """
    db.session.refresh(client)
    event = db.session.scalar(
        select(AuditEvent).where(AuditEvent.client_id == client.id, AuditEvent.base_version == order.version)
    )
    if event is not None and event.fingerprint == order.fingerprint:
        return Outcome(event, is_repeat=True)
    if event is not None and event.action == order.action and event.actor_id == order.actor.user_id:
        raise RepeatMismatch
    raise StaleState(client.version)


def jsonable(value: Any) -> Any:
    """Return a column's value as records and orders keep it."""
    return value.isoformat() if isinstance(value, date) else value  # a moment is a date too
