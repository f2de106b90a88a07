"""Releasing an Expirado client's program on trust, and the question whether a program may run (DOMAIN §2, §5)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from portal import clock
from portal.audit import Actor
from portal.clients import service
from portal.clients.service import Order, Outcome
from portal.domain import trust
from portal.domain.actions import Action
from portal.domain.errors import ReleaseRefused
from portal.domain.statuses import derive_status
from portal.models import Client


def release(client: Client, *, version: int, reason: str, days: int, now: datetime, actor: Actor) -> Outcome:
    """Let the program run for some days, today included; once for a due date. Neither that date nor the status moves.

    It ends with those days, with the renewal, or with the month, by itself: nothing has to be done then.

    Raises:
        ActionRefused: the client is not Expirado.
        ReleaseRefused: this due date was released before, or access is suspended.
        StaleState, RepeatMismatch: as ``service.once``.
    """
    order = Order(Action.RELEASE_ON_TRUST, version, actor, now, {"reason": reason})
    if client.version != version:
        return service.done_before(order, client)
    service.ensure_possible(order, client)
    ensure_releasable(client)
    return service.once(order, client, _changes(client, clock.local_date(now), days))


def ensure_releasable(client: Client) -> None:
    """Refuse a release that would be the second of the cycle, or would give nothing back.

    Raises:
        ReleaseRefused: with the reason.
    """
    is_suspended = client.suspended_at is not None
    if why := trust.why_not(client.due_on, client.released_due_on, is_suspended=is_suspended):
        raise ReleaseRefused(why, client.released_through_on if why is trust.NoRelease.USED else None)


def _changes(client: Client, today: date, days: int) -> dict[str, Any]:
    if client.due_on is None:
        raise ValueError("an Expirado client has a due date")
    return {
        "released_due_on": client.due_on,
        "released_through_on": trust.through_on(client.due_on, today, days),
    }


def may_run(client: Any, today: date, *, grace_days: int) -> bool:
    """Say whether a client's program may run today; a loaded Client and a row of its columns both fit."""
    return trust.may_run(
        derive_status(client, today),
        client.due_on,
        today,
        grace_days=grace_days,
        is_released=trust.is_released(client.due_on, client.released_due_on, client.released_through_on, today),
        is_suspended=client.suspended_at is not None,
    )
