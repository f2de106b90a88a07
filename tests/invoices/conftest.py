"""What the tests of money share: a partner with prices, its hand on its money."""

from __future__ import annotations

import pytest

from portal.access import Viewer
from tests.money import Purse
from tests.registrations.conftest import (
    actor,
    admin,
    client_in,
    partner,
    prices,
    stranger,
    web,
    web_of,
)

__all__ = ["actor", "admin", "client_in", "partner", "prices", "stranger", "web", "web_of"]


@pytest.fixture
def purse(actor: Viewer, prices) -> Purse:
    return Purse(actor)
