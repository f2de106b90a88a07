"""What the tests of billing share: a partner with prices, R13's client, a hand that sets prices, a night."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from jobs import issue_charges
from portal import clock
from portal.access import Viewer
from portal.billing import service
from portal.config import DEMO_RECEIVER, Pix
from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.extensions import db
from portal.models import Client, Notice, Partner, Price, PriceVersion, RetailCharge
from tests.factories import Factory
from tests.invoices.conftest import purse
from tests.registrations.conftest import actor, admin, client_in, partner, prices, stranger, web, web_of

__all__ = ["actor", "admin", "client_in", "partner", "prices", "purse", "stranger", "web", "web_of"]

RETAIL = {Item.BASE: 14990, Item.CLOUD: 4990, Item.WAITER: 2990, Item.MOBILE: 3050}
"""R13: 320,00 for what costs 214,40."""

DUE = date(2025, 7, 10)
FIRST_DAY = date(2025, 6, 30)
"""The first of the renewal window of DUE."""


def night(day: date = FIRST_DAY) -> dict[str, int]:
    """Run the job at its hour of a day."""
    return issue_charges.run(clock.moment_of(day, time(6)))


def charges(*which: Any) -> list[RetailCharge]:
    """Return the charges to end clients, oldest first."""
    db.session.expire_all()
    return list(db.session.scalars(select(RetailCharge).where(*which).order_by(RetailCharge.id)))


def open_notices(kind: Any) -> list[tuple[int, date]]:
    """Return client and date of the notices of a kind that are not settled."""
    query = select(Notice.client_id, Notice.effective_on).where(Notice.kind == kind, Notice.is_settled.is_(False))
    return [tuple(row) for row in db.session.execute(query.order_by(Notice.id))]


@pytest.fixture
def billed(make: Factory, partner: Partner, prices: PriceVersion) -> Callable[..., Client]:
    """Return what makes a client of "Gestão de cobranças" that is due on 10/07 and costs 214,40."""

    def make_client(**facts: Any) -> Client:
        client = make.client(partner, **({"due_on": DUE, "renewal_method": RenewalMethod.BILLING} | facts))
        if client.product is Product.LINK:
            make.item(client, Item.CLOUD)
            make.item(client, Item.WAITER, 3)
            make.item(client, Item.MOBILE)
        return client

    return make_client


@pytest.fixture
def client(billed: Callable[..., Client], sell: Callable[..., Any]) -> Client:
    """Return R13's client with its retail prices."""
    client = billed(name="Bar do Zé", phone="11987654321")
    sell(client, RETAIL)
    return client


@pytest.fixture
def sell(actor: Viewer) -> Callable[..., Any]:
    """Return what sets retail prices by the service."""

    def set_prices(client: Client, cents: dict[Item, int | None], day: date = date(2025, 6, 1)) -> Any:
        db.session.refresh(client)
        now: datetime = clock.moment_of(day, time(12))
        return service.set_prices(client, cents, version=client.version, now=now, actor=actor)

    return set_prices


@pytest.fixture
def raise_price(prices: PriceVersion) -> Callable[..., PriceVersion]:
    """Return what loads another version of the price table, one price of it changed."""

    def load(item: Item, cents: int, valid_from: date) -> PriceVersion:
        version = PriceVersion(valid_from=valid_from, created_at=clock.now())
        db.session.add(version)
        db.session.flush()
        for price in db.session.scalars(select(Price).where(Price.version_id == prices.id)).all():
            now = cents if price.item is item else price.cents
            db.session.add(Price(version_id=version.id, product=price.product, item=price.item, cents=now))
        db.session.commit()
        return version

    return load


@pytest.fixture
def with_pix(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let somebody be set to receive Pix."""
    config = app.extensions["portal_config"]
    monkeypatch.setitem(app.extensions, "portal_config", replace(config, pix=Pix(DEMO_RECEIVER, "s" * 32)))
