"""What the tests of a closed month share: a partner with prices, its hand on its money, browsers of its roles."""

from __future__ import annotations

from tests.credit.conftest import actor, admin, partner, prices, purse, stranger, web, web_of
from tests.invoices.test_money import batch

__all__ = ["actor", "admin", "batch", "partner", "prices", "purse", "stranger", "web", "web_of"]
