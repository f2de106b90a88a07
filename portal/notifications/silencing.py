"""What a decision about a due date does to its notices, at once and not first in the night (``portal.domain.silence``)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime

from sqlalchemy import select

from portal import clock
from portal.domain.notices import EXPIRY_RULES, NoticeKind, expiry_kind
from portal.extensions import db
from portal.models import Client
from portal.notifications import service

AT_ONCE = 5_000
"""Clients in one statement: databases bind some tens of thousands of values at most."""


def decided(client_ids: Collection[int], now: datetime) -> None:
    """Close what has nothing left to ask about some clients' due dates, and ask again what has, with today's kind.

    In the caller's transaction, after the decisions are written; safe to call twice, and for clients that nothing was
    decided about. Of clients that no kind covers today it costs one query.
    """
    today, ids = clock.local_date(now), sorted(client_ids)
    for begin in range(0, len(ids), AT_ONCE):
        some = ids[begin : begin + AT_ONCE]
        for kind in _kinds_of(some, today):
            service.bring_up_to_date(kind, today, now, some)


def _kinds_of(client_ids: Collection[int], today: date) -> Iterator[NoticeKind]:
    """Yield the kinds that some clients' due dates have come to, in the order of the night."""
    dues = db.session.scalars(select(Client.due_on).where(Client.id.in_(client_ids)).distinct())
    covering = {expiry_kind(due_on, today) for due_on in dues if due_on is not None}
    yield from (kind for kind in EXPIRY_RULES if kind in covering)
