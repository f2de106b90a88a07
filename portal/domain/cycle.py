"""Calendar arithmetic of the monthly cycle (DOMAIN §5): due days, months, the renewal window."""

from __future__ import annotations

from datetime import date, timedelta

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
