"""The recorded past of demo clients, so that the history page has something to tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from portal.demo import orders
from portal.demo.cast import Sketch
from portal.demo.facts import Scene
from portal.domain.actions import Action
from portal.licenses import service as licensing
from portal.models import AuditEvent, Client, User

REGISTER = "register"
STARTS = {"suspended_at": Action.SUSPEND, "hidden_at": Action.HIDE}
ENDS = {"suspended_at": Action.RESUME, "hidden_at": Action.UNHIDE}


def past(client: Client, sketch: Sketch, scene: Scene) -> list[AuditEvent]:
    """Return the client's events, oldest first, each made from the version before it; sets the client's version."""
    changes = sorted(_changes(client, sketch, scene), key=lambda event: event.at)
    for version, event in enumerate(changes, start=1):
        event.base_version = version
    client.version = 1 + len(changes)
    return [_registration(client, scene), *changes]


def _event(client: Client, actor: User, action: str, at: datetime, **facts: Any) -> AuditEvent:
    return AuditEvent(
        partner_id=client.partner_id,
        client_id=client.id,
        actor_id=actor.id,
        actor_name=actor.name,
        action=action,
        at=at,
        **facts,
    )


def _registration(client: Client, scene: Scene) -> AuditEvent:
    after = {
        "document": client.document,
        "product": client.product.value,
        "due_on": client.due_on.isoformat() if client.due_on else None,
    }
    return _event(client, scene.rng.choice(scene.staff), REGISTER, scene.at(client.registered_on, 9), after=after)


def _changes(client: Client, sketch: Sketch, scene: Scene) -> Iterator[AuditEvent]:
    if sketch.was_edited:
        yield _edit(client, scene)
    if sketch.has_ordered:
        yield _order(client, sketch, scene)
    if sketch.was_suspended:
        yield from _interlude(client, scene, "suspended_at", 30)
    if sketch.was_hidden:
        yield from _interlude(client, scene, "hidden_at", 3)
    if client.suspended_at:
        yield _set(client, scene.staff[-1], client.suspended_at, "suspended_at")
    if client.hidden_at:
        yield _set(client, scene.staff[0], client.hidden_at, "hidden_at")


def _set(client: Client, actor: User, at: datetime, column: str) -> AuditEvent:
    reason = client.suspension_reason if column == "suspended_at" else ""
    facts = {"before": {column: None}, "after": {column: at.isoformat()}, "reason": reason}
    return _event(client, actor, STARTS[column], at, **facts)


def _interlude(client: Client, scene: Scene, column: str, days_ago: int) -> Iterator[AuditEvent]:
    """Yield a suspension or a hiding, and its end the day after."""
    start, end = scene.at(scene.days_ago(days_ago), 11), scene.at(scene.days_ago(days_ago - 1), 17)
    yield _set(client, scene.staff[0], start, column)
    facts = {"before": {column: start.isoformat()}, "after": {column: None}}
    yield _event(client, scene.rng.choice(scene.staff), ENDS[column], end, **facts)


def _edit(client: Client, scene: Scene) -> AuditEvent:
    """Return a change of the phone number, from a time when the client was Ativo."""
    day = min(client.due_on or scene.today, scene.today) - timedelta(days=scene.rng.randint(5, 30))
    former = client.phone[:-4] + "0000"
    facts = {"before": {"phone": former}, "after": {"phone": client.phone}}
    return _event(client, scene.rng.choice(scene.staff), Action.EDIT, scene.at(day, 13), **facts)


def _order(client: Client, sketch: Sketch, scene: Scene) -> AuditEvent:
    """Return a change of the license; its order and its charge follow once the event has its id."""
    before, plan = orders.plan_of(client, sketch, scene)
    was, becomes = licensing.as_json(before), licensing.as_json(plan.after)
    changed = [name for name in becomes if was[name] != becomes[name]]
    facts = {"before": {name: was[name] for name in changed}, "after": {"licenses": becomes["licenses"]}}
    facts["after"] |= {name: becomes[name] for name in changed}
    return _event(client, scene.staff[-1], Action.EDIT, scene.at(orders.ordered_on(client, scene), 10), **facts)
