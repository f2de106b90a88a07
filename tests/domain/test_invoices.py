"""What money does to an invoice: DOMAIN §5, "money that arrives is never refused"."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain import invoices
from portal.domain.invoices import CreditKind, InvoiceState, PaymentEffect, Receipt

THEN = datetime(2025, 7, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("settled_at", "cancelled_at", "state"),
    [(None, None, InvoiceState.OPEN), (THEN, None, InvoiceState.PAID), (None, THEN, InvoiceState.CANCELLED)],
)
def test_the_state_follows_from_what_ended_it(settled_at, cancelled_at, state) -> None:
    assert invoices.state_of(SimpleNamespace(settled_at=settled_at, cancelled_at=cancelled_at)) is state


@pytest.mark.parametrize(
    ("received", "amount", "receipt"),
    [
        (0, 20430, Receipt(PaymentEffect.SETTLED)),
        (0, 20429, Receipt(PaymentEffect.PARTIAL)),
        (20000, 430, Receipt(PaymentEffect.SETTLED)),
        (20000, 500, Receipt(PaymentEffect.SETTLED, 70, CreditKind.EXCESS)),
    ],
)
def test_an_open_invoice_is_settled_once_all_of_it_is_there(received, amount, receipt) -> None:
    done = invoices.receive(InvoiceState.OPEN, total_cents=20430, received_cents=received, amount_cents=amount)
    assert done == receipt


@pytest.mark.parametrize("state", [InvoiceState.PAID, InvoiceState.CANCELLED])
def test_what_arrives_after_the_end_is_credit(state) -> None:
    done = invoices.receive(state, total_cents=20430, received_cents=20430, amount_cents=100)
    assert done == Receipt(PaymentEffect.CREDITED, 100, CreditKind.LATE)


@given(total=st.integers(1, 10**7), amounts=st.lists(st.integers(1, 10**6), max_size=20))
def test_no_cent_is_lost_or_made(total: int, amounts: list[int]) -> None:
    state, received, credited = InvoiceState.OPEN, 0, 0
    for amount in amounts:
        done = invoices.receive(state, total_cents=total, received_cents=received, amount_cents=amount)
        received += amount if state is InvoiceState.OPEN else 0
        credited += done.credit_cents
        state = InvoiceState.PAID if done.effect is PaymentEffect.SETTLED else state
    held = total if state is InvoiceState.PAID else received
    assert held + credited == sum(amounts)


@pytest.mark.parametrize(("balance", "lines", "usable"), [(6000, 26430, 6000), (30000, 26430, 26430), (0, 1, 0)])
def test_an_invoice_uses_no_more_credit_than_there_is_or_than_it_asks_for(balance, lines, usable) -> None:
    assert invoices.usable_credit(balance, lines) == usable


@pytest.mark.parametrize(
    ("cents", "weights", "shares"),
    [
        (14980, [9990, 4990], [9990, 4990]),
        (100, [1, 1, 1], [34, 33, 33]),
        (1, [9990, 4990], [1, 0]),
        (10, [0, 5], [0, 10]),
        (10, [0, 0], [10, 0]),
        (10, [7], [10]),
        (5000, [9990, 4990], [3334, 1666]),
    ],
)
def test_an_amount_is_shared_out_to_the_cent(cents, weights, shares) -> None:
    assert invoices.split(cents, weights) == shares


@given(st.integers(1, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_no_share_is_a_cent_off_and_together_they_are_the_amount(cents, weights) -> None:
    shares, total = invoices.split(cents, weights), sum(weights)
    assert sum(shares) == cents
    if total:
        assert all(abs(share * total - cents * weight) < total for share, weight in zip(shares, weights, strict=True))
