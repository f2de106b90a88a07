"""When a client of the large database registered, is due, was suspended, hidden, last heard of; in days before today."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from portal.demo.due_dates import MONTHS_BACK, Calendar, Due
from portal.domain.cycle import DUE_DAYS
from portal.domain.statuses import Status

STATUS_WEIGHTS = {
    Status.ACTIVE: 805,
    Status.SUSPENDED: 30,
    Status.EXPIRED: 40,
    Status.INACTIVE: 90,
    Status.HIDDEN: 30,
    Status.PENDING: 5,
}
"""Per mille; on the 1st, when nobody is Expirado, those are Inativo."""
OWN_DUE_DAY_SHARE, RENEWED_SHARE = 0.15, 0.3
LONGEST_DAYS = 2_200
NEW_DAYS = 60
PENDING_DAYS = 20
SUSPENDED_DAYS = 25
HIDDEN_DAYS = 27
"""Fewer than any month has, so that a client due two months ago was Inativo when it was hidden."""


class Life(NamedTuple):
    """The dates of one client."""

    due: Due | None
    due_day: int
    registered_ago: int
    seen_ago: int = 1
    pending_ago: int | None = None
    suspended_ago: int | None = None
    hidden_ago: int | None = None


class LifeMaker:
    """Makes lives that end in the status asked for."""

    def __init__(self, rng: Random, calendar: Calendar) -> None:
        """Remember what is chosen from."""
        self._rng, self._calendar = rng, calendar

    def _day(self, most: int) -> int:
        """Return a number of days from 1 to ``most``; several times faster than randint."""
        return 1 + int(self._rng.random() * most)

    def make(self, status: Status, usual_due_day: int, *, is_new: bool) -> Life:
        """Return a life; a new client registered within the last two months."""
        has_own_due_day = self._rng.random() < OWN_DUE_DAY_SHARE
        due_day = self._day(len(DUE_DAYS)) if has_own_due_day else usual_due_day
        if status in {Status.ACTIVE, Status.SUSPENDED}:
            return self._paid(due_day, is_suspended=status is Status.SUSPENDED, is_new=is_new)
        if status is Status.PENDING:
            ago = self._day(PENDING_DAYS)
            return Life(None, due_day, ago, pending_ago=ago)
        return self._unpaid(status, due_day)

    def _paid(self, due_day: int, *, is_suspended: bool, is_new: bool) -> Life:
        due = self._calendar.running(due_day, is_renewed=self._rng.random() < RENEWED_SHARE)
        registered_ago = self._day(NEW_DAYS if is_new else LONGEST_DAYS)
        if not is_suspended:
            return Life(due, due_day, registered_ago, seen_ago=min(self._day(3), registered_ago))
        suspended_ago = self._day(SUSPENDED_DAYS)
        return Life(due, due_day, registered_ago + suspended_ago, suspended_ago, suspended_ago=suspended_ago)

    def _unpaid(self, status: Status, due_day: int) -> Life:
        if status is Status.EXPIRED:
            due = self._calendar.expired(due_day)
        else:
            months = self._day(MONTHS_BACK[-1] - 1) + (status is Status.HIDDEN)
            due = self._calendar.past(months, due_day)
        registered_ago = due.days_ago + 31 + self._day(LONGEST_DAYS)
        hidden_ago = self._day(HIDDEN_DAYS) if status is Status.HIDDEN else None
        return Life(due, due.due_day, registered_ago, seen_ago=due.days_ago + self._day(5) - 1, hidden_ago=hidden_ago)
