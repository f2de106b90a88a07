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
    # The partner's own registration of the same, once the import is out of the way.
    imported_client.archived_at = clock.now()
    db.session.commit()
    data = {
        name: getattr(imported_client, name) for name in ("name", "uf", "city", "city_code", "email", "phone", "notes")
    }
    method = RenewalMethod.BILLING if "method" in cells else RenewalMethod.MANUAL
    asked = Registration(partner.id, "k" * 20, document, product, method, data, {Item.BASE: 1} | wanted)
    seen = seen_as(registrations.quote(partner.id, product, asked.wanted, clock.today()), asked.wanted)
    done = registrations.register(asked, quote_seen=seen, now=clock.now(), actor=Actor(admin.id, admin.name))
    by_form = written(done.client.id)
    assert by_import == by_form
    assert by_import["clients"][0]["due_on"] is None if is_held_elsewhere else by_import["charges"]
