"""Users, their sessions, their attempts and the forms they were filling in when a session ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.roles import Role
from portal.extensions import db
from portal.models.partner import Partner
from portal.models.types import JsonMap, Labelled, UtcDateTime

OPEN_INVITATION = "accepted_at IS NULL AND withdrawn_at IS NULL"


class User(db.Model):  # type: ignore[name-defined,misc]
    """A person of a partner, or of the vendor (no partner). The e-mail is stored lower-case.

    ``sealed_totp`` without ``totp_since`` is a secret whose first code has not been typed yet: it asks for nothing.
    ``totp_last_step`` is the step of the code that was used last, so that none counts twice.
    """

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partners.id"), index=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[Role] = mapped_column(Labelled(Role))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deactivated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sealed_totp: Mapped[str | None] = mapped_column(Text)
    totp_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    totp_last_step: Mapped[int | None]
    totp_reset_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    totp_reset_by: Mapped[str | None] = mapped_column(String(120))

    partner: Mapped[Partner | None] = relationship()


class UserSession(db.Model):  # type: ignore[name-defined,misc]
    """One sign-in. The cookie holds a random token, the table its SHA-256; deleting or ending the row ends it everywhere."""

    __tablename__ = "user_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(200), default="")


class PasswordReset(db.Model):  # type: ignore[name-defined,misc]
    """A one-time link to set a password; the table holds the token's SHA-256."""

    __tablename__ = "password_resets"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecoveryCode(db.Model):  # type: ignore[name-defined,misc]
    """One of the codes that stand in for a lost phone, each once; the table holds its SHA-256 with the user's id."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Invitation(db.Model):  # type: ignore[name-defined,misc]
    """A one-time link with which a person becomes a user. Sent again it is the same row with another token.

    Whether the e-mail is somebody's already is only looked at when the person accepts: who invites learns nothing of
    other partners' users.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        Index("ix_invitations_partner_id", "partner_id", "id"),
        Index(
            "uq_invitations_open",
            "partner_id",
            "email",
            unique=True,
            sqlite_where=text(OPEN_INVITATION),
            postgresql_where=text(OPEN_INVITATION),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partners.id"))
    key: Mapped[str] = mapped_column(String(32), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[Role] = mapped_column(Labelled(Role))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Attempt(db.Model):  # type: ignore[name-defined,misc]
    """One try at something that is limited (a password, a reset). ``subject`` is a SHA-256, never an address in clear."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_scope_subject_at", "scope", "subject", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(String(24))
    subject: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class FormDraft(db.Model):  # type: ignore[name-defined,misc]
    """A form that was posted after its session had ended; shown again, filled in, to the same user after login."""

    __tablename__ = "form_drafts"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    path: Mapped[str] = mapped_column(String(200))
    fields: Mapped[dict[str, Any]] = mapped_column(JsonMap)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
