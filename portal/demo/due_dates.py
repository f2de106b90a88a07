"""Due dates that give a client the status it is meant to have today, ready-made for a million clients."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from portal.domain.cycle import DUE_DAYS, RENEWAL_WINDOW_DAYS, first_of_month, last_of_month, next_due

MONTHS_BACK = range(1, 13)
OLDEST_DAYS = 3_000
LAST_DUE_DAY = DUE_DAYS[-1]


class Due(NamedTuple):
    """A due date, as date and as text, how many days ago it was, and the due day it belongs to."""

    on: date
    text: str
    days_ago: int
    due_day: int


class Calendar:
    """The dates around today."""

    def __init__(self, today: date) -> None:
        """Work out every due date once."""
        self.today = today
        self.ago = [(today - timedelta(days=days)).isoformat() for days in range(OLDEST_DAYS)]
        self._running = {day: self._due(running_due(today, day), day) for day in DUE_DAYS}
        self._renewed = {day: self._renewed_due(due) for day, due in self._running.items()}
        self._past = {(months, day): self._past_due(months, day) for months in MONTHS_BACK for day in DUE_DAYS}

    def _due(self, on: date, due_day: int) -> Due:
        return Due(on, on.isoformat(), (self.today - on).days, due_day)

    def _renewed_due(self, due: Due) -> Due:
        """Return the due date of a client that has renewed already, where its renewal window is open."""
        is_open = due.on - timedelta(days=RENEWAL_WINDOW_DAYS) <= self.today
        return self._due(next_due(due.on, due.due_day), due.due_day) if is_open else due

    def _past_due(self, months: int, due_day: int) -> Due:
        month = first_of_month(self.today)
        for _ in range(months):
            month = first_of_month(month - timedelta(days=1))
        return self._due(month.replace(day=due_day), due_day)

    def running(self, due_day: int, *, is_renewed: bool = False) -> Due:
        """Return a due date that is not over."""
        return (self._renewed if is_renewed else self._running)[due_day]

    def expired(self, due_day: int) -> Due:
        """Return a due date that is over, in this month; on the 1st, when there is none, last month's.

        A due day that is still to come gives way to one that is not.
        """
        if self.today.day == 1:
            return self.past(1, due_day)
        if due_day >= self.today.day:
            due_day = 1 + due_day % min(LAST_DUE_DAY, self.today.day - 1)
        return self._due(self.today.replace(day=due_day), due_day)

    def past(self, months: int, due_day: int) -> Due:
        """Return the due date of an earlier month."""
        return self._past[months, due_day]


def running_due(today: date, due_day: int) -> date:
    """Return the first date from today on that is a due day."""
    if today.day <= due_day <= last_of_month(today).day:
        return today.replace(day=due_day)
    return next_due(today, due_day)
