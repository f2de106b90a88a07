"""What the tests of the reference installation share: a machine before and after its activation, a partner with money."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.invoices.conftest import actor, admin, partner, prices, purse
from tests.reference.shop import Shop

__all__ = ["actor", "admin", "partner", "prices", "purse"]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a machine on which nothing was activated."""
    shop = Shop(tmp_path / "home")
    shop.program.save()  # its name for the portal
    return shop


@pytest.fixture
def active(shop: Shop) -> Shop:
    """Return one that is."""
    shop.portal.says = [{"state": "activated", "key": "KEY"} | shop.licensed()]
    shop.activate()
    shop.portal.told.clear()
    return shop
