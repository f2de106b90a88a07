"""Forgetting what sign-ins left behind, once it has been kept long enough."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, delete, func, or_, select

from portal.domain import retention
from portal.extensions import db
from portal.models import Attempt, FormDraft, PasswordReset, UserSession


def forget(now: datetime) -> dict[str, int]:
    """Delete everything kept long enough, kind by kind, and return how much. Commits after each kind."""
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


KINDS: dict[str, type[Any]] = {
    "sessions": UserSession,
    "attempts": Attempt,
    "drafts": FormDraft,
    "password_links": PasswordReset,
}


def _forgettable(now: datetime) -> dict[str, ColumnElement[bool]]:
    """Return what is forgotten of each kind; a session that nobody used for so long has ended, whether it says so or not."""
    session_ended, link_ended = now - retention.ENDED_SESSIONS, now - retention.PASSWORD_LINKS
    return {
        "sessions": or_(UserSession.ended_at < session_ended, UserSession.last_seen_at < session_ended),
        "attempts": Attempt.at < now - retention.ATTEMPTS,
        "drafts": FormDraft.created_at < now - retention.FORM_DRAFTS,
        "password_links": or_(PasswordReset.used_at < link_ended, PasswordReset.expires_at < link_ended),
    }
