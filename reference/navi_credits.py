"""Instalment credit ("crediário"): what a sale leaves to be paid, month by month."""

from __future__ import annotations

import calendar
from datetime import date

from reference.backup_format import Row


def credit_of(sale: Row, number: int, granted_on: date, cents: int, parts: int) -> Row:
    """Return the credit of a sale over so many months; the cents that do not divide are in the first one."""
    each, more = divmod(cents, parts)
    instalments = [
        {
            "number": part,
            "due_on": _months_later(granted_on, part).isoformat(),
            "amount_cents": each + (more if part == 1 else 0),
            "paid_cents": 0,
        }
        for part in range(1, parts + 1)
    ]
    head = {"id": number, "customer_id": sale["customer_id"], "sale_id": sale["id"]}
    return head | {"created_on": granted_on.isoformat(), "total_cents": cents, "instalments": instalments}


def _months_later(day: date, months: int) -> date:
    """Return the same day some months later, or the last one where that month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
