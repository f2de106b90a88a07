"""The vendor's staff see a partner's clients only by a recorded act, for so long (DOMAIN §3, vendor back office)."""

from __future__ import annotations

from datetime import datetime, timedelta

LENGTH = timedelta(minutes=30)
"""How long one reason lasts; longer needs another."""


def is_live(began_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Say whether a visit lets its visitor in at a moment."""
    return began_at <= now < ends_at
