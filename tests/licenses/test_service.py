"""Writing and reading what a client holds, its orders, charges and codes."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from portal import audit
from portal.domain import codes, licenses
from portal.domain.catalogue import Item, Product
from portal.domain.charges import ChargeKind, OrderKind
from portal.domain.licenses import Holding, Pending
from portal.domain.prices import PriceTable
from portal.extensions import db
from portal.licenses import queries, service
from portal.models import Charge, ChargeLine, LicenseItem
from tests.conftest import NOW
from tests.domain.prices import DEMO

TODAY, NEXT = date(2025, 7, 10), date(2025, 8, 11)
WAITER, CLOUD = Item.WAITER, Item.CLOUD


@pytest.fixture
def client(make):
    return make.client(make.partner())


def test_what_is_written_is_what_is_read(client) -> None:
    holding = Holding({Item.BASE: 2, WAITER: 3}, (Pending(WAITER, NEXT, 2),))
    service.write_holding(client.id, holding, today=TODAY)
    assert queries.holding_of(client.id, TODAY) == holding
    shrunk = Holding({Item.BASE: 1, CLOUD: 1})
    service.write_holding(client.id, shrunk, today=TODAY)
    assert queries.holding_of(client.id, TODAY) == shrunk


def test_an_item_that_stays_keeps_the_day_since_when(client) -> None:
    since = client.registered_on
    service.write_holding(client.id, Holding({Item.BASE: 5, WAITER: 1}), today=TODAY)
    rows = db.session.scalars(select(LicenseItem).where(LicenseItem.client_id == client.id))
    assert {row.item: row.since_on for row in rows} == {Item.BASE: since, WAITER: TODAY}


def test_a_change_counts_from_its_day_whether_or_not_anything_folded_it(client) -> None:
    service.write_holding(client.id, Holding({Item.BASE: 1, WAITER: 3}, (Pending(WAITER, NEXT, 0),)), today=TODAY)
    assert queries.holding_of(client.id, date(2025, 8, 10)).now[WAITER] == 3
    assert queries.holding_of(client.id, NEXT) == Holding({Item.BASE: 1})


def test_several_clients_are_read_at_once_and_each_has_its_own(client, make) -> None:
    other = make.client(make.partner())
    make.item(other, CLOUD)
    found = queries.holdings_of([client.id, other.id], TODAY)
    assert found[client.id] == Holding({Item.BASE: 1})
    assert found[other.id] == Holding({Item.BASE: 1, CLOUD: 1})


def test_a_holding_survives_its_way_through_an_order() -> None:
    holding = Holding({Item.BASE: 1, WAITER: 2}, (Pending(WAITER, NEXT, 1), Pending(CLOUD, NEXT, 0)))
    assert service.from_json(service.as_json(holding)) == holding


def order_of(client, make, wanted):
    version = make.price_version()
    prices = PriceTable(version.id, DEMO.valid_from, DEMO.cents)
    plan = licenses.change(
        Product.LINK, Holding({Item.BASE: 1}), {Item.BASE: 1} | wanted, due_on=date(2025, 8, 10),
        today=date(2025, 7, 16), prices=prices,
    )  # fmt: skip
    event = audit.record("edit", actor=None, now=NOW, partner_id=client.partner_id, client_id=client.id)
    order = service.add_order(client, OrderKind.CHANGE, event, quote=plan.quote, before={}, after={}, now=NOW)
    db.session.commit()
    return order


def test_an_order_with_lines_makes_the_charge_that_was_quoted(client, make) -> None:
    order = order_of(client, make, {WAITER: 2})
    charge = db.session.scalar(select(Charge).where(Charge.order_id == order.id))
    assert (charge.amount_cents, charge.kind, charge.through_on) == (3338, ChargeKind.ADDITION, date(2025, 8, 10))
    (line,) = db.session.scalars(select(ChargeLine).where(ChargeLine.charge_id == charge.id))
    assert (line.item, line.quantity, line.unit_cents, line.days, line.divisor) == (WAITER, 2, 1990, 26, 31)
    db.session.refresh(client)
    assert client.open_charges == 1


def test_an_order_without_lines_makes_no_charge(client, make) -> None:
    order = order_of(client, make, {})
    assert db.session.scalar(select(Charge)) is None
    assert queries.last_order(client.id).id == order.id


def test_the_last_order_is_the_newest_that_stands(client, make) -> None:
    assert queries.last_order(client.id) is None
    first, second = order_of(client, make, {WAITER: 1}), order_of(client, make, {WAITER: 1})
    assert queries.last_order(client.id).id == second.id
    second.reversed_at = NOW
    db.session.commit()
    assert queries.last_order(client.id).id == first.id


def test_issued_codes_are_valid_different_and_found_newest_first(client, make) -> None:
    base, mobiles = (
        service.issue_codes(client, Item.BASE, 1, now=NOW),
        service.issue_codes(client, Item.MOBILE, 3, now=NOW),
    )
    assert all(codes.is_valid(code.code) for code in base + mobiles)
    assert len({code.code for code in base + mobiles}) == 4
    assert service.unused_codes(client.id, Item.MOBILE) == mobiles[::-1]
    make.code(client, revoked_at=NOW)
    assert service.unused_codes(client.id) == [*mobiles[::-1], *base]
