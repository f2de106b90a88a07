"""The vendor's word about a registration that was born Pendente: approved it begins that day, rejected it waits (DOMAIN §2)."""

from __future__ import annotations

from datetime import datetime

from portal import clock
from portal.audit import Actor
from portal.catalogue.queries import price_table
from portal.clients import service as clients
from portal.clients.service import Order, Outcome
from portal.domain import licenses
from portal.domain.actions import Action, ensure_allowed
from portal.domain.charges import ChargeKind, Quote
from portal.domain.licenses import Quantities
from portal.domain.notices import NoticeKind
from portal.domain.statuses import derive_status
from portal.licenses.queries import holding_of
from portal.models import AuditEvent, Client
from portal.notifications import telling
from portal.registrations import contract
from portal.registrations.service import order_first

APPROVED, REJECTED = "registration_approved", "registration_rejected"
"""What the record calls them."""


def wish_of(client: Client, now: datetime) -> Quantities:
    """Return what a Pendente client is to hold."""
    return holding_of(client.id, clock.local_date(now)).now


def quote(client: Client, wanted: Quantities, now: datetime) -> Quote:
    """Return what approving a registration at a moment costs, and until when that pays: R6 or R7 at that day's prices.

    The due day is the one that the partner had when it registered the client (DOMAIN §5, Cycle).

    Raises:
        SetRefused: the wish cannot be held.
        PriceMissing: an item has no price.
    """
    today = clock.local_date(now)
    return licenses.contract(
        ChargeKind.REGISTRATION,
        client.product,
        wanted,
        due_day=client.due_day,
        today=today,
        prices=price_table(today),
        held=wanted,
    )


def approve(client: Client, *, version: int, quote_seen: str, now: datetime, actor: Actor) -> Outcome:
    """Let a registration begin today: Ativo, its charge and codes made as for any new client, the partner told.

    The same form sent again, by whomever, answers what was done.

    Raises:
        StaleState: it was decided otherwise, or the partner changed it.
        ActionRefused: the client is not Pendente.
        SetRefused, PriceMissing: as ``quote``.
        QuoteAged: the values are others by now than those that were shown (``contract.seen_as``).
    """
    order = Order(APPROVED, version, actor, now, {})
    if client.version != version:
        return clients.done_before(order, client)
    _ensure_pending(client, now)
    wanted = wish_of(client, now)
    offer = quote(client, wanted, now)
    contract.ensure_seen(offer, wanted, quote_seen)
    changes = {"due_on": offer.due_on, "pending_at": None, "pending_reason": "", "rejected_at": None}

    def also(event: AuditEvent) -> None:
        order_first(client, event, wanted, offer, now)
        telling.settle(NoticeKind.REGISTRATION_REJECTED, [client.id])
        _tell(NoticeKind.REGISTRATION_APPROVED, client, now)

    return clients.once(order, client, changes, also)


def reject(client: Client, *, version: int, reason: str, now: datetime, actor: Actor) -> Outcome:
    """Refuse a registration with the reason that its partner reads; it may be corrected, or given up.

    Raises:
        StaleState, RepeatMismatch: it was decided otherwise, or the partner changed it.
        ActionRefused: the client is not Pendente.
    """
    order = Order(REJECTED, version, actor, now, {"reason": reason})
    if client.version == version:
        _ensure_pending(client, now)
    changes = {"pending_reason": reason, "rejected_at": now}
    return clients.once(order, client, changes, lambda _event: _tell(NoticeKind.REGISTRATION_REJECTED, client, now))


def _ensure_pending(client: Client, now: datetime) -> None:
    ensure_allowed(Action.EVALUATE, derive_status(client, clock.local_date(now)), client)


def _tell(kind: NoticeKind, client: Client, now: datetime) -> None:
    telling.tell(
        kind,
        partner_id=client.partner_id,
        client_id=client.id,
        subject_id=client.id,
        effective_on=clock.local_date(now),
        now=now,
    )
