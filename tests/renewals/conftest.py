"""What the desk's tests share: a partner with prices, its hand on its money, a Navi whose document has the Link too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from portal.domain.catalogue import Product
from portal.domain.renewals import Place
from portal.extensions import db
from portal.models import Client, Partner
from portal.renewals import offers
from tests.factories import Factory
from tests.invoices.conftest import (
    actor,
    admin,
    client_in,
    partner,
    prices,
    purse,
    stranger,
    web,
    web_of,
)

__all__ = ["actor", "admin", "client_in", "partner", "prices", "purse", "stranger", "web", "web_of"]

JULY, AUGUST = date(2025, 7, 1), date(2025, 8, 1)
DUE = date(2025, 7, 15)
"""A due date whose window is open on the day of the tests, 2025-07-10."""


@pytest.fixture
def due(make: Factory, partner: Partner) -> Callable[..., Client]:
    """Return what makes a client that can be renewed today."""

    def make_client(**facts: Any) -> Client:
        return make.client(partner, **({"due_on": DUE, "due_day": 15} | facts))

    return make_client


@pytest.fixture
def twins(make: Factory, partner: Partner, due: Callable[..., Client]) -> tuple[Client, Client]:
    """Return a Navi due in July, and the Link registration on the same document (R17)."""
    navi = due(name="Bar do Navi", product=Product.NAVI)
    return navi, make.client(partner, name="Bar do Link", document=navi.document, due_on=date(2025, 8, 10))


def place_of(client: Client, today: date) -> Place:
    """Return where the desk lists a client."""
    db.session.expire_all()
    [offer] = offers.of([client], today)
    return offer.place
