"""Months as addresses spell them and as filters offer them."""

from __future__ import annotations

import re
from datetime import date

from portal import formatting
from portal.domain import cycle

YEARS = range(2000, 2100)
"""What a month's year may be: nothing of the portal's is older, and arithmetic of days has an end."""

OFFERED = 12
"""How many months, today's included, a filter offers."""


def spell(month: date | None) -> str:
    """Return 2025-07, as the URL spells a month, or nothing."""
    return f"{month:%Y-%m}" if month else ""


def parse(text: str) -> date | None:
    """Return the first day of the month that 2025-07 names, or None."""
    found = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", text)
    if found is None or int(found[1]) not in YEARS:
        return None
    return date(int(found[1]), int(found[2]), 1)


def choices(today: date, chosen: date | None) -> list[tuple[str, str]]:
    """Return what a filter by month offers: the last ones, and the chosen one where it is older."""
    firsts = [cycle.first_of_month(today)]
    while len(firsts) < OFFERED:
        firsts.append(cycle.first_of_month(firsts[-1] - date.resolution))
    if chosen and chosen not in firsts:
        firsts.append(chosen)
    return [("", "Todos os meses"), *((spell(first), formatting.long_month(first)) for first in firsts)]
