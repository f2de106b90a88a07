"""A client's money life at random, against a model written from DOMAIN alone: the same after every step."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from coverage import Coverage

from portal.domain.catalogue import Item, Product
from portal.domain.prices import PriceTable
from tests.factories import Factory
from tests.money_machine import calendar_and_prices, walk
from tests.money_machine.portal import Portal
from tests.registrations.conftest import viewer_of

RUNS, STEPS, CHUNK = 200, 50, 10
ON_POSTGRESQL = 20
"""Of its own there are locks, which one thread does not meet; the rules are the same."""


@pytest.fixture(autouse=True)
def uncounted() -> Iterator[None]:
    """Count no lines meanwhile: it would take longer than the walks, whose lines other tests count."""
    stopped = []
    while (counting := Coverage.current()) is not None:  # one of the test's, one of its process
        counting.stop()
        stopped.append(counting)
    yield
    for counting in reversed(stopped):
        counting.start()


@pytest.fixture
def make_portal(make: Factory) -> walk.MakePortal:
    """Return what makes another partner with an empty purse; all of them share the prices."""
    for number, (valid_from, products) in enumerate(calendar_and_prices.PRICES):
        cents = {
            (Product(product), Item(item)): cents for product, of in products.items() for item, cents in of.items()
        }
        make.price_version(PriceTable(number, valid_from, cents))

    def made(begins: date) -> Portal:
        partner = make.partner()
        return Portal(make, partner, viewer_of(make.user(partner)), begins)

    return made


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    runs = RUNS if metafunc.config.getoption("--database") == "sqlite" else ON_POSTGRESQL
    metafunc.parametrize("first", range(0, runs, CHUNK))


def test_a_money_life_at_random_is_the_models_after_every_step(make_portal: walk.MakePortal, first: int) -> None:
    for seed in range(first, first + CHUNK):
        walk.run(seed, STEPS, make_portal)
