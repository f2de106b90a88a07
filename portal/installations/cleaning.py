"""Forgetting seats that ended and Navi programs that waited in vain, once they have been kept long enough."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, and_, delete, func, or_, select

from portal.domain import retention
from portal.extensions import db
from portal.models import Pairing, Seat

KINDS: dict[str, type[Any]] = {"seats": Seat, "pairings": Pairing}


def forget(now: datetime) -> dict[str, int]:
    """Delete everything kept long enough and return how much of each kind. Commits after each kind."""
    counts = {}
    for name, clause in _forgettable(now).items():
        result = db.session.execute(delete(KINDS[name]).where(clause))
        counts[name] = cast(CursorResult[Any], result).rowcount
        db.session.commit()
    return counts


def count_forgettable(now: datetime) -> dict[str, int]:
    """Return how much ``forget`` would delete."""
    return {
        name: db.session.scalar(select(func.count()).select_from(KINDS[name]).where(clause)) or 0
        for name, clause in _forgettable(now).items()
    }


def _forgettable(now: datetime) -> dict[str, ColumnElement[bool]]:
    """Return what is forgotten of each kind.

    A seat that nobody was heard of for so long has ended, whether it says so or not. What was authorised stays: a program
    that asks again with the same random key finds its installation by it.
    """
    ended = now - retention.SEATS
    return {
        "seats": or_(Seat.released_at < ended, Seat.heard_at < ended),
        "pairings": and_(Pairing.asked_at < now - retention.PAIRINGS, Pairing.installation_id.is_(None)),
    }
