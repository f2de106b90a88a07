"""Renewing: DOMAIN §5, R2, R3, R8, R11, R12, R16, R17, R21."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from portal.domain import renewals
from portal.domain.catalogue import Item, Product
from portal.domain.errors import PriceMissing
from portal.domain.licenses import Holding, Pending
from portal.domain.prices import PriceTable
from portal.domain.renewals import Blocker, Case, Decision, Guard, Place
from portal.domain.statuses import Status
from tests.domain.prices import DEMO

LINK, NAVI = Product.LINK, Product.NAVI
BASE = {Item.BASE: 1}
JULY = Case(Status.EXPIRED, date(2025, 7, 10))
RUNNING = replace(JULY, status=Status.ACTIVE)


def test_a_renewal_late_in_the_month_leads_to_the_due_day_of_the_next() -> None:
    quote = renewals.quote(LINK, Holding(BASE), due_on=date(2025, 7, 10), due_day=10, prices=DEMO)  # R2, on 20/07
    assert (quote.due_on, quote.total_cents) == (date(2025, 8, 10), 9990)


@pytest.mark.parametrize(
    ("due_on", "due_day", "next_on"),
    [
        (date(2025, 1, 10), 10, date(2025, 2, 10)),  # R3
        (date(2025, 2, 10), 10, date(2025, 3, 10)),
        (date(2025, 3, 10), 10, date(2025, 4, 10)),
        (date(2025, 12, 10), 10, date(2026, 1, 10)),
        (date(2025, 1, 28), 28, date(2025, 2, 28)),
        (date(2024, 2, 28), 28, date(2024, 3, 28)),  # a leap year's cycle has a day more, and costs the same
        (date(2025, 2, 28), 28, date(2025, 3, 28)),
    ],
)
def test_a_renewal_moves_one_month_at_the_price_of_a_whole_cycle(due_on, due_day, next_on) -> None:
    quote = renewals.quote(LINK, Holding(BASE), due_on=due_on, due_day=due_day, prices=DEMO)
    assert (quote.due_on, quote.total_cents) == (next_on, 9990)
    assert all(line.is_whole_cycle for line in quote.lines)


def test_the_batch_of_r12_costs_what_its_lines_say() -> None:
    held = {Item.BASE: 1, Item.CLOUD: 1, Item.WAITER: 3, Item.MOBILE: 1}
    one = renewals.quote(LINK, Holding(held), due_on=date(2025, 8, 10), due_day=10, prices=DEMO)
    other = renewals.quote(NAVI, Holding(BASE), due_on=date(2025, 8, 10), due_day=10, prices=DEMO)
    assert [line.amount_cents for line in one.lines] == [9990, 2990, 5970, 2490]
    assert (one.total_cents, other.total_cents) == (21440, 4990)


@pytest.mark.parametrize("today_holds", [3, 2], ids=["before the cycle ends", "after it"])
def test_a_pending_removal_counts_in_the_renewal(today_holds) -> None:
    pending = (Pending(Item.WAITER, date(2025, 8, 11), 2),) if today_holds == 3 else ()
    holding = Holding({Item.BASE: 1, Item.WAITER: today_holds}, pending)  # R8
    quote = renewals.quote(LINK, holding, due_on=date(2025, 8, 10), due_day=10, prices=DEMO)
    assert [(line.item, line.quantity) for line in quote.lines] == [(Item.BASE, 1), (Item.WAITER, 2)]


def test_a_seat_that_was_charged_for_the_coming_cycle_is_not_billed_again() -> None:
    holding = Holding({Item.BASE: 1, Item.WAITER: 4})  # R21, and then the invoice was cancelled
    quote = renewals.quote(LINK, holding, due_on=date(2025, 8, 10), due_day=10, prices=DEMO, charged={Item.WAITER: 1})
    assert [(line.item, line.quantity) for line in quote.lines] == [(Item.BASE, 1), (Item.WAITER, 3)]


def test_what_was_charged_ahead_and_is_gone_gives_nothing_back() -> None:
    quote = renewals.quote(
        LINK, Holding(BASE), due_on=date(2025, 8, 10), due_day=10, prices=DEMO, charged={Item.WAITER: 1}
    )
    assert quote.total_cents == 9990


def test_nothing_is_renewed_at_a_guess() -> None:
    with pytest.raises(PriceMissing):
        renewals.quote(
            LINK, Holding(BASE), due_on=date(2025, 8, 10), due_day=10, prices=PriceTable(0, date(2025, 1, 1), {})
        )


@pytest.mark.parametrize(
    ("case", "today", "why"),
    [
        (JULY, date(2025, 7, 20), None),
        (replace(JULY, open_cents=3338), date(2025, 7, 20), Blocker.OPEN_CHARGES),  # R11
        (replace(JULY, is_invoiced=True, open_cents=3338), date(2025, 7, 20), Blocker.INVOICED),
        (replace(JULY, has_retail_charge=True), date(2025, 7, 20), Blocker.RETAIL_CHARGE),
        (replace(JULY, is_priced=False), date(2025, 7, 20), Blocker.PRICE_MISSING),
        (replace(JULY, status=Status.INACTIVE), date(2025, 8, 1), Blocker.STATUS),
        (replace(JULY, status=Status.ACTIVE), date(2025, 6, 29), Blocker.NOT_YET),
        (replace(JULY, status=Status.ACTIVE), date(2025, 6, 30), None),
        (replace(JULY, status=Status.SUSPENDED), date(2025, 7, 10), None),  # R16
    ],
)
def test_what_stands_in_the_way_is_named(case, today, why) -> None:
    assert renewals.blocker(case, today) is why


@pytest.mark.parametrize(
    ("case", "decision"),
    [
        (JULY, Decision.RENEW),
        (replace(JULY, status=Status.ACTIVE), Decision.RENEW),
        (replace(JULY, status=Status.SUSPENDED), Decision.LATER),
        (replace(JULY, guard=Guard.LINK), Decision.SKIP),  # R17
        (replace(JULY, guard=Guard.LINK_UNUSED, status=Status.SUSPENDED), Decision.SKIP),
        (replace(JULY, guard=Guard.LINK, decision=Decision.RENEW), Decision.RENEW),
        (replace(JULY, decision=Decision.LATER), Decision.LATER),
    ],
)
def test_what_nobody_decided_has_a_default(case, decision) -> None:
    assert renewals.decision_of(case) is decision


@pytest.mark.parametrize("twin", [None, *Status])
def test_only_a_navi_whose_link_runs_or_is_suspended_is_guarded(twin) -> None:
    is_guarded = twin in {Status.ACTIVE, Status.SUSPENDED}
    assert renewals.guard_of(NAVI, twin) is (Guard.LINK if is_guarded else Guard.NONE)
    assert renewals.guard_of(NAVI, twin, is_code_unused=True) is (Guard.LINK_UNUSED if is_guarded else Guard.NONE)
    assert renewals.guard_of(NAVI, twin, uses_both=True) is Guard.NONE
    assert renewals.guard_of(LINK, twin) is Guard.NONE


@pytest.mark.parametrize("status", list(Status))
def test_money_renews_whoever_still_has_the_cycle_to_pay(status) -> None:
    is_live = status in {Status.ACTIVE, Status.SUSPENDED, Status.EXPIRED}
    assert renewals.is_renewable(status, date(2025, 7, 10), date(2025, 7, 10)) is is_live
    assert renewals.is_renewable(status, date(2025, 8, 10), date(2025, 7, 10)) is False


@pytest.mark.parametrize(
    ("case", "place"),
    [
        (RUNNING, Place.READY),
        (replace(RUNNING, due_on=date(2025, 8, 10)), Place.WAITING),
        (replace(RUNNING, open_cents=3338), Place.BLOCKED),
        (replace(RUNNING, status=Status.PENDING), Place.BLOCKED),
        (replace(RUNNING, status=Status.SUSPENDED), Place.LATER),
        (replace(RUNNING, status=Status.SUSPENDED, open_cents=3338), Place.LATER),
        (replace(RUNNING, guard=Guard.LINK), Place.SKIP),
        (replace(RUNNING, is_invoiced=True), Place.INVOICED),
        (replace(RUNNING, is_invoiced=True, decision=Decision.SKIP), Place.INVOICED),
    ],
)
def test_every_client_stands_in_one_place_of_the_desk(case, place) -> None:
    assert renewals.place_of(case, date(2025, 7, 5)) is place
