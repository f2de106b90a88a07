"""What the pages of "Ajuda" say of statuses and actions, read from the tables that rule them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from portal.domain import statuses
from portal.domain.actions import ALLOWED, PERMISSION_OF, PRODUCT_OF, Action
from portal.domain.catalogue import Product
from portal.domain.roles import GRANTS, Permission, Role
from portal.domain.statuses import DEFAULT_STATUSES, Outlook, Status
from portal.errors import REASONS

SPAN = 70
"""So many days before and after today hold an example of every status that a due date makes."""

PARTNERS = tuple(role for role in Role if role is not Role.OPERATOR)


def roles_with(permission: Permission) -> str:
    """Return the partner's roles that hold a permission, in words; the vendor's where none does."""
    held = [role.label for role in PARTNERS if permission in GRANTS[role]]
    return "todos" if len(held) == len(PARTNERS) else ", ".join(held or [Role.OPERATOR.label])


@dataclass(frozen=True)
class ActionHelp:
    """An action: where it is possible, for which product, and for whom; ``who`` is empty where it is not the partner's."""

    action: Action
    statuses: list[Status]
    product: Product | None
    who: str

    @classmethod
    def build(cls, action: Action) -> ActionHelp:
        """Read the tables."""
        permission = PERMISSION_OF.get(action)
        where = [status for status in Status if action in ALLOWED[status]]
        return cls(action, where, PRODUCT_OF.get(action), roles_with(permission) if permission else "")

    @classmethod
    def build_all(cls, some: Iterable[Action] = Action) -> list[ActionHelp]:
        """Read them for several."""
        return [cls.build(action) for action in some]


@dataclass(frozen=True)
class StatusHelp:
    """A status: an example of why it holds and what comes next, what can be done and why the rest cannot."""

    status: Status
    example: Outlook | None
    is_listed: bool
    possible: list[ActionHelp]
    impossible: list[Action]
    reason: str

    @classmethod
    def build(cls, status: Status, today: date) -> StatusHelp:
        """Read the tables."""
        return cls(
            status,
            example(status, today),
            status in DEFAULT_STATUSES,
            ActionHelp.build_all(ALLOWED[status]),
            [action for action in Action if action not in ALLOWED[status] and action in PERMISSION_OF],
            REASONS[status],
        )


def example(status: Status, today: date) -> Outlook | None:
    """Return what the portal says of a client with this status today; none where no client can have it today.

    On the first of a month nobody is Expirado: whoever was due before is Inativo already.
    """
    for days in sorted(range(-SPAN, SPAN), key=lambda days: abs(days - 1)):
        facts: Any = _facts(status, today + timedelta(days=days))
        if statuses.derive_status(facts, today) is status:
            return statuses.outlook(facts, today)
    return None


def _facts(status: Status, due_on: date) -> SimpleNamespace:
    marks = {Status.PENDING: "pending_at", Status.HIDDEN: "hidden_at", Status.SUSPENDED: "suspended_at"}
    empty = dict.fromkeys(marks.values())
    noted = {marks[status]: due_on} if status in marks else {}
    return SimpleNamespace(**(empty | noted), due_on=None if status is Status.PENDING else due_on)
