"""What the pages of partners show, prepared: no rule, no query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal import formatting, tabs
from portal.domain.catalogue import Product
from portal.domain.statuses import Status, derive_status
from portal.models import AuditEvent, StaffVisit
from portal.partners.filters import PartnerFilter, State

LABELS = {
    "partner_registered": "Revenda cadastrada",
    "partner_due_day": "Dia de vencimento alterado",
    "partner_suspended": "Revenda suspensa",
    "partner_resumed": "Suspensão cancelada",
    "admin_invited": "Administrador convidado",
    "staff_visit": "Clientes vistos pelo fornecedor",
}


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """A partner in the list."""

    id: int
    name: str
    document: str
    since: str
    due_day: int
    clients: str
    is_suspended: bool

    @classmethod
    def build(cls, row: Any, clients: Mapping[int, int]) -> PartnerRow:
        """Prepare one."""
        since, count = formatting.day(formatting.local_date(row.created_at)), formatting.number(clients.get(row.id, 0))
        document = formatting.document(row.document)
        return cls(row.id, row.name, document, since, row.due_day, count, row.suspended_at is not None)


@dataclass(frozen=True)
class EventRow:
    """Something that the vendor did about a partner."""

    protocol: int
    label: str
    at: str
    actor: str
    reason: str
    change: str

    @classmethod
    def build(cls, event: AuditEvent) -> EventRow:
        """Prepare one."""
        before, after = event.before or {}, event.after or {}
        change = f"{before['due_day']} → {after['due_day']}" if "due_day" in before else ""
        return cls(event.id, LABELS[event.action], formatting.moment(event.at), event.actor_name, event.reason, change)


@dataclass(frozen=True)
class VisitRow:
    """A visit as the partner reads of it."""

    who: str
    why: str
    began: str
    ended: str

    @classmethod
    def build(cls, visit: StaffVisit) -> VisitRow:
        """Prepare one."""
        return cls(visit.user_name, visit.reason, formatting.moment(visit.began_at), formatting.hour(visit.ends_at))


def tab_list(criteria: PartnerFilter, totals: Mapping[State, int]) -> list[tabs.Tab]:
    """Return the ways to show the partners, each with how many there are."""
    every = formatting.number(sum(totals.values()))
    first = tabs.Tab("Todas", every, criteria.from_start(state=None), criteria.state is None)
    return [first, *(_tab(criteria, state, totals[state]) for state in State)]


def _tab(criteria: PartnerFilter, state: State, count: int) -> tabs.Tab:
    return tabs.Tab(state.label, formatting.number(count), criteria.from_start(state=state), criteria.state is state)


@dataclass(frozen=True, slots=True)
class VisitedRow:
    """A client of a partner that is visited."""

    id: int
    name: str
    document: str
    product: Product
    registered: str
    due: str
    status: Status

    @classmethod
    def build(cls, client: Any, today: date) -> VisitedRow:
        """Prepare one; a row of the list's query and a loaded Client both fit."""
        return cls(
            client.id,
            client.name,
            formatting.document(client.document),
            client.product,
            formatting.day(client.registered_on),
            formatting.day(client.due_on),
            derive_status(client, today),
        )
