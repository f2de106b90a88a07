"""Letting a partner's first Administrador in: the one place that knows how somebody gets a way to sign in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal import audit
from portal.accounts import service as accounts
from portal.accounts.queries import visible_person
from portal.audit import Actor
from portal.domain.errors import Invalid
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Partner, User
from portal.partners.texts import Text


@dataclass(frozen=True)
class Invited:
    """Who is to be let in; the e-mail is normal: stripped, lower-case."""

    name: str
    email: str


def ensure_free(invited: Invited, partner_id: int | None = None) -> None:
    """Refuse an e-mail that anybody but an active Administrador of the partner has.

    Raises:
        Invalid: it is taken.
    """
    user = db.session.scalar(select(User).where(User.email == invited.email))
    if user is not None and (user.partner_id, user.role, user.deactivated_at) != (partner_id, Role.ADMIN, None):
        raise Invalid({"admin_email": [Text.TAKEN.label]})


def invite(partner: Partner, invited: Invited, *, now: datetime, actor: Actor) -> str:
    """Return the token of a one-time link for an Administrador; asked again for the same person, a new one. Commits.

    Raises:
        Invalid: somebody else has the e-mail.
    """
    ensure_free(invited, partner.id)
    user = db.session.scalar(select(User).where(User.email == invited.email)) or _add(partner, invited, now, actor)
    return accounts.issue_link(visible_person(partner.id, user.id), actor=actor, now=now)


def _add(partner: Partner, invited: Invited, now: datetime, actor: Actor) -> User:
    user = User(partner_id=partner.id, email=invited.email, name=invited.name, role=Role.ADMIN, created_at=now)
    db.session.add(user)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        raise Invalid({"admin_email": [Text.TAKEN.label]}) from None
    after = {"user_id": user.id, "name": invited.name}
    audit.record("admin_invited", actor=actor, now=now, partner_id=partner.id, after=after)
    return user
