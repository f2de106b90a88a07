"""Calendar arithmetic of the monthly cycle (DOMAIN §5): due days, months, the renewal window."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

DUE_DAYS = range(1, 29)
DEFAULT_DUE_DAY = 10
RENEWAL_WINDOW_DAYS = 10


def first_of_month(day: date) -> date:
    """Return the first day of the month that holds ``day``."""
    return day.replace(day=1)


def first_of_next_month(day: date) -> date:
    """Return the first day of the month after the one that holds ``day``."""
    return (first_of_month(day) + timedelta(days=32)).replace(day=1)


def last_of_month(day: date) -> date:
    """Return the last day of the month that holds ``day``."""
    return first_of_next_month(day) - timedelta(days=1)


def next_due(due_on: date, due_day: int) -> date:
    """Return the due date after ``due_on``: the due day of the next month (DOMAIN R2, R3).

    The cycle never shifts: it counts from the old due date, not from the day of payment.
    """
    return first_of_next_month(due_on).replace(day=due_day)


def inactive_from(due_on: date) -> date:
    """Return the day on which a license that is not renewed becomes Inativo (DOMAIN R1, R22)."""
    return first_of_next_month(due_on)


def renewal_window(due_on: date, days: int = RENEWAL_WINDOW_DAYS) -> tuple[date, date]:
    """Return first and last day, both included, on which ``due_on`` may be renewed (DOMAIN §5, Cycle)."""
    return due_on - timedelta(days=days), last_of_month(due_on)


class Cycle(NamedTuple):
    """A paid month of a license: first and last day, both included. The last one is a due date."""

    first_on: date
    last_on: date

    @property
    def days(self) -> int:
        """How many days the cycle has: the divisor of "proporcional"."""
        return (self.last_on - self.first_on).days + 1

    def days_from(self, day: date) -> int:
        """Return the days from ``day`` to the end, both included, and never more than the cycle has (DOMAIN §5, R5)."""
        return min((self.last_on - day).days + 1, self.days)


def cycle_of(due_on: date) -> Cycle:
    """Return the cycle that ends on a due date; it begins the day after the same day of the month before (DOMAIN R20)."""
    month_before = first_of_month(due_on) - timedelta(days=1)
    previous_due = month_before.replace(day=min(due_on.day, month_before.day))
    return Cycle(previous_due + timedelta(days=1), due_on)


def first_due(today: date, due_day: int, days: int = RENEWAL_WINDOW_DAYS) -> date:
    """Return the first due date of a license that begins today (DOMAIN R6, R7, R15).

    It is the next due day, or the one after it where today lies in that one's renewal window already.
    """
    due_on = today.replace(day=due_day)
    if due_on < today:
        due_on = next_due(due_on, due_day)
    opens_on, _last_on = renewal_window(due_on, days)
    return next_due(due_on, due_day) if opens_on <= today else due_on
