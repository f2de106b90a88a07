"""What the tests of orders share: a partner with a price table, somebody who orders, a client, its license in numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime, time
from typing import Any

import pytest
from sqlalchemy import select

from portal import clock
from portal.access import Viewer
from portal.clients import service as clients
from portal.clients.service import Outcome
from portal.domain.catalogue import Item, RenewalMethod
from portal.extensions import db
from portal.licenses import queries
from portal.models import AuditEvent, Charge, Client, LicenseOrder, Partner, PriceVersion, RegistrationCode, User
from portal.registrations import contract, reactivation, reversal
from portal.registrations.contract import Wish
from tests.clients.conftest import admin, client_in, partner, stranger, web, web_of
from tests.factories import Factory

__all__ = ["admin", "client_in", "partner", "stranger", "web", "web_of"]


@pytest.fixture
def prices(make: Factory) -> PriceVersion:
    """Return the stored price table of DOMAIN's worked examples."""
    return make.price_version()


@pytest.fixture
def actor(admin: User) -> Viewer:
    return viewer_of(admin)


def viewer_of(user: User) -> Viewer:
    """Return a user as services know one."""
    return Viewer("t", 1, user.id, user.name, user.email, user.role, user.partner_id, "", 0, is_partner_suspended=False)


def noon(day: date) -> datetime:
    """Return the moment at which a test's day is seen."""
    return clock.moment_of(day, time(12))


class Hand:
    """Somebody who orders for one client, by the services, as the screens would: the window is seen, then confirmed."""

    def __init__(self, client: Client, actor: Viewer) -> None:
        self.client, self.actor = client, actor

    def wish(
        self,
        data: dict[str, str] | None = None,
        method: RenewalMethod | None = None,
        leaving: Collection[int] = (),
        **units: int,
    ) -> Wish:
        """Return what the form asks for: the license as it will be, some of it changed."""
        self.refresh()
        kept = {name: getattr(self.client, name) for name in clients.REVISED}
        wanted = queries.holding_of(self.client.id, clock.today()).final | items(units)
        return Wish(kept | (data or {}), wanted, method or self.client.renewal_method, leaving=frozenset(leaving))

    def change(
        self, on: date, *, data: dict[str, str] | None = None, leaving: Collection[int] = (), **units: int
    ) -> Outcome:
        with clock.frozen(noon(on)):
            wish = self.wish(data, leaving=leaving, **units)
            return self.save(wish, on, self.seen(wish, on))

    def save(self, wish: Wish, on: date, seen: str, version: int | None = None) -> Outcome:
        base = {"version": version or self.client.version, "now": noon(on), "actor": self.actor}
        return contract.change(self.client, wish, quote_seen=seen, **base)

    def seen(self, wish: Wish, on: date) -> str:
        plan = contract.plan(
            self.client, queries.holding_of(self.client.id, on), wish.wanted, on, contract.price_table(on)
        )
        return contract.seen_as(plan.quote, plan.added)

    def reactivate(self, on: date, *, data: dict[str, str] | None = None, **units: int) -> Outcome:
        with clock.frozen(noon(on)):
            wish = Wish(self.wish(data).data, items({"base": 1} | units), self.client.renewal_method)
        quote = reactivation.quote(
            self.client, queries.holding_of(self.client.id, on), wish.wanted, on, contract.price_table(on)
        )
        base = {"version": self.client.version, "now": noon(on), "actor": self.actor}
        seen = contract.seen_as(quote, wish.wanted)
        return reactivation.reactivate(self.client, wish, quote_seen=seen, **base)

    def take_back(self, on: date, item: Item, effective_on: date, version: int | None = None) -> Outcome:
        self.refresh()
        base = {"version": version or self.client.version, "now": noon(on), "actor": self.actor}
        return contract.take_back(self.client, item, effective_on, **base)

    def reverse(self, on: date, order: LicenseOrder | None = None, version: int | None = None) -> Outcome:
        self.refresh()
        order = order or self.last_order()
        base = {"version": version or self.client.version, "now": noon(on), "actor": self.actor}
        return reversal.reverse(self.client, order, **base)

    def refresh(self) -> None:
        db.session.rollback()
        db.session.refresh(self.client)

    def last_order(self) -> LicenseOrder:
        return queries.last_order(self.client.id)

    def holds(self, on: date) -> dict[str, int]:
        """Return what counts on a day, the base license apart."""
        units = queries.holding_of(self.client.id, on).on(on)
        return {item.value: count for item, count in units.items() if item is not Item.BASE}

    def charges(self) -> list[Charge]:
        """Return the client's standing charges, oldest first."""
        query = select(Charge).where(Charge.client_id == self.client.id, Charge.reversed_at.is_(None))
        return list(db.session.scalars(query.order_by(Charge.id)))

    def cents(self) -> list[int]:
        return [charge.amount_cents for charge in self.charges()]

    def unused(self, item: Item) -> list[int]:
        """Return the ids of codes that still activate something, oldest first."""
        spare = RegistrationCode.consumed_at.is_(None), RegistrationCode.revoked_at.is_(None)
        which = RegistrationCode.client_id == self.client.id, RegistrationCode.item == item
        return list(db.session.scalars(select(RegistrationCode.id).where(*which, *spare).order_by(RegistrationCode.id)))

    def events(self) -> list[AuditEvent]:
        query = select(AuditEvent).where(AuditEvent.client_id == self.client.id).order_by(AuditEvent.id)
        return list(db.session.scalars(query))


def items(units: dict[str, int]) -> dict[Item, int]:
    return {Item[name.upper()]: count for name, count in units.items()}


@pytest.fixture
def hand_on(make: Factory, partner: Partner, actor: Viewer, prices: PriceVersion) -> Callable[..., Hand]:
    """Return what makes an Ativo client that holds something, and the hand that orders for it."""

    def take(*, facts: dict[str, Any] | None = None, **units: int) -> Hand:
        client = make.client(partner, **(facts or {}))
        for item, count in items(units).items():
            make.item(client, item, count)
        db.session.refresh(client)
        return Hand(client, actor)

    return take
