"""Users as the list shows them, group by group."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from portal import formatting
from portal.accounts.queries import Listed


@dataclass(frozen=True)
class UserRow:
    """One line of the list of users."""

    id: int
    name: str
    email: str
    role: str
    last_login: str
    is_active: bool

    @classmethod
    def build(cls, user: Listed) -> UserRow:
        """Put a user into words."""
        last_login = formatting.moment(user.last_login_at)
        return cls(user.id, user.name, user.email, user.role.label, last_login, user.deactivated_at is None)


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
