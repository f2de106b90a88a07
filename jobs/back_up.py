"""The day's copy of the database, in the instance folder; copies that are too old go."""

from __future__ import annotations

from datetime import datetime

from portal import backup, clock

WORDS = {
    "copies": ("cópia feita e conferida", "cópias feitas e conferidas"),
    "kilobytes": ("KB", "KB"),
    "removed": ("cópia antiga apagada", "cópias antigas apagadas"),
}


def run(now: datetime) -> dict[str, int]:
    """Make the copy of the civil date, unless it is there."""
    return backup.keep_daily(clock.local_date(now))
