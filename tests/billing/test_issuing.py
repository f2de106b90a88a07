"""The night issues each charge once, ten days before due, and says why where it does not (DOMAIN §5, R13)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from jobs import issue_charges
from portal import clock
from portal.billing import bills, by_hand, issuing, settling
from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.domain.errors import ChargeHindered, QuoteAged
from portal.domain.notices import NoticeKind
from portal.domain.renewals import Decision
from portal.domain.retail import Hindrance
from portal.extensions import db
from portal.models import AuditEvent, Partner, PendingChange, RenewalDecision, RetailLine
from tests.billing.conftest import DUE, FIRST_DAY, RETAIL, charges, night, open_notices
from tests.conftest import NOW
from tests.money import at, pay

NOTHING = {"issued": 0, "blocked": 0, "below_cost": 0, "unpriced": 0, "lapsed": 0, "told": 0}


def test_a_charge_is_issued_on_the_tenth_day_before_due_with_the_prices_of_that_day(client) -> None:
    assert night(FIRST_DAY - timedelta(days=1)) == NOTHING
    assert night() == NOTHING | {"issued": 1}

    [charge] = charges()
    assert (charge.amount_cents, charge.cost_cents, charge.received_cents) == (32000, 21440, 0)
    assert (charge.due_on, charge.next_due_on, charge.issued_on) == (DUE, date(2025, 8, 10), FIRST_DAY)
    assert (len(charge.token), len(charge.txid)) == (43, 25)
    lines = db.session.scalars(select(RetailLine).where(RetailLine.retail_charge_id == charge.id)).all()
    assert {line.item: (line.quantity, line.unit_cents, line.cost_cents) for line in lines} == {
        Item.BASE: (1, 14990, 9990),
        Item.CLOUD: (1, 4990, 2990),
        Item.WAITER: (3, 2990, 1990),
        Item.MOBILE: (1, 3050, 2490),
    }


def test_an_item_without_a_retail_price_is_billed_at_cost_and_what_goes_is_not_billed(billed) -> None:
    client = billed()
    db.session.add(PendingChange(client_id=client.id, item=Item.WAITER, effective_on=date(2025, 7, 11), quantity=2))
    db.session.commit()
    night()
    [charge] = charges()
    assert charge.amount_cents == charge.cost_cents == 21440 - 1990


def test_the_second_run_does_nothing_and_missed_nights_are_made_up_for(client) -> None:
    assert night(DUE + timedelta(days=5)) == NOTHING | {"issued": 1}
    assert night(DUE + timedelta(days=5)) == NOTHING
    assert len(charges()) == 1


def test_nights_at_once_issue_each_charge_once(app, client, billed) -> None:
    for _ in range(5):
        billed()
    db.session.rollback()

    def run(_number: int) -> dict[str, int]:
        with app.app_context():
            return night()

    with ThreadPoolExecutor(4) as threads:
        runs = list(threads.map(run, range(4)))
    assert sum(counts["issued"] for counts in runs) == 6
    assert len(charges()) == 6


def test_batches_and_partners_are_taken_one_after_the_other(client, billed, make, monkeypatch) -> None:
    monkeypatch.setattr(issuing, "BATCH", 2)
    for _ in range(4):
        billed()
    make.client(make.partner(), due_on=DUE, renewal_method=RenewalMethod.BILLING)
    assert night() == NOTHING | {"issued": 6}


def test_what_it_did_is_recorded_and_kept_pages_are_asked_for_again(client, partner) -> None:
    before = db.session.get_one(Partner, partner.id).revision
    night()
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == issuing.ISSUED)).one()
    assert (event.client_id, event.actor_name, event.after["cents"]) == (client.id, "Portal", 32000)
    assert db.session.get_one(Partner, partner.id, populate_existing=True).revision > before


@pytest.mark.parametrize(
    "facts",
    [
        {"renewal_method": RenewalMethod.MANUAL},
        {"paused_at": NOW},
        {"due_on": date(2025, 5, 10)},
        {"due_on": None, "pending_at": NOW},
        {"archived_at": NOW},
    ],
    ids=["manual", "paused", "inactive", "pending", "archived"],
)
def test_nobody_else_is_charged(billed, facts) -> None:
    billed(**facts)
    assert night() == NOTHING
    assert charges() == []


def test_suspenso_and_expirado_are_charged(billed) -> None:
    billed(suspended_at=NOW)
    billed(due_on=date(2025, 7, 9))
    assert night(date(2025, 7, 10))["issued"] == 2


def test_an_additional_charge_blocks_it_until_it_is_paid(client, make, purse) -> None:
    make.charge(client, 3338)
    assert night() == NOTHING | {"blocked": 1, "told": 1}
    assert open_notices(NoticeKind.CHARGE_BLOCKED) == [(client.id, FIRST_DAY)]
    assert night(FIRST_DAY + timedelta(days=1)) == NOTHING | {"blocked": 1}, "told of once a cycle"

    pay(purse.pay_additionals([client], FIRST_DAY), FIRST_DAY)

    assert night(FIRST_DAY + timedelta(days=2)) == NOTHING | {"issued": 1}
    assert open_notices(NoticeKind.CHARGE_BLOCKED) == []


def test_a_client_that_an_open_invoice_renews_is_not_charged(client, purse) -> None:
    purse.renew(client, FIRST_DAY)
    assert night() == NOTHING


def test_a_decision_not_to_renew_holds(client, partner) -> None:
    facts = {"client_id": client.id, "due_on": DUE, "partner_id": partner.id, "decided_at": NOW}
    db.session.add(RenewalDecision(decision=Decision.SKIP, **facts))
    db.session.commit()
    assert night() == NOTHING


def test_a_guarded_navi_is_not_charged_unless_it_uses_both(billed, client, make, partner) -> None:
    navi = billed(product=Product.NAVI, document=client.document)
    assert night() == NOTHING | {"issued": 1}
    navi.uses_both_at = NOW
    db.session.commit()
    assert night() == NOTHING | {"issued": 1}


class TestPrices:
    """Never below cost (R13): neither by today's table nor by one to come."""

    def test_a_price_that_cost_has_overtaken_holds_the_charge_back_until_it_is_mended(
        self, client, raise_price, sell
    ) -> None:
        raise_price(Item.WAITER, 3000, FIRST_DAY)
        assert night() == NOTHING | {"below_cost": 1, "told": 1}
        assert open_notices(NoticeKind.RETAIL_BELOW_COST) == [(client.id, FIRST_DAY)]
        assert night() == NOTHING | {"below_cost": 1}

        sell(client, {Item.WAITER: 3000}, FIRST_DAY)

        assert open_notices(NoticeKind.RETAIL_BELOW_COST) == []
        assert night() == NOTHING | {"issued": 1}

    def test_a_scheduled_price_is_told_of_at_once_and_charges_go_on_till_then(self, client, raise_price, sell) -> None:
        raise_price(Item.WAITER, 3000, date(2025, 8, 1))
        assert night() == NOTHING | {"issued": 1, "told": 1}
        assert open_notices(NoticeKind.RETAIL_BELOW_COST) == [(client.id, date(2025, 8, 1))]
        pay(charges()[0], DUE)
        assert night(date(2025, 8, 1)) == NOTHING | {"below_cost": 1}, "told of before"
        sell(client, {Item.WAITER: None}, date(2025, 8, 1))
        assert night(date(2025, 8, 2)) == NOTHING | {"issued": 1}

    def test_an_item_that_the_client_does_not_hold_or_that_goes_is_nothing_to_tell_of(
        self, client, raise_price, billed, sell
    ) -> None:
        other = billed(product=Product.NAVI)
        sell(other, {Item.CLOUD: 2990})
        db.session.add(PendingChange(client_id=client.id, item=Item.WAITER, effective_on=date(2025, 7, 11), quantity=0))
        db.session.commit()
        raise_price(Item.WAITER, 3000, FIRST_DAY)
        raise_price(Item.CLOUD, 3000, date(2026, 1, 1))
        assert night() == NOTHING | {"issued": 2}

    def test_a_missing_price_is_counted(self, billed, prices) -> None:
        billed()
        prices.valid_from = date(2030, 1, 1)
        db.session.commit()
        assert night() == NOTHING | {"unpriced": 1}


def test_the_preview_is_what_the_night_does(client, billed, make, raise_price, sell) -> None:
    make.charge(billed())
    below = billed()
    sell(below, {Item.WAITER: 1990})
    raise_price(Item.WAITER, 2000, FIRST_DAY)
    expected = {"issued": 1, "blocked": 1, "below_cost": 1, "unpriced": 0, "lapsed": 0}
    now = clock.moment_of(FIRST_DAY, time(6))
    assert issue_charges.preview(now) == expected
    assert charges() == []
    counts = issue_charges.run(now)
    assert {name: counts[name] for name in expected} == expected
    assert set(issue_charges.WORDS) == set(counts)


def test_what_nobody_paid_lapses_with_its_month(client, purse) -> None:
    night()
    pay(charges()[0], DUE, cents=1000)
    assert night(date(2025, 7, 31)) == NOTHING
    assert issue_charges.preview(at(date(2025, 8, 1)))["lapsed"] == 1
    assert night(date(2025, 8, 1)) == NOTHING | {"lapsed": 1}
    assert charges()[0].cancelled_at is not None
    assert purse.credit == 1000, "what had arrived"


class TestByHand:
    """A person may ask for a charge before the night, and again after one was cancelled."""

    def seen(self, client, day: date = FIRST_DAY) -> str:
        [bill] = bills.of([client], day)
        return by_hand.seen_as(bill.quote)

    def ask(self, client, actor, seen: str, day: date = FIRST_DAY, due_on: date = DUE) -> by_hand.Outcome:
        return by_hand.issue(client.id, due_on, seen, now=at(day), actor=actor)

    def test_the_same_form_twice_is_one_charge(self, client, actor) -> None:
        seen = self.seen(client)
        first, again = self.ask(client, actor, seen), self.ask(client, actor, seen)
        assert (first.is_repeat, again.is_repeat, again.charge.id) == (False, True, first.charge.id)
        assert night() == NOTHING

    def test_a_cancelled_one_is_not_issued_again_by_itself_but_by_hand(self, client, actor) -> None:
        night()
        settling.cancel(charges()[0].id, now=at(FIRST_DAY), actor=actor)
        db.session.commit()
        assert night(FIRST_DAY + timedelta(days=1)) == NOTHING
        self.ask(client, actor, self.seen(client))
        assert [charge.cancelled_at is None for charge in charges()] == [False, True]

    def test_values_that_were_not_seen_are_not_asked_for(self, client, actor, sell) -> None:
        seen = self.seen(client)
        sell(client, {Item.WAITER: 3990})
        with pytest.raises(QuoteAged):
            self.ask(client, actor, seen)
        with pytest.raises(QuoteAged):
            self.ask(client, actor, self.seen(client), due_on=date(2025, 8, 10))
        assert charges() == []

    @pytest.mark.parametrize(
        ("facts", "why"), [({"paused_at": NOW}, Hindrance.PAUSED), ({"due_on": date(2025, 8, 10)}, Hindrance.NOT_YET)]
    )
    def test_what_holds_it_back_is_named(self, billed, actor, facts, why) -> None:
        client = billed(**facts)
        with pytest.raises(ChargeHindered) as refused:
            self.ask(client, actor, self.seen(client), due_on=client.due_on)
        assert refused.value.why is why


def test_r13_prices_add_up(client) -> None:
    assert sum(RETAIL.values()) + 2 * RETAIL[Item.WAITER] == 32000
