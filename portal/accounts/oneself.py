"""What people change about themselves and their company: name, password, sessions, how the company is reached."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from portal import audit, passwords
from portal.access import Viewer
from portal.accounts import credentials, queries, throttle
from portal.accounts.second_step import changed_one
from portal.accounts.service import end_links
from portal.accounts.sessions import end_sessions
from portal.accounts.texts import Text
from portal.domain.errors import Invalid, NotFound
from portal.extensions import db
from portal.models import Partner, User, UserSession


def change_name(who: Viewer, name: str, *, now: datetime) -> None:
    """Change one's own name; what was recorded under the former one keeps it."""
    if not changed_one(update(User).where(User.id == who.user_id, User.name != name).values(name=name)):
        db.session.rollback()
        return
    told = {"user_id": who.user_id, "name": name}
    audit.record("name_changed", actor=who, now=now, partner_id=who.partner_id, before={"name": who.name}, after=told)
    db.session.commit()


def change_password(who: Viewer, current: str, new: str, *, address: str, now: datetime) -> None:
    """Change one's own password: the other sessions and all one-time links end, this session goes on.

    Raises:
        Invalid: the current password is wrong.
        TooManyAttempts: for this user, or from this address.
    """
    person = credentials.check_password(who.email, current, address=address, now=now)
    if person is None:
        raise Invalid({"current": [Text.PASSWORD_WRONG.label]})
    hashed = passwords.hash_password(new)
    is_unchanged = User.id == who.user_id, User.password_hash == person.password_hash
    if not changed_one(update(User).where(*is_unchanged).values(password_hash=hashed)):  # another came in between
        db.session.rollback()
        raise Invalid({"current": [Text.PASSWORD_WRONG.label]})
    _end_others(who, now)
    end_links(who.user_id, now)
    throttle.forgive(throttle.PASSWORD, who.email)
    told = {"user_id": who.user_id}
    audit.record("password_changed", actor=who, now=now, partner_id=who.partner_id, after=told)
    db.session.commit()


def end_session(who: Viewer, session_id: int, *, now: datetime) -> None:
    """End one of one's own sessions; one that has ended already stays so.

    Raises:
        NotFound: no such session, or another user's.
    """
    session = db.session.get(UserSession, session_id)
    if session is None or session.user_id != who.user_id:
        raise NotFound
    end_sessions(now, UserSession.id == session_id)
    db.session.commit()


def end_other_sessions(who: Viewer, *, now: datetime) -> None:
    """End all of one's own sessions but this one."""
    _end_others(who, now)
    db.session.commit()


def change_contact(who: Viewer, partner_id: int, email: str, phone: str, *, now: datetime) -> None:
    """Change how the vendor reaches the company."""
    partner = queries.company(partner_id)
    before, after = {"email": partner.email, "phone": partner.phone}, {"email": email, "phone": phone}
    if before == after:
        return
    db.session.execute(update(Partner).where(Partner.id == partner_id).values(after))
    audit.record("contact_changed", actor=who, now=now, partner_id=partner_id, before=before, after=after)
    db.session.commit()


def _end_others(who: Viewer, now: datetime) -> None:
    end_sessions(now, UserSession.user_id == who.user_id, UserSession.id != who.session_id)
