"""Retail prices and the pause: saved once, never below cost, never over somebody else's change (DOMAIN §5, R13)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from portal.billing import bills, service
from portal.domain.catalogue import Item
from portal.domain.errors import BelowCost, RepeatMismatch, StaleState
from portal.domain.notices import NoticeKind
from portal.extensions import db
from portal.models import AuditEvent
from tests.billing.conftest import RETAIL, night, open_notices
from tests.money import at

JUNE = date(2025, 6, 1)


def test_prices_are_kept_by_item_and_taken_back(client, sell) -> None:
    assert bills.prices_of([client.id])[client.id] == RETAIL
    sell(client, {Item.CLOUD: None, Item.BASE: 15000})
    expected = {item: cents for item, cents in RETAIL.items() if item is not Item.CLOUD} | {Item.BASE: 15000}
    assert bills.prices_of([client.id])[client.id] == expected
    event = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
    assert event.before == {"retail": {"cloud": 4990, "base": 14990}}
    assert event.after == {"retail": {"cloud": None, "base": 15000}}


def test_a_price_below_cost_is_refused_and_cost_itself_is_not(client, sell) -> None:
    with pytest.raises(BelowCost) as refused:
        sell(client, {Item.BASE: 15000, Item.WAITER: 1989, Item.CLOUD: 1})
    assert refused.value.cost == {Item.CLOUD: 2990, Item.WAITER: 1990}
    assert bills.prices_of([client.id])[client.id] == RETAIL
    sell(client, {Item.WAITER: 1990})


def test_the_same_form_twice_and_one_that_changes_nothing(client, actor) -> None:
    version, prices = client.version, {Item.BASE: 16000}
    asked = {"version": version, "now": at(JUNE), "actor": actor}
    first = service.set_prices(client, prices, **asked)
    db.session.refresh(client)
    again = service.set_prices(client, prices, **asked)
    assert (first.is_repeat, again.is_repeat, again.event.id) == (False, True, first.event.id)
    with pytest.raises(RepeatMismatch):
        service.set_prices(client, {Item.BASE: 17000}, **asked)
    db.session.refresh(client)
    assert service.set_prices(client, prices, **asked | {"version": client.version}).event is None


def test_somebody_else_s_change_is_not_overwritten(client, actor, sell) -> None:
    version = client.version
    service.pause(client, version=version, now=at(JUNE), actor=actor)
    db.session.refresh(client)
    with pytest.raises(StaleState):
        service.set_prices(client, {Item.BASE: 16000}, version=version, now=at(JUNE), actor=actor)


def test_a_price_set_below_a_scheduled_cost_is_told_of_at_once(client, sell, raise_price) -> None:
    raise_price(Item.BASE, 15000, date(2025, 9, 1))
    sell(client, {Item.WAITER: 2500})
    assert open_notices(NoticeKind.RETAIL_BELOW_COST) == [(client.id, date(2025, 9, 1))]
    sell(client, {Item.BASE: 15000})
    assert open_notices(NoticeKind.RETAIL_BELOW_COST) == []


def test_a_pause_stops_charges_until_it_ends(client, actor) -> None:
    service.pause(client, version=client.version, now=at(JUNE), actor=actor)
    assert night()["issued"] == 0
    db.session.refresh(client)
    service.resume(client, version=client.version, now=at(JUNE), actor=actor)
    assert night()["issued"] == 1
    actions = list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))
    assert actions[1:3] == [service.PAUSED, service.RESUMED]


def test_items_held_and_those_to_come_have_a_price(client) -> None:
    assert service.priced_items(client, JUNE) == list(RETAIL)
    assert service.costs(client, JUNE)[Item.WAITER] == 1990
