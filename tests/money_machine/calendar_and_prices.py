"""The model's own calendar and price arithmetic, written from DOMAIN §1 and §5 alone: nothing of the portal's is used."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

WINDOW = 10
RELEASE_DAYS = 3

LINK = {
    "base": 9990, "cloud": 2990, "payment_order": 1490, "integrated_payment": 3490, "self_service": 5990,
    "waiter": 1990, "mobile": 2490,
}  # fmt: skip
NAVI = {"base": 4990, "cloud": 2990, "payment_order": 1490, "integrated_payment": 3490}

PRICES: list[tuple[date, dict[str, dict[str, int]]]] = [
    (date(2020, 1, 1), {"link": LINK, "navi": NAVI}),
    (date(2024, 6, 17), {"link": LINK | {"base": 10490, "waiter": 2049}, "navi": NAVI | {"cloud": 2717}}),
    (date(2025, 2, 3), {"link": LINK | {"base": 9333, "mobile": 2501}, "navi": NAVI | {"base": 5203}}),
]
"""Every version of the price table, by the day from which it holds."""


def month_of(day: date) -> tuple[int, int]:
    return day.year, day.month


def last_of(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def a_month_on(due: date, day: int) -> date:
    """Return that day of the month after (R2, R3: whatever day it is paid on)."""
    return date(due.year + due.month // 12, due.month % 12 + 1, day)


def a_month_back(due: date) -> date:
    """Return the same day of the month before; due days end at 28, so that every month has it."""
    return date(due.year - (due.month == 1), (due.month + 10) % 12 + 1, due.day)


def days_of_cycle(due: date) -> int:
    """Return from the day after the same day of the month before to the due date, both included (R4, R20)."""
    return (due - a_month_back(due)).days


def first_due(today: date, day: int) -> date:
    """Return until when a license that begins today is paid (R6, R7, R15)."""
    due = today.replace(day=day)
    if due < today:
        due = a_month_on(due, day)
    return a_month_on(due, day) if today >= due - timedelta(days=WINDOW) else due


def price(product: str, item: str, on: date) -> int:
    table = max((valid_from, number) for number, (valid_from, _prices) in enumerate(PRICES) if valid_from <= on)[1]
    return PRICES[table][1][product][item]


def prorated(cents: int, units: int, today: date, due: date) -> int:
    """Return price x units x days / days of the cycle, half up, never more than the whole (R4 to R7, R20, R21)."""
    cycle = days_of_cycle(due)
    days = min((due - today).days + 1, cycle)
    return (2 * cents * units * days + cycle) // (2 * cycle)
