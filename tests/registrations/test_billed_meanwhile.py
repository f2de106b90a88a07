"""An order and an invoice of the same client at the same moment: whoever is second sees what the first one did."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.catalogue import Item
from portal.domain.errors import OrderFixed, QuoteAged
from portal.domain.orders import Fixed
from portal.extensions import db
from portal.licenses import queries
from portal.models import LicenseOrder
from portal.registrations import contract, reversal
from tests.money import Purse, at
from tests.registrations.conftest import Hand

DAY = date(2025, 8, 5)


@pytest.fixture
def purse(actor, prices) -> Purse:
    return Purse(actor)


def test_what_was_planned_before_the_cycle_was_invoiced_is_asked_again(
    make, partner, actor, purse, monkeypatch
) -> None:
    client = make.client(partner, due_on=date(2025, 8, 10))
    hand, real = Hand(client, actor), contract.plan
    wish = hand.wish(waiter=1)
    seen = contract.plan(client, queries.holding_of(client.id, DAY), wish.wanted, DAY, contract.price_table(DAY))

    def plan_then_somebody_invoices(*args, **facts):
        intended = real(*args, **facts)
        monkeypatch.setattr(contract, "plan", real)
        purse.renew(client, DAY)
        return intended

    monkeypatch.setattr(contract, "plan", plan_then_somebody_invoices)
    with pytest.raises(QuoteAged):
        contract.change(
            client, wish, version=client.version, quote_seen=contract.seen_as(seen.quote, seen.added),
            now=at(DAY), actor=actor,
        )  # fmt: skip
    db.session.rollback()
    assert queries.holding_of(client.id, DAY).now == {Item.BASE: 1}


def test_an_order_that_an_invoice_asks_for_meanwhile_is_not_undone(make, partner, actor, purse, monkeypatch) -> None:
    client = make.client(partner, due_on=date(2025, 8, 10))
    hand = Hand(client, actor)
    hand.change(DAY, waiter=1)
    order = db.session.scalars(db.select(LicenseOrder)).one()
    monkeypatch.setattr(reversal, "ensure_reversible", lambda *_args: purse.renew(client, DAY))
    with pytest.raises(OrderFixed) as refused:
        reversal.reverse(client, order, version=client.version, now=at(DAY), actor=actor)
    assert refused.value.why is Fixed.INVOICED


def test_an_order_that_was_charged_beside_the_invoice_is_undone_the_same_day(make, partner, actor, purse) -> None:
    client = make.client(partner, due_on=date(2025, 8, 10))
    invoice = purse.renew(client, DAY)
    hand = Hand(client, actor)
    hand.change(DAY, waiter=1)  # R21: charged at once, through 10/09
    assert hand.cents() == [1990]
    hand.reverse(DAY)
    assert hand.holds(DAY) == {}
    assert invoice.lines_cents == 9990


def test_an_order_that_an_open_invoice_holds_is_not_undone(make, partner, actor, purse) -> None:
    client = make.client(partner, due_on=date(2025, 8, 10))
    hand = Hand(client, actor)
    hand.change(DAY, waiter=1)  # inside the window: it enters the renewal
    assert purse.renew(client, DAY).lines_cents == 11980
    with pytest.raises(OrderFixed) as refused:
        hand.reverse(DAY)
    assert refused.value.why is Fixed.INVOICED


def test_an_invoice_left_of_a_month_that_is_over_keeps_no_reactivation_from_being_undone(
    make, partner, actor, purse
) -> None:
    client = make.client(partner, due_on=date(2025, 7, 28), due_day=28)
    purse.renew(client, date(2025, 7, 30))
    today = date(2025, 8, 1)  # nothing has cancelled the invoice yet
    hand = Hand(client, actor)
    hand.reactivate(today)
    hand.reverse(today)
    assert client.due_on == date(2025, 7, 28)


def test_an_invoice_left_of_a_month_that_is_over_bills_nothing_of_what_was_begun_anew(
    make, partner, actor, purse
) -> None:
    client = make.client(partner, due_on=date(2025, 7, 28), due_day=28)
    purse.renew(client, date(2025, 7, 30))  # through 28/08
    partner.due_day = 20
    db.session.commit()
    hand = Hand(client, actor)
    hand.reactivate(date(2025, 8, 1))
    assert client.due_on == date(2025, 8, 20)
    assert queries.billed_through(client.id, client.due_on) == date(2025, 8, 20)
