"""Forgetting what sign-ins left behind, once it has been kept long enough."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_

from portal import forgetting
from portal.domain import retention
from portal.forgetting import Forgettable
from portal.models import Attempt, FormDraft, Invitation, PasswordReset, UserSession


def forget(now: datetime) -> dict[str, int]:
    """Delete everything kept long enough, kind by kind, and return how much. Commits after each kind."""
    return forgetting.forget(_forgettable(now))


def count_forgettable(now: datetime) -> dict[str, int]:
    """Return how much ``forget`` would delete."""
    return forgetting.count(_forgettable(now))


def _forgettable(now: datetime) -> Forgettable:
    """Return what is forgotten of each kind; a session that nobody used for so long has ended, whether it says so or not."""
    session_ended, link_ended = now - retention.ENDED_SESSIONS, now - retention.PASSWORD_LINKS
    return {
        "sessions": (UserSession, or_(UserSession.ended_at < session_ended, UserSession.last_seen_at < session_ended)),
        "attempts": (Attempt, Attempt.at < now - retention.ATTEMPTS),
        "drafts": (FormDraft, FormDraft.created_at < now - retention.FORM_DRAFTS),
        "password_links": (
            PasswordReset,
            or_(PasswordReset.used_at < link_ended, PasswordReset.expires_at < link_ended),
        ),
        "invitations": (Invitation, Invitation.expires_at < now - retention.INVITATIONS),
    }
