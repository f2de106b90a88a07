"""Telling a partner what the vendor did with a request: one open notice a request and kind, about the newest line of its time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from portal import clock
from portal.domain.notices import ABOUT_REQUESTS, NoticeKind
from portal.domain.requests import Side
from portal.extensions import db
from portal.models import Notice, RequestEntry, ServiceRequest
from portal.models.notice import IS_UNSETTLED
from portal.notifications import telling

_QUIETLY = {"synchronize_session": False}


def tell(request: ServiceRequest, entry: RequestEntry, now: datetime) -> None:
    """Tell the partner of a line that the vendor added, in place of what it was told before; its own lines answer that.

    Works in the caller's transaction.
    """
    is_vendors = entry.side is Side.VENDOR
    kind = NoticeKind.REQUEST_ANSWERED if entry.move is None else NoticeKind.REQUEST_MOVED
    settle(request, None if entry.side is Side.PARTNER else kind)
    if is_vendors:
        telling.tell(
            kind,
            partner_id=request.partner_id,
            client_id=request.client_id,
            subject_id=entry.id,
            effective_on=clock.local_date(now),
            now=now,
        )


def settle(request: ServiceRequest, kind: NoticeKind | None) -> None:
    """Close what is told of a request: one kind, or everything."""
    lines = select(RequestEntry.id).where(RequestEntry.request_id == request.id)
    kinds = list(ABOUT_REQUESTS) if kind is None else [kind]
    which = Notice.client_id == request.client_id, Notice.kind.in_(kinds), Notice.subject_id.in_(lines), IS_UNSETTLED
    db.session.execute(update(Notice).where(*which).values(is_settled=True), execution_options=_QUIETLY)
