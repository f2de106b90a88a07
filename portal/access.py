"""Who is asking, and may they? Every request passes this gate; strangers are told "not found"."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from flask import Flask, Response, current_app, request
from flask_login import UserMixin, current_user
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import OperationalError

from portal import clock, database
from portal.domain.errors import NotFound, NotPermitted, PartnerSuspended
from portal.domain.roles import KEPT, Permission, Role, may
from portal.extensions import csrf, db, login_manager
from portal.models import Partner, User, UserSession

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=14)
SEEN_EVERY = timedelta(minutes=5)
PUBLIC = "public"
MACHINES = "/api/"
"""Where programs ask; an address there that does not exist is answered as they read it."""

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Viewer(UserMixin):  # type: ignore[misc]
    """The signed-in user with everything that a request needs of it, from one query."""

    token: str
    session_id: int
    user_id: int
    name: str
    email: str
    role: Role
    partner_id: int | None
    partner_name: str | None
    partner_revision: int
    is_partner_suspended: bool
    owes_second_step: bool = False
    """Whether the partner demands the second step of everybody and this user has none: that comes before anything else."""

    def get_id(self) -> str:
        """Return what the cookie keeps: the session's token, not the user's id, so that a session can be ended."""
        return self.token

    def may(self, permission: Permission) -> bool:
        """Say whether the role grants a permission, a suspended partner's users reading only."""
        return may(self.role, permission, is_partner_suspended=self.is_partner_suspended)


def token_hash(token: str) -> str:
    """Return what the tables keep of a random token."""
    return hashlib.sha256(token.encode()).hexdigest()


_SESSION, _USER, _PARTNER = UserSession.__table__, User.__table__, Partner.__table__
_VIEWER = (
    select(
        _SESSION.c.id, _SESSION.c.last_seen_at, _USER.c.id, _USER.c.name, _USER.c.email, _USER.c.role,
        _PARTNER.c.id, _PARTNER.c.name, _PARTNER.c.revision, _PARTNER.c.suspended_at,
        _PARTNER.c.totp_demanded_at.is_not(None) & _USER.c.totp_since.is_(None),
    )
    .join_from(_SESSION, _USER, _USER.c.id == _SESSION.c.user_id)
    .outerjoin(_PARTNER, _PARTNER.c.id == _USER.c.partner_id)
    .where(
        _SESSION.c.token_hash == bindparam("token_hash"),
        _SESSION.c.ended_at.is_(None),
        _SESSION.c.last_seen_at > bindparam("active_after"),
        _SESSION.c.created_at > bindparam("created_after"),
        _USER.c.deactivated_at.is_(None),
    )
)  # fmt: skip
"""Session, user and partner at once; built once, because every request asks it."""


def load_viewer(token: str) -> Viewer | None:
    """Return the viewer of a live session, or None."""
    now = clock.now()
    values = {"token_hash": token_hash(token), "active_after": now - IDLE, "created_after": now - LONGEST}
    row = db.session.execute(_VIEWER, values).one_or_none()
    if row is None:
        return None
    session_id, seen_at, user_id, name, email, role, partner_id, partner_name, revision, suspended_at, owes = row
    if now - seen_at > SEEN_EVERY:
        _touch(session_id, now)
    return Viewer(
        token, session_id, user_id, name, email, role, partner_id, partner_name, revision or 0,
        is_partner_suspended=suspended_at is not None, owes_second_step=bool(owes),
    )  # fmt: skip


def _touch(session_id: int, now: datetime) -> None:
    """Note that the session lives; outside the request's own transaction, and not worth an error or a wait when locked."""
    statement = update(UserSession).where(UserSession.id == session_id).values(last_seen_at=now)
    db.session.rollback()  # the reading transaction ends here, else SQLite would wait for itself
    with suppress(OperationalError), database.without_waiting(db.engine) as connection:
        connection.execute(statement)


def viewer() -> Viewer:
    """Return the signed-in user; only routes behind the gate ask."""
    return cast(Viewer, current_user)


def current_partner_id() -> int:
    """Return the partner whose data this request may see.

    Raises:
        NotFound: the user is vendor staff, who have no clients of their own.
    """
    partner_id = viewer().partner_id
    if partner_id is None:
        raise NotFound
    return partner_id


def requires(permission: Permission) -> Callable[[View], View]:
    """Declare the permission that a route asks for."""

    def declare(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return declare


def asks(form: str) -> Callable[[View], View]:
    """Declare that a POST changes nothing: it only asks, with what is typed kept out of addresses and logs.

    ``form`` is the endpoint of the form that it asks for; there a user finds what they typed when the session has ended.
    """

    def declare(view: View) -> View:
        view.asks_for = form  # type: ignore[attr-defined]
        return view

    return declare


def takes(most_bytes: int) -> Callable[[View], View]:
    """Declare that a route takes more than a form: an upload of so many bytes."""

    def declare(view: View) -> View:
        view.most_bytes = most_bytes  # type: ignore[attr-defined]
        return view

    return declare


def public(view: View) -> View:
    """Declare that a route is open to everybody."""
    view.permission = PUBLIC  # type: ignore[attr-defined]
    return view


def comes_first(view: View) -> View:
    """Declare that a route is open to who owes the second step: what it takes to set it up, and the way out."""
    view.comes_first = True  # type: ignore[attr-defined]
    return view


def machine(view: View) -> View:
    """Declare that a route is asked by programs: what they send is their proof, in place of a session and its token.

    Whatever is refused there is answered as JSON (``portal.refusing``).
    """
    view.is_machine = True  # type: ignore[attr-defined]
    return public(view)


def is_machine_asking() -> bool:
    """Say whether the request is for a route that programs ask, or for none among theirs."""
    if request.endpoint is None:
        return request.path.startswith(MACHINES)
    return hasattr(current_app.view_functions.get(request.endpoint), "is_machine")


def undeclared(app: Flask) -> list[str]:
    """Return the endpoints that declare no permission; the factory refuses to start with any."""
    return sorted(name for name, view in app.view_functions.items() if not hasattr(view, "permission"))


def gate() -> Response | None:
    """Let the request pass, or answer it here: unknown visitors to the login, the others by their role.

    Raises:
        NotPermitted: the role does not grant the route's permission.
        PartnerSuspended: it would, were the partner not suspended.
    """
    if request.endpoint is None:
        return None
    view: Any = current_app.view_functions[request.endpoint]
    permission, request.max_content_length = view.permission, getattr(view, "most_bytes", request.max_content_length)
    if permission != PUBLIC:
        if not current_user.is_authenticated:
            return cast(Response, login_manager.unauthorized())
        if viewer().owes_second_step and not hasattr(view, "comes_first"):
            return cast(Response, current_app.extensions["second_step_owed"]())
        _ensure_permitted(viewer(), permission)
    if hasattr(view, "most_bytes"):
        db.session.rollback()  # the token stands behind the upload, and parsing that would hold SQLite's write lock
    if not is_machine_asking():
        csrf.protect()
    return None


def _ensure_permitted(who: Viewer, permission: Permission) -> None:
    if who.may(permission):
        return
    if who.is_partner_suspended and permission not in KEPT and may(who.role, permission):
        raise PartnerSuspended
    raise NotPermitted
