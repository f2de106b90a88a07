"""Users as the list shows them, group by group."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from portal import formatting
from portal.accounts.queries import Listed
from portal.domain.people import InvitationState, state_of
from portal.models import Invitation, UserSession


@dataclass(frozen=True)
class UserRow:
    """One line of the list of users."""

    id: int
    name: str
    email: str
    role: str
    last_login: str
    is_active: bool
    has_second_step: bool

    @classmethod
    def build(cls, user: Listed) -> UserRow:
        """Put a user into words."""
        last_login = formatting.moment(user.last_login_at)
        return cls(
            user.id,
            user.name,
            user.email,
            user.role.label,
            last_login,
            user.deactivated_at is None,
            bool(user.totp_since),
        )


@dataclass(frozen=True)
class InvitationRow:
    """One invitation that waits."""

    id: int
    name: str
    email: str
    role: str
    partner_name: str | None
    sent: str
    until: str
    is_expired: bool

    @classmethod
    def build_all(cls, found: list[tuple[Invitation, str | None]], now: datetime) -> list[InvitationRow]:
        """Put invitations into words."""
        return [
            cls(
                one.id,
                one.name,
                one.email,
                one.role.label,
                partner_name,
                formatting.day_of(one.sent_at),
                formatting.moment(one.expires_at),
                state_of(one, now) is InvitationState.EXPIRED,
            )
            for one, partner_name in found
        ]


@dataclass(frozen=True)
class UserGroup:
    """The users of one partner; no name is the vendor's own staff."""

    partner_name: str | None
    rows: list[UserRow]

    @classmethod
    def build_all(cls, users: list[Listed]) -> list[UserGroup]:
        """Group users that come sorted by partner."""
        groups = [list(members) for _, members in groupby(users, key=lambda user: user.partner_id)]
        return [cls(members[0].partner_name, [UserRow.build(user) for user in members]) for members in groups]


@dataclass(frozen=True)
class SessionRow:
    """One open session, as its owner recognises it."""

    id: int
    device: str
    address: str
    since: str
    seen: str
    is_here: bool

    @classmethod
    def build_all(cls, sessions: list[UserSession], here: int) -> list[SessionRow]:
        """Put sessions into words."""
        return [
            cls(
                one.id,
                device_words(one.user_agent),
                one.address,
                formatting.moment(one.created_at),
                formatting.moment(one.last_seen_at),
                one.id == here,
            )
            for one in sessions
        ]


BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "SamsungBrowser": "Samsung Internet", "Firefox": "Firefox",
            "FxiOS": "Firefox", "Chrome": "Chrome", "CriOS": "Chrome", "Safari": "Safari"}  # fmt: skip
SYSTEMS = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS": "Mac",
           "CrOS": "Chromebook", "Linux": "Linux"}  # fmt: skip
"""What a browser calls itself, in the order in which one sign outweighs the next."""


def device_words(user_agent: str) -> str:
    """Return Chrome no Windows, from what a browser says about itself."""
    browser = next((name for sign, name in BROWSERS.items() if sign in user_agent), "Navegador")
    system = next((name for sign, name in SYSTEMS.items() if sign in user_agent), "")
    return f"{browser} no {system}" if system else browser
