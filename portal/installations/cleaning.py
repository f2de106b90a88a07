"""Forgetting seats that ended and Navi programs that waited in vain, once they have been kept long enough."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, or_

from portal import forgetting
from portal.domain import retention
from portal.forgetting import Forgettable
from portal.models import Pairing, Seat


def forget(now: datetime) -> dict[str, int]:
    """Delete everything kept long enough and return how much of each kind. Commits after each kind."""
    return forgetting.forget(_forgettable(now))


def count_forgettable(now: datetime) -> dict[str, int]:
    """Return how much ``forget`` would delete."""
    return forgetting.count(_forgettable(now))


def _forgettable(now: datetime) -> Forgettable:
    """Return what is forgotten of each kind.

    A seat that nobody was heard of for so long has ended, whether it says so or not. What was authorised stays: a program
    that asks again with the same random key finds its installation by it.
    """
    ended = now - retention.SEATS
    return {
        "seats": (Seat, or_(Seat.released_at < ended, Seat.heard_at < ended)),
        "pairings": (Pairing, and_(Pairing.asked_at < now - retention.PAIRINGS, Pairing.installation_id.is_(None))),
    }
