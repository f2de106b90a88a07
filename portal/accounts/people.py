"""Who may do what, and who no longer may: roles, and the end of an access."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from portal import audit
from portal.accounts.queries import Listed
from portal.accounts.second_step import changed_one
from portal.accounts.service import end_links
from portal.accounts.sessions import end_sessions
from portal.audit import Actor
from portal.domain import people
from portal.domain.errors import Invalid, PersonRefused, RoleChanged
from portal.domain.people import PersonProblem
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import User, UserSession


def change_role(person: Listed, role: Role, *, was: Role, actor: Actor, now: datetime) -> None:
    """Give an active user a role; one that they have already is given in silence. ``was`` is what the form showed.

    Raises:
        Invalid: the role is not one of this company.
        RoleChanged: somebody else has given another role meanwhile.
        PersonRefused: the last Administrador stays, or the user is deactivated.
    """
    if role not in people.roles_of(person.partner_id):
        raise Invalid({"role": ["Escolha um perfil da lista."]})
    _ensure_another_keeper(person, losing=role is not people.keeper_of(person.partner_id))
    current = db.session.scalars(select(User.role).where(User.id == person.id, User.deactivated_at.is_(None))).first()
    if current is None:
        raise PersonRefused(PersonProblem.NOT_ACTIVE)
    if current is role:
        db.session.rollback()
        return
    if current is not was or not changed_one(
        update(User).where(User.id == person.id, User.role == was, User.deactivated_at.is_(None)).values(role=role)
    ):
        db.session.rollback()
        raise RoleChanged(current)
    _record("role_changed", person, actor, now, {"role": was.value}, {"role": role.value})


def deactivate(person: Listed, *, actor: Actor, now: datetime) -> None:
    """End a user's access: sessions and links die with it. Who is deactivated already stays so.

    Raises:
        PersonRefused: the last Administrador stays.
    """
    _ensure_another_keeper(person, losing=True)
    if not changed_one(
        update(User).where(User.id == person.id, User.deactivated_at.is_(None)).values(deactivated_at=now)
    ):
        db.session.rollback()
        return
    end_sessions(now, UserSession.user_id == person.id)
    end_links(person.id, now)
    _record("user_deactivated", person, actor, now)


def reactivate(person: Listed, *, actor: Actor, now: datetime) -> None:
    """Give a deactivated user the access back, with the same password and role; sessions of before stay ended."""
    if changed_one(
        update(User).where(User.id == person.id, User.deactivated_at.is_not(None)).values(deactivated_at=None)
    ):
        _record("user_reactivated", person, actor, now)
    else:
        db.session.rollback()


def _ensure_another_keeper(person: Listed, *, losing: bool) -> None:
    """Hold those who can let others in, in the order of their ids, and refuse to lose the last one.

    Of two who take the role from each other at once, the second waits here and then finds oneself the last.
    """
    if not losing:
        return
    keepers = db.session.scalars(
        select(User.id)
        .where(
            User.partner_id.is_(None) if person.partner_id is None else User.partner_id == person.partner_id,
            User.role == people.keeper_of(person.partner_id),
            User.deactivated_at.is_(None),
        )
        .order_by(User.id)
        .with_for_update(key_share=True)
    ).all()
    if keepers == [person.id]:
        raise PersonRefused(people.last_keeper(person.partner_id))


def _record(  # noqa: PLR0917 - what an event holds
    action: str,
    person: Listed,
    actor: Actor,
    now: datetime,
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
) -> None:
    """Record a change of a user, and commit."""
    told = {"user_id": person.id, "name": person.name} | (after or {})
    audit.record(action, actor=actor, now=now, partner_id=person.partner_id, before=before, after=told)
    db.session.commit()
