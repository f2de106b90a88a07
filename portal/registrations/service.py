"""Registering a client: quoted, confirmed, done once, in one transaction (DOMAIN §1, §5, R6, R7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from portal import audit, clock
from portal.audit import Actor
from portal.catalogue.queries import price_table
from portal.clients import service as clients
from portal.domain import licenses
from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.domain.charges import ChargeKind, OrderKind, Quote
from portal.domain.errors import AlreadyRegistered, RepeatMismatch
from portal.domain.licenses import Holding, Quantities
from portal.domain.search import search_key
from portal.errors import AWAITING_VENDOR
from portal.extensions import db
from portal.licenses import service as licensing
from portal.models import AuditEvent, Client, RegistrationCode
from portal.registrations import contract, following, queries
from portal.registrations.queries import REGISTER

BASE_VERSION = 0
"""The version that a registration is made from: none yet."""

NOTHING = Holding({})


@dataclass(frozen=True)
class Registration:
    """What a form asks for. ``key`` is its random key; ``data`` holds the client's data, checked."""

    partner_id: int
    key: str
    document: str
    product: Product
    method: RenewalMethod
    data: Mapping[str, str]
    wanted: Quantities

    @property
    def fingerprint(self) -> str:
        """The same form sent again has the same fingerprint."""
        held = {item.value: quantity for item, quantity in self.wanted.items()}
        content = {"document": self.document, "product": self.product.value, "method": self.method.value, "held": held}
        return audit.fingerprint(REGISTER, dict(self.data) | content)


@dataclass(frozen=True)
class Outcome:
    """The client that a form registered and its event (the protocol), and whether the form had done so before."""

    client: Client
    event: AuditEvent
    is_repeat: bool = False


def quote(partner_id: int, product: Product, wanted: Quantities, today: date) -> Quote:
    """Return what registering a client today costs, and until when that pays (DOMAIN R6, R7).

    Raises:
        SetRefused: the set cannot be held.
        PriceMissing: an item has no price.
    """
    day, prices = queries.due_day(partner_id), price_table(today)
    return licenses.contract(ChargeKind.REGISTRATION, product, wanted, due_day=day, today=today, prices=prices)


def register(asked: Registration, *, quote_seen: str, now: datetime, actor: Actor) -> Outcome:
    """Register a client for the values that were shown (``contract.seen_as``), or answer what this form did before.

    Raises:
        RepeatMismatch: the form was sent before with another content.
        AlreadyRegistered: the partner has this document with this product.
        SetRefused, PriceMissing: as ``quote``.
        QuoteAged: the values are others by now.
    """
    clients.take_turns(asked.document)
    if done := _done_before(asked):
        return done
    if held := queries.held_here(asked.partner_id, asked.document).get(asked.product):
        raise AlreadyRegistered(held.id)
    offer = quote(asked.partner_id, asked.product, asked.wanted, clock.local_date(now))
    contract.ensure_seen(offer, asked.wanted, quote_seen)
    try:
        return _write(asked, offer, now, actor)
    except IntegrityError:  # somebody was faster by a moment: with the same form, or with the same document
        db.session.rollback()
        if done := _done_before(asked):
            return done
        if held := queries.held_here(asked.partner_id, asked.document).get(asked.product):
            raise AlreadyRegistered(held.id) from None
        raise


def _done_before(asked: Registration) -> Outcome | None:
    """Return what the form did when it was sent before, or None.

    Raises:
        RepeatMismatch: it did something else than it asks for now, or it is not this partner's.
    """
    made = queries.made_by(asked.key)
    if made is None:
        return None
    client, event = made
    if client.partner_id != asked.partner_id or event.fingerprint != asked.fingerprint:
        raise RepeatMismatch
    return Outcome(client, event, is_repeat=True)


def _write(asked: Registration, offer: Quote, now: datetime, actor: Actor) -> Outcome:
    """Add the client with everything that belongs to it, and commit."""
    is_pending = queries.is_held_elsewhere(asked.partner_id, asked.document, asked.product)
    due_on, due_day = None if is_pending else offer.due_on, queries.due_day(asked.partner_id)
    client = Client(**columns_of(asked, due_on=due_on, due_day=due_day, now=now))
    db.session.add(client)
    db.session.flush()
    event = _drafted(client, asked, now, actor)
    following.note(client, asked.document, event, now=now, actor=actor)
    if is_pending:
        _keep_wish(client, event, asked.wanted)
    else:
        order_first(client, event, asked.wanted, offer, now)
    audit.keep(event)
    db.session.commit()
    return Outcome(client, event)


def order_first(client: Client, event: AuditEvent, wanted: Quantities, offer: Quote, now: datetime) -> None:
    """Order what a client that begins holds from today on: usable at once, charged as it was shown. Does not commit."""
    contract.write_order(
        client,
        OrderKind.REGISTRATION,
        event,
        before=NOTHING,
        after=Holding(wanted),
        quote=offer,
        due_on=offer.due_on,
        issued=first_codes(client, wanted, now),
        now=now,
    )


def _keep_wish(client: Client, event: AuditEvent, wanted: Quantities) -> None:
    """Keep what a Pendente client is to hold once it is approved; nothing is ordered until then (DOMAIN §2)."""
    wish = Holding(wanted)
    licensing.write_holding(client.id, wish, today=client.registered_on)
    contract.note(event, licensing.as_json(NOTHING), licensing.as_json(wish))


def columns_of(asked: Registration, *, due_on: date | None, due_day: int, now: datetime) -> dict[str, Any]:
    """Return the row of a new client: Ativo at once or, without a due date, Pendente until the vendor has looked."""
    return {
        "partner_id": asked.partner_id,
        "document": asked.document,
        "product": asked.product,
        "renewal_method": asked.method,
        "search_key": search_key(asked.data["name"], asked.document),
        "registered_on": clock.local_date(now),
        "due_day": due_day,
        "due_on": due_on,
        "pending_at": None if due_on else now,
        "pending_reason": "" if due_on else AWAITING_VENDOR,
        "creation_key": asked.key,
        **asked.data,
    }


def facts_of(asked: Registration, *, due_on: date | None, due_day: int) -> dict[str, Any]:
    """Return what the record of a registration says of the new client, its licenses apart."""
    return dict(asked.data) | {
        "document": asked.document,
        "product": asked.product.value,
        "renewal_method": asked.method.value,
        "due_on": due_on.isoformat() if due_on else None,
        "due_day": due_day,
    }


def _drafted(client: Client, asked: Registration, now: datetime, actor: Actor) -> AuditEvent:
    return audit.draft(
        REGISTER,
        actor=actor,
        now=now,
        partner_id=client.partner_id,
        client_id=client.id,
        after=facts_of(asked, due_on=client.due_on, due_day=client.due_day),
        base_version=BASE_VERSION,
        asked=asked.fingerprint,
    )


def first_codes(client: Client, wanted: Quantities, now: datetime) -> list[RegistrationCode]:
    """Issue one code for a Link client's main computer and one for each Link Móvel seat (DOMAIN §7)."""
    if client.product is not Product.LINK:
        return []
    base = licensing.issue_codes(client, Item.BASE, 1, now=now)
    return base + licensing.issue_codes(client, Item.MOBILE, wanted.get(Item.MOBILE, 0), now=now)
