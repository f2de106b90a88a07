"""Inviting people by a one-time link: sent, sent again, withdrawn, accepted."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.exc import IntegrityError

from portal import audit, mail, passwords
from portal.access import token_hash
from portal.accounts import throttle
from portal.accounts.second_step import changed_one
from portal.accounts.sessions import Device, SignedIn, end_sessions, open_session
from portal.accounts.texts import Text
from portal.accounts.throttle import Limit
from portal.audit import Actor
from portal.config import Config
from portal.domain import people
from portal.domain.errors import Invalid, NotFound, RepeatMismatch
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Invitation, Partner, User, UserSession
from portal.sealing import sealer

SENT = Limit("invitation", 30, timedelta(hours=1))
"""Invitations of one company: each may send a mail to whom nobody has asked."""


@dataclass(frozen=True)
class Wanted:
    """Whom to invite: to a partner or (none) to the vendor's staff. The e-mail is normal: stripped, lower-case."""

    partner_id: int | None
    email: str
    name: str
    role: Role


@dataclass(frozen=True)
class Open:
    """An invitation as its holder finds it."""

    id: int
    partner_id: int | None
    partner_name: str | None
    email: str
    name: str
    role: Role


@dataclass(frozen=True)
class _Newcomer:
    """A user who acts before having a session."""

    user_id: int
    name: str


def invite(wanted: Wanted, *, key: str, actor: Actor | None, now: datetime) -> str:
    """Return the token of an invitation; ``key`` is the form's random one: sent twice, it is one invitation with one link.

    Raises:
        Invalid: the person has access already, or an invitation waits; or the role is not one of this company.
        RepeatMismatch: the key came before with somebody else.
        TooManyAttempts: the company has sent too many within the hour.
    """
    token = _first_token(key)
    if made := db.session.scalars(select(Invitation).where(Invitation.key == key)).one_or_none():
        return _sent_before(made, wanted, token)
    _ensure_free(wanted)
    db.session.rollback()
    throttle.take((SENT, str(wanted.partner_id)), now=now)
    db.session.add(
        Invitation(
            **asdict(wanted),
            key=key,
            token_hash=token_hash(token),
            created_by_id=actor.user_id if actor else None,
            sent_at=now,
            expires_at=now + people.INVITATION_LIFE,
        )
    )
    try:
        db.session.flush()
    except IntegrityError:  # the same form, or another for the same person, a moment ago
        db.session.rollback()
        made = db.session.scalars(select(Invitation).where(Invitation.key == key)).one_or_none()
        if made is None:
            raise Invalid({"email": [Text.INVITED_ALREADY.label]}) from None
        return _sent_before(made, wanted, token)
    told = {"name": wanted.name, "email": wanted.email, "role": wanted.role.value}
    audit.record("invitation_sent", actor=actor, now=now, partner_id=wanted.partner_id, after=told)
    db.session.commit()
    return token


def send_again(invitation: Invitation, *, actor: Actor, now: datetime) -> str:
    """Return the token of a new link for an invitation that still waits; the link before dies.

    Raises:
        NotFound: it was accepted or withdrawn meanwhile.
        TooManyAttempts: the company has sent too many within the hour.
    """
    invitation_id, partner_id, told = invitation.id, invitation.partner_id, _told(invitation)
    db.session.rollback()
    throttle.take((SENT, str(partner_id)), now=now)
    token = secrets.token_urlsafe(32)
    values = {"token_hash": token_hash(token), "sent_at": now, "expires_at": now + people.INVITATION_LIFE}
    if not changed_one(update(Invitation).where(Invitation.id == invitation_id, *_waiting()).values(values)):
        db.session.rollback()
        raise NotFound
    audit.record("invitation_sent", actor=actor, now=now, partner_id=partner_id, after=told)
    db.session.commit()
    return token


def withdraw(invitation: Invitation, *, actor: Actor, now: datetime) -> None:
    """End an invitation; one that was withdrawn before stays so.

    Raises:
        NotFound: it was accepted meanwhile.
    """
    if invitation.withdrawn_at is not None:
        return
    if not changed_one(update(Invitation).where(Invitation.id == invitation.id, *_waiting()).values(withdrawn_at=now)):
        db.session.rollback()
        raise NotFound
    partner_id, told = invitation.partner_id, _told(invitation)
    audit.record("invitation_withdrawn", actor=actor, now=now, partner_id=partner_id, after=told)
    db.session.commit()


def accept(  # noqa: PLR0917 - who comes, with what, from where
    token: str, name: str, password: str, device: Device, replacing: str | None, now: datetime
) -> SignedIn:
    """Make the invited person a user with a password, and begin their session. The password is hashed first.

    Raises:
        NotFound: the link is unknown, expired, used or withdrawn (maybe a moment ago).
        Invalid: the e-mail is a user's, of whichever company: only its owner, who holds the link, is told so.
    """
    db.session.rollback()
    hashed = passwords.hash_password(password)
    held = find_open(token, now)
    is_mine = Invitation.token_hash == token_hash(token), Invitation.expires_at > now
    if held is None or not changed_one(update(Invitation).where(*is_mine, *_waiting()).values(accepted_at=now)):
        db.session.rollback()
        raise NotFound
    facts = {"email": held.email, "role": held.role, "partner_id": held.partner_id, "name": name}
    user = User(**facts, password_hash=hashed, created_at=now, last_login_at=now)
    db.session.add(user)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        raise Invalid({"email": [Text.EMAIL_IN_USE.label]}) from None
    if replacing:
        end_sessions(now, UserSession.token_hash == token_hash(replacing))
    session = open_session(user.id, device, now)
    told = {"user_id": user.id, "name": name, "role": held.role.value}
    who = _Newcomer(user.id, name)
    audit.record("invitation_accepted", actor=who, now=now, partner_id=held.partner_id, after=told)
    db.session.commit()
    return SignedIn(session, None)


def find_open(token: str, now: datetime) -> Open | None:
    """Return the invitation that a link leads to, or None where it no longer does."""
    row = db.session.execute(
        select(
            Invitation.id, Invitation.partner_id, Partner.name, Invitation.email, Invitation.name, Invitation.role
        )
        .outerjoin(Partner, Partner.id == Invitation.partner_id)
        .where(Invitation.token_hash == token_hash(token), Invitation.expires_at > now, *_waiting())
    ).one_or_none()  # fmt: skip
    return Open(*row) if row else None


def link_address(base_url: str, token: str) -> str:
    """Return the address that an invited person opens."""
    return f"{base_url.rstrip('/')}/invitations/{token}"


def mail_link(config: Config, name: str, email: str, company: str, address: str) -> None:
    """Mail an invitation."""
    text = Text.INVITATION_BODY.label.format(name=name, company=company, address=address)
    mail.send(config, email, Text.INVITATION_SUBJECT.label, text)


def _first_token(key: str) -> str:
    """Return the token that belongs to a form's key: whoever sends the form again is shown the same link."""
    return sealer().digest(f"invitation:{key}".encode())


def _sent_before(made: Invitation, wanted: Wanted, token: str) -> str:
    if Wanted(made.partner_id, made.email, made.name, made.role) != wanted:
        raise RepeatMismatch
    return token


def _ensure_free(wanted: Wanted) -> None:
    """Refuse what the inviting company can know; that another one's user has the e-mail, only its owner learns."""
    if wanted.role not in people.roles_of(wanted.partner_id):
        raise Invalid({"role": ["Escolha um perfil da lista."]})
    own = [] if wanted.partner_id is None else [User.partner_id == wanted.partner_id]
    user = db.session.execute(select(User.deactivated_at).where(User.email == wanted.email, *own)).one_or_none()
    if user is not None:
        raise Invalid({"email": [(Text.EMAIL_TAKEN if user[0] is None else Text.EMAIL_DEACTIVATED).label]})
    same = Invitation.partner_id.is_not_distinct_from(wanted.partner_id), Invitation.email == wanted.email
    if db.session.scalar(select(Invitation.id).where(*same, *_waiting()).limit(1)):
        raise Invalid({"email": [Text.INVITED_ALREADY.label]})


def _waiting() -> list[ColumnElement[bool]]:
    return [Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None)]


def _told(invitation: Invitation) -> dict[str, str]:
    return {"name": invitation.name, "email": invitation.email, "role": invitation.role.value}
