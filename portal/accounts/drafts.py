"""Forms that were posted after their session had ended, kept for the same user to send again."""

from __future__ import annotations

import json
import secrets
from datetime import datetime

from sqlalchemy import delete, or_, select

from portal import clock
from portal.access import token_hash
from portal.domain import retention
from portal.extensions import db
from portal.models import FormDraft

LIFE = retention.FORM_DRAFTS
MAX_BYTES = 16 * 1024
MOST_PER_USER = 20
NEVER_KEPT = ("csrf_token", "password", "senha", "passphrase", "secret", "csc")
NEVER_TYPED = ("version",)

Fields = dict[str, list[str]]


def worth_keeping(fields: Fields) -> Fields:
    """Return what of a form may be kept: no token, nothing like a password, and nothing at all if nothing was typed."""
    kept = {name: values for name, values in fields.items() if not any(part in name.lower() for part in NEVER_KEPT)}
    typed = (values for name, values in kept.items() if name not in NEVER_TYPED)
    return kept if any(value.strip() for values in typed for value in values) else {}


def keep_draft(user_id: int, path: str, fields: Fields, *, now: datetime) -> str | None:
    """Keep a form for its user and return the token that it is fetched with, or None if it is too big."""
    if len(json.dumps(fields).encode()) > MAX_BYTES:
        return None
    token = secrets.token_urlsafe(32)
    db.session.add(
        FormDraft(token_hash=token_hash(token), user_id=user_id, path=path[:200], fields=fields, created_at=now)
    )
    db.session.flush()
    newest = select(FormDraft.id).where(FormDraft.user_id == user_id).order_by(FormDraft.id.desc()).limit(MOST_PER_USER)
    db.session.execute(
        delete(FormDraft).where(
            FormDraft.user_id == user_id,
            or_(FormDraft.id.not_in(newest.scalar_subquery()), FormDraft.created_at < now - LIFE),
        )
    )
    db.session.commit()
    return token


def load_draft(token: str, user_id: int) -> Fields | None:
    """Return a form's values by field, or None if the draft is another user's, unknown or a day old."""
    fields = db.session.scalar(
        select(FormDraft.fields).where(
            FormDraft.token_hash == token_hash(token),
            FormDraft.user_id == user_id,
            FormDraft.created_at > clock.now() - LIFE,
        )
    )
    return {str(name): [str(value) for value in values] for name, values in fields.items()} if fields else None
