"""The status of a client's license: one table, read by Python and by SQL (DOMAIN §1).

Facts are stored (due date; pending, hidden, suspended with who and when), status is derived from them and from today.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, Protocol

from portal.domain import cycle
from portal.domain.labels import LabelEnum


class Status(LabelEnum):
    """What the "Status" column says, in order of precedence for display."""

    PENDING = "pending", "Pendente"
    HIDDEN = "hidden", "Oculto"
    INACTIVE = "inactive", "Inativo"
    EXPIRED = "expired", "Expirado"
    SUSPENDED = "suspended", "Suspenso"
    ACTIVE = "active", "Ativo"


DEFAULT_STATUSES = frozenset(Status) - {Status.HIDDEN}
"""What the list shows before anybody filters: everything but Oculto (DOMAIN §2, first row)."""

LIVE_STATUSES = frozenset({Status.ACTIVE, Status.SUSPENDED, Status.EXPIRED})
"""Clients with an unpaid month to lose; the only ones whose unused codes count (DOMAIN §3)."""


class Facts(Protocol):
    """The stored facts that decide a status; a table row and a plain namespace both fit."""

    @property
    def due_on(self) -> date | None: ...  # noqa: D102
    @property
    def pending_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def hidden_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def suspended_at(self) -> datetime | None: ...  # noqa: D102


class DueRange(NamedTuple):
    """An inclusive range of due dates, open where None."""

    first: date | None
    last: date | None

    def holds(self, due_on: date | None) -> bool:
        """Say whether a due date lies in the range; a missing one lies in none."""
        if due_on is None:
            return False
        return (self.first is None or self.first <= due_on) and (self.last is None or due_on <= self.last)

    def days(self) -> list[date]:
        """Return every date of a range that is closed on both sides.

        Raises:
            ValueError: it is open.
        """
        if self.first is None or self.last is None:
            raise ValueError("an open range has no end")
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]


def before_this_month(today: date) -> DueRange:
    """Due in an earlier calendar month."""
    return DueRange(None, cycle.first_of_month(today) - timedelta(days=1))


def earlier_this_month(today: date) -> DueRange:
    """Due before today, in today's month."""
    return DueRange(cycle.first_of_month(today), today - timedelta(days=1))


def today_or_later(today: date) -> DueRange:
    """Paid through today at least."""
    return DueRange(today, None)


def to_renew(today: date, days: int = cycle.RENEWAL_WINDOW_DAYS) -> DueRange:
    """Return the due dates whose renewal window (``cycle.renewal_window``) holds today (DOMAIN §5, Cycle).

    None of them lies in an earlier month: whoever has one and is not Pendente is Ativo, Suspenso or Expirado.
    """
    return DueRange(cycle.first_of_month(today), today + timedelta(days=days))


@dataclass(frozen=True)
class Rule:
    """When a status holds: a range of due dates and flags; what is None does not matter."""

    due: Callable[[date], DueRange] | None = None
    pending: bool | None = None
    hidden: bool | None = None
    suspended: bool | None = None


RULES: dict[Status, Rule] = {
    Status.PENDING: Rule(pending=True),
    Status.HIDDEN: Rule(before_this_month, pending=False, hidden=True),
    Status.INACTIVE: Rule(before_this_month, pending=False, hidden=False),
    Status.EXPIRED: Rule(earlier_this_month, pending=False),
    Status.SUSPENDED: Rule(today_or_later, pending=False, suspended=True),
    Status.ACTIVE: Rule(today_or_later, pending=False, suspended=False),
}


def _flags_match(rule: Rule, flags: tuple[bool, bool, bool]) -> bool:
    wanted = (rule.pending, rule.hidden, rule.suspended)
    return all(want is None or want == flag for want, flag in zip(wanted, flags, strict=True))


@lru_cache(maxsize=64)
def _candidates(flags: tuple[bool, bool, bool], today: date) -> list[tuple[Status, DueRange | None]]:
    """Return the statuses that the flags leave open, with their due dates; the same for all clients of a day."""
    return [(status, rule.due and rule.due(today)) for status, rule in RULES.items() if _flags_match(rule, flags)]


def derive_status(facts: Facts, today: date) -> Status:
    """Return the one status that holds today (DOMAIN §1).

    Raises:
        ValueError: the facts are impossible (not pending, yet without a due date).
    """
    flags = (facts.pending_at is not None, facts.hidden_at is not None, facts.suspended_at is not None)
    return _derived(flags, facts.due_on, today)


@lru_cache(maxsize=4096)
def _derived(flags: tuple[bool, bool, bool], due_on: date | None, today: date) -> Status:
    """Return the status of some facts; clients are many, their due dates few."""
    for status, due in _candidates(flags, today):
        if due is None or due.holds(due_on):
            return status
    raise ValueError("a client that is not pending must have a due date")


class Outlook(NamedTuple):
    """Why a status holds and what comes next by itself, with its date; the templates put it in words.

    ``inactive_on`` is the first of the month after the due date: when the license becomes Inativo unless it is renewed,
    or since when it has been. ``released_through_on`` is the last day of a release on trust that holds today.
    """

    status: Status
    due_on: date | None
    next_status: Status | None
    next_on: date | None
    inactive_on: date | None
    released_through_on: date | None = None


def outlook(facts: Facts, today: date) -> Outlook:
    """Say what the status is and what becomes of it if nobody does anything (DOMAIN §1, last line)."""
    return _outlook(derive_status(facts, today), facts.due_on, is_hidden=facts.hidden_at is not None)


@lru_cache(maxsize=1024)
def _outlook(status: Status, due_on: date | None, *, is_hidden: bool) -> Outlook:
    """Look ahead; clients are many, their due dates few."""
    if due_on is None or status is Status.PENDING:
        return Outlook(status, due_on, None, None, None)
    inactive_on = cycle.inactive_from(due_on)
    if status not in LIVE_STATUSES:
        return Outlook(status, due_on, None, None, inactive_on)
    if status is Status.EXPIRED or due_on + timedelta(days=1) == inactive_on:
        next_status, next_on = Status.INACTIVE, inactive_on
    else:
        next_status, next_on = Status.EXPIRED, due_on + timedelta(days=1)
    if next_status is Status.INACTIVE and is_hidden:
        next_status = Status.HIDDEN
    return Outlook(status, due_on, next_status, next_on, inactive_on)
