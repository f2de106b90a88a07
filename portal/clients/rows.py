"""What the templates of a client show, prepared: no rule, no query."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal import formatting
from portal.domain import trust
from portal.domain.actions import PERMISSION_OF, Action, allowed_actions
from portal.domain.catalogue import Product
from portal.domain.roles import Permission
from portal.domain.statuses import Outlook, Status, outlook
from portal.models import Client, RegistrationCode


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A row of the list."""

    id: int
    name: str
    document: str
    registered: str
    product: Product
    due: str
    status: Status
    outlook: Outlook

    @classmethod
    def build(cls, client: Any, today: date) -> ClientRow:
        """Prepare one client; a row of the list's query and a loaded Client both fit."""
        view = _outlook(client, today)
        return cls(
            client.id,
            client.name,
            formatting.document(client.document),
            formatting.day(client.registered_on),
            client.product,
            formatting.day(client.due_on),
            view.status,
            view,
        )

    @classmethod
    def build_all(cls, clients: Iterable[Any], today: date) -> list[ClientRow]:
        """Prepare the rows of a page."""
        return [cls.build(client, today) for client in clients]

    @property
    def is_expandable(self) -> bool:
        """Only Link rows have the arrow (DOMAIN §3)."""
        return self.product is Product.LINK


def _outlook(client: Any, today: date) -> Outlook:
    """Return why the status holds, with the release on trust of an Expirado client."""
    view = outlook(client, today)
    through = client.released_through_on if view.status is Status.EXPIRED else None
    if through is None or not trust.is_released(client.due_on, client.released_due_on, through, today):
        return view
    return view._replace(released_through_on=through)


def menu_actions(row: ClientRow, may: Callable[[Permission], bool], *, without: Collection[Action]) -> list[Action]:
    """Return the row menu's entries: allowed by status, with a flow, permitted to the user; none of ``without``."""
    known = [action for action in allowed_actions(row.status, row) if action in PERMISSION_OF and action not in without]
    return [action for action in known if may(PERMISSION_OF[action])]


@dataclass(frozen=True)
class CodeRow:
    """A line of the unused codes window."""

    id: int
    client_id: int
    name: str
    document: str
    item: str
    code: str
    age: str

    @classmethod
    def build(cls, code: RegistrationCode, client: Client, today: date) -> CodeRow:
        """Prepare a code."""
        return cls(
            code.id,
            client.id,
            client.name,
            formatting.document(client.document),
            code.item.label,
            formatting.code(code.code),
            formatting.ago(formatting.local_date(code.issued_at), today),
        )
