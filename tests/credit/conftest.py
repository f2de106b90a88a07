"""What the tests of credit share: a partner with prices, its hand on its money, browsers of its roles."""

from __future__ import annotations

import pytest

from portal.access import Viewer
from tests.charges.conftest import stranger, web, web_of
from tests.invoices.test_money import batch
from tests.money import Purse
from tests.registrations.conftest import actor, admin, partner, prices

__all__ = ["actor", "admin", "batch", "partner", "prices", "stranger", "web", "web_of"]


@pytest.fixture
def purse(actor: Viewer, prices: object) -> Purse:
    return Purse(actor)
