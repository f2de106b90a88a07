"""An imported client is a registered client: both roads write the same rows, column by column."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from portal import clock
from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.extensions import db
from portal.models import (
    AuditEvent,
    Charge,
    ChargeLine,
    Client,
    LicenseItem,
    LicenseOrder,
    NaviMigration,
    PendingChange,
    RegistrationCode,
)
from portal.registrations import service as registrations
from portal.registrations.contract import seen_as
from portal.registrations.service import Registration
from tests.imports.conftest import Actor, clients_of

OWN = {"id", "client_id", "event_id", "order_id", "charge_id", "code", "creation_key"}
"""What is each client's own."""


def written(client_id: int) -> dict[str, list[dict[str, Any]]]:
    """Return everything that belongs to a client, what is its own apart."""
    charge_ids = select(Charge.id).where(Charge.client_id == client_id)
    found = {Client.__tablename__: _rows(Client, Client.id == client_id)}
    found[ChargeLine.__tablename__] = _rows(ChargeLine, ChargeLine.charge_id.in_(charge_ids))
    for model in (LicenseItem, PendingChange, RegistrationCode, AuditEvent, LicenseOrder, Charge):
        found[model.__tablename__] = _rows(model, model.client_id == client_id)
    for order in found["license_orders"]:
        order["after"]["codes"] = len(order["after"]["codes"])
    return found


def _rows(model: Any, clause: Any) -> list[dict[str, Any]]:
    table = model.__table__
    rows = db.session.execute(select(table).where(clause).order_by(*table.primary_key))
    return [{name: value for name, value in row._mapping.items() if name not in OWN} for row in rows]


def register(client: Client, actor: Actor, wanted: dict[Item, int]) -> Client:
    """Have the partner register by the form what it imported, once that is out of the way; return the new client."""
    client.archived_at = clock.now()
    db.session.commit()
    data = {name: getattr(client, name) for name in ("name", "uf", "city", "city_code", "email", "phone", "notes")}
    asked = Registration(
        client.partner_id, "k" * 20, client.document, client.product, client.renewal_method, data, wanted
    )
    seen = seen_as(registrations.quote(client.partner_id, client.product, wanted, clock.today()), wanted)
    return registrations.register(asked, quote_seen=seen, now=clock.now(), actor=actor).client


@pytest.mark.parametrize("is_held_elsewhere", [False, True], ids=["free", "held elsewhere"])
@pytest.mark.parametrize(
    ("product", "cells", "wanted"),
    [
        (Product.LINK, {"cloud": "sim", "waiter": "2", "mobile": "3"}, {Item.CLOUD: 1, Item.WAITER: 2, Item.MOBILE: 3}),
        (Product.LINK, {}, {}),
        (Product.NAVI, {"cloud": "sim", "method": "Gestão de cobranças"}, {Item.CLOUD: 1}),
    ],
    ids=["link with all", "link alone", "navi"],
)
def test_an_import_writes_what_a_registration_writes(
    make, partner, admin, imported, row, product, cells, wanted, is_held_elsewhere
) -> None:
    document = make.document()
    if is_held_elsewhere:
        make.client(make.partner(), document=document, product=product)
    (imported_client,) = clients_of(imported(row(document=document, product=product.label, **cells)))
    by_import = written(imported_client.id)
    method = RenewalMethod.BILLING if "method" in cells else RenewalMethod.MANUAL
    assert imported_client.renewal_method is method
    by_form = written(register(imported_client, Actor(admin.id, admin.name), {Item.BASE: 1} | wanted).id)
    assert by_import == by_form
    assert by_import["clients"][0]["due_on"] is None if is_held_elsewhere else by_import["charges"]


def test_an_imported_link_follows_its_navi_as_a_registered_one_does(make, partner, admin, imported, row) -> None:
    navi = make.client(partner, product=Product.NAVI)
    (link,) = clients_of(imported(row(document=navi.document)))
    by_import = written(link.id)
    made = register(link, Actor(admin.id, admin.name), {Item.BASE: 1})
    assert by_import == written(made.id)
    assert by_import["audit_events"][0]["after"]["predecessor"] == navi.id
    first, second = (
        {name: value for name, value in one.items() if name != "link_id"}
        for one in _rows(NaviMigration, NaviMigration.navi_id == navi.id)
    )
    assert first == second
    told = _rows(AuditEvent, AuditEvent.client_id == navi.id)
    assert [event.pop("after") for event in told] == [{"successor": link.id}, {"successor": made.id}]
    assert told[0] == told[1]


@pytest.mark.parametrize("products", [("Navi", "Link"), ("Link", "Navi")])
def test_of_both_in_one_file_link_follows_where_it_comes_after_navi(make, imported, row, products) -> None:
    document = make.document()
    imported(*(row(document=document, product=product) for product in products))
    assert len(_rows(NaviMigration, NaviMigration.id > 0)) == (products[0] == "Navi")
