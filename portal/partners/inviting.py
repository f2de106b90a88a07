"""Letting a partner's Administrador in: the one place that knows how somebody gets a way to sign in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.accounts import invitations
from portal.accounts.invitations import Wanted
from portal.audit import Actor
from portal.domain.errors import Invalid
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Invitation, Partner


@dataclass(frozen=True)
class Invited:
    """Who is to be let in; the e-mail is normal: stripped, lower-case. ``key`` is the form's random one."""

    name: str
    email: str
    key: str


def invite(partner: Partner, invited: Invited, *, now: datetime, actor: Actor) -> str:
    """Return the token of an Administrador's invitation: the same for the same form, a fresh one where another waits. Commits.

    Raises:
        Invalid: the person has access already.
        RepeatMismatch, TooManyAttempts: as ``invitations.invite``.
    """
    waits = Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None), Invitation.key != invited.key
    same = Invitation.partner_id == partner.id, Invitation.email == invited.email, Invitation.role == Role.ADMIN
    if (waiting := db.session.scalar(select(Invitation).where(*same, *waits))) is not None:
        return invitations.send_again(waiting, actor=actor, now=now)
    wanted = Wanted(partner.id, invited.email, invited.name, Role.ADMIN)
    try:
        return invitations.invite(wanted, key=invited.key, actor=actor, now=now)
    except Invalid as refusal:
        raise Invalid({"admin_email": refusal.errors.get("email", [])}) from None
