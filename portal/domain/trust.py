"""Whether the program may run, and "Liberação em confiança": an Expirado client's program runs on for some days (DOMAIN §2, §5)."""

from __future__ import annotations

from datetime import date, timedelta

from portal.domain import cycle
from portal.domain.labels import LabelEnum
from portal.domain.statuses import Status


def through_on(due_on: date, today: date, days: int) -> date:
    """Return the last day of a release that begins today: ``days`` days, never beyond the due date's month."""
    return min(today + timedelta(days=days - 1), cycle.last_of_month(due_on))


def is_released(due_on: date | None, released_due_on: date | None, through: date | None, today: date) -> bool:
    """Say whether a release holds today: it was given for this due date (a renewal ends it) and is not over."""
    return due_on is not None and released_due_on == due_on and through is not None and today <= through


def was_released(due_on: date | None, released_due_on: date | None) -> bool:
    """Say whether this cycle's one release was given, over or not."""
    return due_on is not None and released_due_on == due_on


class NoRelease(LabelEnum):
    """Why an Expirado client is not released on trust."""

    USED = "used", "este vencimento já foi liberado uma vez"
    SUSPENDED = "suspended", "o acesso está suspenso e a liberação não o devolveria"


def why_not(due_on: date | None, released_due_on: date | None, *, is_suspended: bool) -> NoRelease | None:
    """Return why an Expirado client is not released, or None: once per cycle, and never around a suspension (DOMAIN §5)."""
    if was_released(due_on, released_due_on):
        return NoRelease.USED
    return NoRelease.SUSPENDED if is_suspended else None


def may_run(
    status: Status,
    due_on: date | None,
    today: date,
    *,
    grace_days: int = 0,
    is_released: bool = False,
    is_suspended: bool = False,
) -> bool:
    """Say whether the program may run (DOMAIN §2): Ativo; Expirado in its days of grace or released; nobody else.

    An Expirado that is suspended too stays without access: suspending took it away, and nothing gave it back.
    """
    if status is Status.ACTIVE:
        return True
    if status is not Status.EXPIRED or due_on is None or is_suspended:
        return False
    return is_released or today <= due_on + timedelta(days=grace_days)


def runs_through(due_on: date, *, grace_days: int = 0, released_through: date | None = None) -> date:
    """Return the last day on which a license that nobody suspends lets the program run, if nothing more is paid.

    The twin of ``may_run``, for who cannot ask every day: neither grace nor a release goes beyond the due date's month.
    """
    last_on = due_on + timedelta(days=grace_days)
    if released_through is not None:
        last_on = max(last_on, released_through)
    return max(due_on, min(last_on, cycle.last_of_month(due_on)))
