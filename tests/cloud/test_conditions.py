"""The rules in SQL pick what the rules in Python pick: who holds Cloud, and in which state it is."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

from sqlalchemy import insert, select

from portal.cloud.conditions import holds_cloud, state_at
from portal.domain.catalogue import Item
from portal.domain.cloud import Health, state_of
from portal.extensions import db
from portal.licenses.queries import holdings_of
from portal.models import Client, Contact, PendingChange
from tests.conftest import NOW
from tests.invoices.crowds import crowd

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
MOMENTS = (None, NOW, NOW - DAY + SECOND, NOW - DAY, NOW - DAY - SECOND, NOW - 40 * DAY)


def test_the_state_is_the_same_in_sql_for_every_word_and_moment(make, partner) -> None:
    told = list(product((None, *Health), MOMENTS, MOMENTS))
    ids = crowd(make, partner, len(told) + 1, [date(2025, 8, 10)])
    names = ("cloud_health", "cloud_reported_at", "cloud_synced_at")
    rows = [dict(zip(names, facts, strict=True)) for facts in told]
    same = {"partner_id": partner.id, "last_seen_at": NOW}
    db.session.execute(insert(Contact), [row | same | {"client_id": one} for one, row in zip(ids, rows, strict=False)])
    query = select(Client.id, state_at(NOW)).outerjoin(Contact, Contact.client_id == Client.id)
    expected = {one: state_of(*facts, NOW) for one, facts in zip(ids, [*told, (None, None, None)], strict=True)}
    assert dict(db.session.execute(query).all()) == expected


def test_who_holds_cloud_is_the_same_in_sql_on_every_day_of_its_changes(make, partner) -> None:
    today = date(2025, 7, 10)
    quantities = list(product((None, 0, 1), repeat=3))
    clients = [make.client(partner) for _ in range(2 * len(quantities))]
    for number, (client, changes) in enumerate(zip(clients, quantities * 2, strict=True)):
        if number < len(quantities):
            make.item(client, Item.CLOUD)
        for days, quantity in enumerate(changes):
            if quantity is not None:
                change = {"item": Item.CLOUD, "quantity": quantity, "effective_on": today + timedelta(days=days - 1)}
                db.session.add(PendingChange(client_id=client.id, **change))
    db.session.commit()
    for day in (today - DAY * 2, today - DAY, today, today + DAY):
        found = set(db.session.scalars(select(Client.id).where(holds_cloud(Client.id, day))))
        held = holdings_of([client.id for client in clients], day)
        assert found == {one for one, holding in held.items() if Item.CLOUD in holding.now}
