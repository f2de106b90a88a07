"""A month reconciles where every sum is the same in two ledgers, and says which one is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.domain.closing import Books, Check, Share, reconcile
from portal.domain.invoices import CreditKind

RIGHT = Books(
    received_cents=20_500, received_credit_cents=70, held_before_cents=100, held_after_cents=100,
    settled_lines_cents=26_430, settled_total_cents=20_430, settled_received_cents=20_500, settled_payments_cents=20_500,
    line_cents=26_430, open_before_cents=0, issued_cents=26_430, issued_credit_cents=6_000,
    credit={CreditKind.REDEMPTION: -6_000, CreditKind.EXCESS: 70}, credit_before_cents=6_000, credit_after_cents=70,
    account_cents=70, last_balance_cents=70,
)  # fmt: skip
SHARES = [Share(renewals_cents=26_430, payments_cents=26_430), Share(credits_cents=70, payments_cents=70)]


def wrong(books: Books, shares: list[Share] = SHARES) -> dict[Check, int]:
    return {finding.check: finding.difference for finding in reconcile(books, shares) if finding.difference}


def test_r12_closes_with_the_excess_as_credit() -> None:
    assert wrong(RIGHT) == {}
    assert [finding.check for finding in reconcile(RIGHT, SHARES)] == list(Check)


@pytest.mark.parametrize(
    ("changes", "checks"),
    [
        ({"received_cents": 20_501}, {Check.RECEIVED: 1}),
        ({"held_after_cents": 99}, {Check.RECEIVED: 1}),
        ({"settled_received_cents": 1}, {Check.SETTLED: -20_499}),
        ({"line_cents": 26_429}, {Check.LINES: 1}),
        ({"paid_charges_cents": 5}, {Check.ADDITIONS: 5}),
        ({"open_after_cents": 5}, {Check.INVOICES: -5}),
        ({"credit_after_cents": 71}, {Check.CREDIT: -1}),
        ({"account_cents": 71}, {Check.BALANCE: 1}),
        ({"issued_credit_cents": 5_999}, {Check.USED: 1}),
        ({"cancelled_credit_cents": 1}, {Check.RETURNED: -1}),
        ({"received_credit_cents": 71}, {Check.AT_ONCE: -1}),
        ({"cancelled_received_cents": 1}, {Check.PARTIAL: -1}),
        ({"credited_line_cents": 1}, {Check.LEFT: -1}),
    ],
)
def test_a_ledger_that_differs_is_named_with_the_difference(changes, checks) -> None:
    assert wrong(replace(RIGHT, **changes)) == checks


def test_differences_of_two_clients_do_not_cancel_out() -> None:
    shares = [Share(payments_cents=5), Share(renewals_cents=5)]
    assert wrong(Books(), shares) == {Check.CLIENTS: 10}
