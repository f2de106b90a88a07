"""The desk's rules in SQL and in Python: the same place for every client, the same sums."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from itertools import count, product

import pytest

from portal.catalogue.queries import price_table
from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.domain.prices import PriceTable
from portal.domain.renewals import Decision, Place
from portal.extensions import db
from portal.models import Client, InvoiceLine, Partner, PendingChange, RenewalDecision, RetailCharge
from portal.renewals import offers, queries
from portal.renewals.filters import RenewalFilter
from portal.renewals.queries import Total
from tests.conftest import NOW
from tests.domain.prices import DEMO
from tests.factories import Factory
from tests.money import Purse
from tests.renewals.conftest import AUGUST, JULY

TODAY = NOW.date()
DUES = [date(2025, 7, 1), date(2025, 7, 9), TODAY, date(2025, 7, 20), date(2025, 7, 21), date(2025, 8, 10)]
FLAGS = [{}, {"suspended_at": NOW}, {"pending_at": NOW}, {"hidden_at": NOW}]
_NUMBERS = count(1)


@pytest.fixture
def everybody(make: Factory, partner: Partner, prices, purse: Purse) -> list[Client]:
    """Return a client of every kind that the desk tells apart, and some that are none of its business."""
    clients = [
        make.client(partner, due_on=due_on, product=kind, **flags)
        for due_on, kind, flags in product(DUES, Product, FLAGS)
    ]
    clients += [_decided(make.client(partner, due_on=due_on), decision) for due_on, decision in product(DUES, Decision)]
    clients += _navis(make, partner)
    for amount in (3338, 1):
        make.charge(make.client(partner, due_on=TODAY), amount)
    make.charge(make.client(partner, due_on=TODAY), 3338, paid_at=NOW)
    _billed(make.client(partner, due_on=TODAY))
    _changed(make, partner)
    make.client(partner, due_on=TODAY, renewal_method=RenewalMethod.BILLING)
    make.client(partner, due_on=TODAY, archived_at=NOW)
    make.client(make.partner(), due_on=TODAY)
    purse.renew(make.client(partner, due_on=TODAY), TODAY)
    return clients


def _decided(client: Client, decision: Decision) -> Client:
    facts = {"client_id": client.id, "due_on": client.due_on, "partner_id": client.partner_id, "decided_at": NOW}
    db.session.add(RenewalDecision(**facts, decision=decision))
    db.session.commit()
    return client


def _navis(make: Factory, partner: Partner) -> list[Client]:
    """Make Navi clients whose Link is in every state, and one that uses both."""
    navis = []
    facts = [{"due_on": date(2025, 8, 10)}, {"due_on": TODAY, "suspended_at": NOW}, {"due_on": date(2025, 7, 9)},
             {"due_on": date(2025, 6, 9)}, {"pending_at": NOW}, {"archived_at": NOW}]  # fmt: skip
    for link, both in product(facts, (None, NOW)):
        navi = make.client(partner, product=Product.NAVI, due_on=TODAY, uses_both_at=both)
        make.client(partner, document=navi.document, **link)
        navis.append(navi)
    return navis


def _billed(client: Client) -> None:
    number = next(_NUMBERS)
    db.session.add(RetailCharge(
        partner_id=client.partner_id, client_id=client.id, token=f"t{number}", txid=f"x{number:024d}",
        due_on=client.due_on, next_due_on=date(2025, 8, 10), issued_at=NOW, issued_on=TODAY, cost_cents=1, amount_cents=2,
    ))  # fmt: skip
    db.session.commit()


def _changed(make: Factory, partner: Partner) -> None:
    """Make clients whose renewal bills something else than what they hold today."""
    for effective_on, quantity in ((date(2025, 7, 11), 2), (date(2025, 8, 11), 0), (date(2025, 7, 11), 0)):
        client = make.client(partner, due_on=TODAY)
        make.item(client, Item.WAITER, 3)
        db.session.add(
            PendingChange(client_id=client.id, item=Item.WAITER, effective_on=effective_on, quantity=quantity)
        )
    ahead = make.client(partner, due_on=TODAY)
    make.item(ahead, Item.WAITER, 5)
    make.charge(ahead, 3980, through_on=date(2025, 8, 10), paid_at=NOW)
    db.session.commit()


def by_python(partner: Partner, month: date) -> dict[Place, set[int]]:
    """Return the clients of each place, one by one."""
    found: dict[Place, set[int]] = defaultdict(set)
    for offer in every(partner, month):
        found[offer.place].add(offer.client.id)
    return found


def every(partner: Partner, month: date) -> list[offers.Offer]:
    manual = (
        Client.renewal_method == RenewalMethod.MANUAL,
        Client.archived_at.is_(None),
        Client.partner_id == partner.id,
    )
    due = Client.due_on.between(month, month.replace(day=28) + timedelta(days=3))
    return offers.of(db.session.scalars(db.select(Client).where(*manual, due)).all(), TODAY)


@pytest.mark.parametrize("month", [JULY, AUGUST])
def test_every_client_of_a_month_is_listed_in_the_place_that_the_rule_says(everybody, partner, month) -> None:
    expected, prices = by_python(partner, month), price_table(TODAY)
    for place in Place:
        page = queries.desk_page(partner.id, RenewalFilter(month, place=place), TODAY, prices)
        assert {offer.client.id for offer in page.offers} == expected[place], place
    if month == JULY:
        assert all(expected[place] for place in Place), "the test knows somebody for every place"


@pytest.mark.parametrize("month", [JULY, AUGUST])
def test_the_sums_are_those_of_the_offers(everybody, partner, month) -> None:
    expected: dict[Place, Total] = dict.fromkeys(Place, Total())
    for offer in every(partner, month):
        expected[offer.place] = expected[offer.place].plus(1, offer.quote.total_cents if offer.quote else 0)
    assert queries.totals(partner.id, RenewalFilter(month), TODAY, price_table(TODAY)) == expected


def test_what_is_ready_is_what_an_invoice_holds(everybody, partner, purse: Purse) -> None:
    ready = queries.totals(partner.id, RenewalFilter(JULY), TODAY, price_table(TODAY))[Place.READY]
    invoice = purse.renew_month(TODAY, month=JULY)
    lines = db.session.scalars(db.select(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id)).all()
    assert (len(lines), invoice.lines_cents) == (ready.count, ready.cents)


def test_a_price_that_is_missing_is_an_impediment(make: Factory, partner) -> None:
    make.price_version(
        PriceTable(1, DEMO.valid_from, {key: cents for key, cents in DEMO.cents.items() if key[1] is not Item.CLOUD})
    )
    plain, cloudy = make.client(partner, due_on=TODAY), make.client(partner, due_on=TODAY)
    make.item(cloudy, Item.CLOUD)
    assert by_python(partner, JULY) == {Place.READY: {plain.id}, Place.BLOCKED: {cloudy.id}}
    page = queries.desk_page(partner.id, RenewalFilter(JULY, place=Place.BLOCKED), TODAY, price_table(TODAY))
    assert [offer.client.id for offer in page.offers] == [cloudy.id]
