"""Reading people, their sessions and their one-time links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from portal.access import IDLE, LONGEST, token_hash
from portal.domain.errors import NotFound
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Invitation, Partner, PasswordReset, RecoveryCode, User, UserSession
from portal.models.types import AnySelect

PAGE_SIZE = 50


@dataclass(frozen=True)
class Person:
    """What a check of a password, a code or a link needs of a user.

    ``sealed_totp`` is the secret of the second step once it is on; ``owes_second_step`` says that the partner demands one
    and that it is not.
    """

    id: int
    email: str
    name: str
    role: Role
    partner_id: int | None
    password_hash: str | None
    sealed_totp: str | None
    totp_last_step: int | None
    totp_reset_by: str | None
    owes_second_step: bool


@dataclass(frozen=True)
class Listed:
    """A user as the list shows them; no partner is the vendor."""

    id: int
    name: str
    email: str
    role: Role
    last_login_at: datetime | None
    deactivated_at: datetime | None
    totp_since: datetime | None
    partner_id: int | None
    partner_name: str | None


@dataclass(frozen=True)
class Page:
    """A page of the list of users."""

    number: int
    users: list[Listed]
    has_more: bool


def active_person(email: str) -> Person | None:
    """Return the person who may sign in with this (normal) e-mail."""
    return _person(User.email == email)


def visible_person(partner_id: int | None, user_id: int) -> Person:
    """Return an active user of a partner or, for vendor staff (no partner), any active user.

    Raises:
        NotFound: no such user, another partner's, or deactivated.
    """
    person = _person(User.id == user_id, *_visible(partner_id))
    if person is None:
        raise NotFound
    return person


def person_by_id(user_id: int) -> Person | None:
    """Return an active user, whoever's."""
    return _person(User.id == user_id)


def visible_user(partner_id: int | None, user_id: int) -> Listed:
    """Return a user of a partner or, for vendor staff (no partner), any user; deactivated ones too.

    Raises:
        NotFound: no such user, or another partner's.
    """
    row = db.session.execute(_listed().where(User.id == user_id, *_visible(partner_id))).one_or_none()
    if row is None:
        raise NotFound
    return Listed(*row)


def holder_of_link(token: str, now: datetime) -> Person | None:
    """Return whose password a one-time link sets, or None if it is unknown, used or expired."""
    return _person(
        User.id == PasswordReset.user_id,
        PasswordReset.token_hash == token_hash(token),
        PasswordReset.used_at.is_(None),
        PasswordReset.expires_at > now,
    )


def waiting_invitations(partner_id: int | None) -> list[tuple[Invitation, str | None]]:
    """Return the invitations that wait, with the partner's name: a partner's own or, for vendor staff, the newest of all."""
    rows = db.session.execute(
        select(Invitation, Partner.name)
        .outerjoin(Partner, Partner.id == Invitation.partner_id)
        .where(Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None), *_invited_by(partner_id))
        .order_by(Invitation.id.desc())
        .limit(PAGE_SIZE)
    )
    return [(invitation, name) for invitation, name in rows]


def visible_invitation(partner_id: int | None, invitation_id: int) -> Invitation:
    """Return an invitation of a partner or, for vendor staff (no partner), any.

    Raises:
        NotFound: no such invitation, or another partner's.
    """
    clauses = Invitation.id == invitation_id, *_invited_by(partner_id)
    invitation = db.session.scalars(select(Invitation).where(*clauses)).one_or_none()
    if invitation is None:
        raise NotFound
    return invitation


def users_without_second_step(partner_id: int) -> int:
    """Return how many active users of a partner sign in in one step."""
    clauses = User.partner_id == partner_id, User.deactivated_at.is_(None), User.totp_since.is_(None)
    return db.session.scalar(select(func.count()).select_from(User).where(*clauses)) or 0


def open_sessions(user_id: int, now: datetime) -> list[UserSession]:
    """Return the sessions of a user that live, the one used last first."""
    clauses = UserSession.user_id == user_id, UserSession.ended_at.is_(None)
    lives = UserSession.last_seen_at > now - IDLE, UserSession.created_at > now - LONGEST
    found = select(UserSession).where(*clauses, *lives).order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
    return list(db.session.scalars(found))


def own_user(user_id: int) -> User:
    """Return the row of who asks."""
    return db.session.get_one(User, user_id)


def unused_recovery_codes(user_id: int) -> int:
    """Return how many recovery codes a user has left."""
    clauses = RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)
    return db.session.scalar(select(func.count()).select_from(RecoveryCode).where(*clauses)) or 0


def company(partner_id: int) -> Partner:
    """Return a user's own partner."""
    return db.session.get_one(Partner, partner_id)


def owner_of_session(token: str) -> int | None:
    """Return the user who holds or held a session; None if it never existed or the user is deactivated."""
    return db.session.scalar(
        select(UserSession.user_id)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.token_hash == token_hash(token), User.deactivated_at.is_(None))
    )


def is_email_taken(email: str) -> bool:
    """Say whether a user, active or not, has this (normal) e-mail."""
    return db.session.scalar(select(User.id).where(User.email == email)) is not None


def users_page(partner_id: int | None, search: str, number: int) -> Page:
    """Return a page of a partner's users or, for vendor staff (no partner), of everybody's: staff first, then by partner."""
    query = (
        _listed()
        .where(*_visible(partner_id))
        .order_by(func.coalesce(Partner.name, ""), User.partner_id, User.name, User.id)
        .limit(PAGE_SIZE + 1)
        .offset((number - 1) * PAGE_SIZE)
    )
    if search:
        searched = (User.name, User.email, Partner.name)
        query = query.where(or_(*(column.icontains(search, autoescape=True) for column in searched)))
    users = [Listed(*row) for row in db.session.execute(query)]
    return Page(number, users[:PAGE_SIZE], len(users) > PAGE_SIZE)


def _listed() -> AnySelect:
    columns = (User.id, User.name, User.email, User.role, User.last_login_at, User.deactivated_at, User.totp_since)
    return select(*columns, User.partner_id, Partner.name).outerjoin(Partner, Partner.id == User.partner_id)


def _visible(partner_id: int | None) -> list[ColumnElement[bool]]:
    return [] if partner_id is None else [User.partner_id == partner_id]


def _invited_by(partner_id: int | None) -> list[ColumnElement[bool]]:
    return [] if partner_id is None else [Invitation.partner_id == partner_id]


def _person(*clauses: ColumnElement[bool]) -> Person | None:
    is_on = User.totp_since.is_not(None)
    row = db.session.execute(
        select(
            User.id, User.email, User.name, User.role, User.partner_id, User.password_hash,
            case((is_on, User.sealed_totp)), User.totp_last_step, _unseen_reset(),
            Partner.totp_demanded_at.is_not(None) & ~is_on,
        )
        .outerjoin(Partner, Partner.id == User.partner_id)
        .where(User.deactivated_at.is_(None), *clauses)
    ).one_or_none()  # fmt: skip
    return Person(*row) if row else None


def _unseen_reset() -> ColumnElement[str | None]:
    """Return who took away the second step since the user's last sign-in, where somebody did."""
    is_unseen = or_(User.last_login_at.is_(None), User.totp_reset_at > User.last_login_at)
    return case((and_(User.totp_reset_at.is_not(None), is_unseen), User.totp_reset_by))
