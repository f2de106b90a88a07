"""Paying at the edges of the calendar: the year's end, February, the leap day, a month that turns while money moves."""

from __future__ import annotations

from datetime import date, time

import pytest

from portal.models import Client
from tests.factories import Factory
from tests.money import Purse, at, pay


@pytest.mark.parametrize(
    ("due_on", "paid_on", "next_on"),
    [
        (date(2025, 12, 28), date(2025, 12, 31), date(2026, 1, 28)),
        (date(2025, 12, 10), date(2025, 11, 30), date(2026, 1, 10)),
        (date(2026, 1, 5), date(2025, 12, 31), date(2026, 2, 5)),
        (date(2025, 1, 28), date(2025, 1, 31), date(2025, 2, 28)),
        (date(2025, 2, 28), date(2025, 2, 28), date(2025, 3, 28)),
        (date(2024, 2, 10), date(2024, 2, 29), date(2024, 3, 10)),
        (date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 28)),
    ],
)
def test_a_renewal_paid_in_its_last_half_hour_moves_to_the_due_day_of_the_next_month(
    purse: Purse, make: Factory, partner, due_on, paid_on, next_on
) -> None:
    client: Client = make.client(partner, due_on=due_on, due_day=due_on.day)
    pay(purse.renew(client, paid_on), paid_on, paid_at=at(paid_on, time(23, 30)))
    assert (client.due_on, purse.credit) == (next_on, 0)


@pytest.mark.parametrize(
    ("due_on", "late_on"),
    [
        (date(2025, 12, 28), date(2026, 1, 1)),
        (date(2025, 2, 28), date(2025, 3, 1)),  # R22: no Expirado day
        (date(2024, 2, 28), date(2024, 3, 1)),
    ],
)
def test_money_that_moved_in_the_next_month_is_credit(purse: Purse, make: Factory, partner, due_on, late_on) -> None:
    client: Client = make.client(partner, due_on=due_on, due_day=due_on.day)
    invoice = purse.renew(client, due_on)
    pay(invoice, late_on, paid_at=at(late_on, time(0, 1)))
    assert (client.due_on, purse.credit) == (due_on, invoice.total_cents)
