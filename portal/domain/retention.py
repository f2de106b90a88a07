"""How long things are kept that have served their purpose: every number in one place."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

ENDED_SESSIONS = timedelta(days=30)
ATTEMPTS = timedelta(days=1)
FORM_DRAFTS = timedelta(hours=24)
PASSWORD_LINKS = timedelta(days=30)
"""Counted from when a link was used or expired."""

INVITATIONS = timedelta(days=90)
"""Counted from the day until which its link held: accepted, withdrawn or never answered."""

JOB_RUNS = timedelta(days=180)
WORKS = timedelta(days=30)
"""Counted from a work's end; what it did is kept by its subject."""

BULK_DRAFTS = timedelta(days=7)
BULK_ORDERS = timedelta(days=365)
"""Counted from the confirmation; the clients' history stays for ever."""

IMPORT_DRAFTS = timedelta(days=7)
IMPORTS = timedelta(days=90)
"""Counted from the confirmation; with an import go the rows of its file, not the clients."""

SEATS = timedelta(days=30)
"""Counted from when a seat was given back, freed, or last heard of."""

PAIRINGS = timedelta(days=7)
"""Counted from when a Navi asked; one that was authorised is kept with its installation."""

REQUEST_FILES = timedelta(days=90)
"""Counted from a request's end; the request and what was written about it stay."""

NAVI_BACKUPS = timedelta(days=365)
"""Counted from the end of a backup's content, which itself lives for hours; what its pre-flight found goes with the row."""

GRANTS = timedelta(days=7)
"""Counted from when a partner's word in Link's dialogue expired."""

DAILY_BACKUPS = 7
WEEKLY_BACKUPS = 4
SUNDAY = 6


def kept_backups(days: Iterable[date]) -> set[date]:
    """Return which days' backups are kept: the newest seven, and the newest four of a Sunday."""
    newest = sorted(set(days), reverse=True)
    sundays = [day for day in newest if day.weekday() == SUNDAY]
    return {*newest[:DAILY_BACKUPS], *sundays[:WEEKLY_BACKUPS]}
