"""Telling of what happened, as it happens: kinds that no night looks for (``portal.domain.notices.TOLD_AT_ONCE``).

All functions work in the caller's transaction, so that what is told and why stand or fall together.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.domain.notices import ABOUT_CLIENTS, CERTIFICATE_DAYS, EVALUATED, NoticeKind
from portal.extensions import db
from portal.models import Notice, NoticeMute
from portal.models.notice import IS_UNSETTLED
from portal.notifications.decisions import changed

KEY = ("partner_id", "kind", "subject_id", "effective_on")
_UNDECIDED = {"dismissed_at": None, "dismissed_by_id": None, "postponed_to": None, "decision_id": None}


def tell(
    kind: NoticeKind, *, partner_id: int, client_id: int, subject_id: int, effective_on: date, now: datetime
) -> bool:
    """Make the notice that is not there yet; says whether it made one, or opened one that had been settled.

    ``subject_id`` is the line of the credit ledger, or the client's id again (``ABOUT_CLIENTS``). Told again, nothing
    happens; one that was dismissed stays dismissed, but for what staff decided anew (``EVALUATED``); about a muted client
    nothing is made.
    """
    if _is_muted(client_id, kind):
        return False
    dialect: Any = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    key = {"partner_id": partner_id, "kind": kind, "subject_id": subject_id, "effective_on": effective_on}
    new = dialect.insert(Notice).values(**key, client_id=client_id, created_at=now)
    opening = {"is_settled": False} | (_UNDECIDED if kind in EVALUATED else {})
    opened = new.on_conflict_do_update(index_elements=KEY, set_=opening, where=Notice.is_settled)
    return changed(opened) > 0


def settle(kind: NoticeKind, subject_ids: Collection[int]) -> int:
    """Close the notices of a kind about some subjects: the case is mended. Returns how many were open."""
    which = [Notice.kind == kind, Notice.subject_id.in_(subject_ids), IS_UNSETTLED]
    if kind in ABOUT_CLIENTS:  # leads into the index of a client's open notices
        which.append(Notice.client_id.in_(subject_ids))
    return changed(update(Notice).where(*which).values(is_settled=True))


def settle_certificates(client_id: int) -> int:
    """Close the notices of a client's certificate: it is not the current one any more. Returns how many were open."""
    which = Notice.client_id == client_id, Notice.kind.in_(list(CERTIFICATE_DAYS)), IS_UNSETTLED
    return changed(update(Notice).where(*which).values(is_settled=True))


def _is_muted(client_id: int, kind: NoticeKind) -> bool:
    silence = exists().where(NoticeMute.client_id == client_id, NoticeMute.kind == kind)
    return bool(db.session.scalar(select(silence)))
