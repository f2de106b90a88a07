"""What a partner does with its registration while it is Pendente: correct it and send it again, or give it up (DOMAIN §2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal import clock
from portal.audit import Actor
from portal.clients import service as clients
from portal.clients.service import Order, Outcome
from portal.domain.actions import Action
from portal.domain.catalogue import RenewalMethod
from portal.domain.errors import AlreadyRegistered
from portal.domain.licenses import Holding, Quantities, ensure_set
from portal.domain.notices import NoticeKind
from portal.domain.search import search_key
from portal.errors import AWAITING_VENDOR
from portal.licenses import service as licensing
from portal.licenses.queries import holding_of
from portal.models import AuditEvent, Client
from portal.notifications import telling
from portal.registrations import contract, following, queries


@dataclass(frozen=True)
class Correction:
    """What the form asks for: the whole registration as it should have been, but for its product."""

    document: str
    method: RenewalMethod
    data: Mapping[str, str]
    wanted: Quantities

    @property
    def content(self) -> dict[str, Any]:
        """What makes the same form the same."""
        held = {item.value: units for item, units in self.wanted.items() if units}
        return {**self.data, "document": self.document, "renewal_method": self.method.value, "licenses": held}


def correct(client: Client, asked: Correction, *, version: int, now: datetime, actor: Actor) -> Outcome:
    """Write a registration anew and have it evaluated (again); nothing is charged until it is approved.

    Raises:
        StaleState, RepeatMismatch: it was decided, or changed, in between.
        ActionRefused: the client is not Pendente.
        AlreadyRegistered: the partner has the corrected document with this product already.
        SetRefused: the set cannot be held.
    """
    order = Order(Action.CORRECT, version, actor, now, asked.content)
    if client.version != version:
        return clients.done_before(order, client)
    clients.ensure_possible(order, client)
    held = queries.held_here(client.partner_id, asked.document).get(client.product)
    if held is not None and held.id != client.id:
        raise AlreadyRegistered(held.id)
    ensure_set(client.product, asked.wanted)

    changes = _changes(client, asked, now)

    def also(event: AuditEvent) -> None:
        _write_wish(client, event, asked.wanted, now)
        if "document" in changes:
            following.note_anew(client, asked.document, event, now=now, actor=actor)
        telling.settle(NoticeKind.REGISTRATION_REJECTED, [client.id])

    return clients.once(order, client, changes, also)


def _changes(client: Client, asked: Correction, now: datetime) -> dict[str, Any]:
    """Return the columns that a correction sets; one that was rejected waits from now on."""
    columns: dict[str, Any] = {
        **asked.data,
        "document": asked.document,
        "renewal_method": asked.method,
        "search_key": search_key(asked.data["name"], asked.document),
        "pending_reason": AWAITING_VENDOR,
        "rejected_at": None,
    }
    if client.rejected_at is not None:
        columns["pending_at"] = now
    return {name: value for name, value in columns.items() if value != getattr(client, name)}


def _write_wish(client: Client, event: AuditEvent, wanted: Quantities, now: datetime) -> None:
    today = clock.local_date(now)
    before, after = holding_of(client.id, today), Holding({item: units for item, units in wanted.items() if units})
    licensing.write_holding(client.id, after, today=today)
    contract.note(event, licensing.as_json(before), licensing.as_json(after))


def withdraw(client: Client, *, version: int, now: datetime, actor: Actor) -> Outcome:
    """Give a registration up: it is archived, and its document is free again.

    Raises:
        StaleState, RepeatMismatch: it was decided, or changed, in between.
        ActionRefused: the client is not Pendente.
    """
    order = Order(Action.WITHDRAW, version, actor, now, {})
    if client.version == version:
        clients.ensure_possible(order, client)

    def also(_event: AuditEvent) -> None:
        telling.settle(NoticeKind.REGISTRATION_REJECTED, [client.id])

    return clients.once(order, client, {"archived_at": now}, also)
