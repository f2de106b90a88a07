"""What the tests of payments share: a portal that is paid by Pix, two clients with their invoice, the bank's messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal.config import DEMO_RECEIVER, Pix
from portal.domain.catalogue import Product
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Client, CreditEntry, Invoice, Partner, Payment
from tests.factories import Factory
from tests.invoices.conftest import actor, admin, client_in, partner, prices, purse, stranger, web, web_of
from tests.money import Purse, at
from tests.visitor import Browser, Visitor

__all__ = ["actor", "admin", "client_in", "partner", "prices", "purse", "stranger", "web", "web_of"]

SECRET = "segredo-do-banco-" + "s" * 32
PAY_DAY = date(2025, 7, 8)
_NUMBERS = count(1)


@pytest.fixture
def paid_by_pix(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Return the application with a receiver of Pix."""
    config = replace(app.extensions["portal_config"], pix=Pix(DEMO_RECEIVER, SECRET))
    monkeypatch.setitem(app.extensions, "portal_config", config)
    return app


@pytest.fixture
def tell(paid_by_pix: Flask) -> Callable[..., TestResponse]:
    """Return what sends a message to the webhook as a bank does: without cookie, without token."""

    def send(*payments: Any, secret: str = SECRET, path: str = "/pix", body: Any = None) -> TestResponse:
        address = f"/webhooks/pix/{secret}{path}"
        browser = Browser(paid_by_pix, paid_by_pix.response_class)
        if isinstance(body, bytes):
            return browser.post(address, data=body, content_type="application/json")
        return browser.post(address, json={"pix": payments} if body is None else body)

    return send


def told(invoice: Any, cents: int | None = None, when: datetime | None = None, **fields: Any) -> dict[str, Any]:
    """Return a payment of an invoice or a retail charge as a message holds it; a field that is None is left out."""
    asks = invoice.total_cents if isinstance(invoice, Invoice) else invoice.amount_cents
    cents = asks if cents is None else cents
    entry = {
        "endToEndId": f"E12345678{next(_NUMBERS):023d}",
        "txid": invoice.txid,
        "valor": f"{cents // 100}.{cents % 100:02}",
        "horario": f"{(when or at(PAY_DAY)).astimezone(UTC):%Y-%m-%dT%H:%M:%S}.358Z",
    } | fields
    return {name: value for name, value in entry.items() if value is not None}


@pytest.fixture
def batch(make: Factory, partner: Partner) -> tuple[Client, Client]:
    """Return two clients due on 10/07/2025: a Link of 99,90 and a Navi of 49,90."""
    due_on = date(2025, 7, 10)
    return make.client(partner, due_on=due_on), make.client(partner, product=Product.NAVI, due_on=due_on)


@pytest.fixture
def invoice(purse: Purse, batch) -> Invoice:
    """Return the open invoice of both: 149,80."""
    return purse.renew_month(date(2025, 7, 5))


@pytest.fixture
def staff(app: Flask, make: Factory) -> Visitor:
    """Return the browser of somebody of the vendor's."""
    return Visitor(app).sign_in(make.user(None, Role.OPERATOR, name="Olga Operadora"))


def payments() -> list[Payment]:
    db.session.rollback()
    return list(db.session.scalars(db.select(Payment).order_by(Payment.id)))


def entries() -> list[tuple[str, int]]:
    db.session.rollback()
    rows = db.session.scalars(db.select(CreditEntry).order_by(CreditEntry.id))
    return [(row.kind.value, row.amount_cents) for row in rows]


def dues(clients: Any) -> list[date | None]:
    """Return the clients' due dates as they stand."""
    db.session.rollback()
    return [db.session.get(Client, client.id).due_on for client in clients]


RENEWED, NOT_RENEWED = [date(2025, 8, 10)] * 2, [date(2025, 7, 10)] * 2
