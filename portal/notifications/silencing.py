"""What a decision about a due date does to its notices, at once and not first in the night (``portal.domain.silence``)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from portal import clock
from portal.domain.notices import EXPIRY_RULES
from portal.notifications import service


def decided(client_ids: Collection[int], now: datetime) -> None:
    """Close what has nothing left to ask about some clients' due dates, and ask again what has, with today's kind.

    In the caller's transaction, after the decisions are written; safe to call twice, and for clients that nothing was
    decided about.
    """
    today = clock.local_date(now)
    for kind in EXPIRY_RULES:
        service.bring_up_to_date(kind, today, now, client_ids)
