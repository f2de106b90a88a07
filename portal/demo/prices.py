"""The demo's price table: visibly fictional, valid since before any demo client registered."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import insert
from sqlalchemy.engine import Connection

from portal.domain.catalogue import Item, Product
from portal.domain.prices import PRICED, PriceTable
from portal.models import Price, PriceVersion

NOTE = "Preços fictícios da demonstração"
VALID_FROM = date(2015, 1, 1)
BASE = {Product.LINK: 99_90, Product.NAVI: 49_90}
AUXILIARY = {
    Item.CLOUD: 29_90,
    Item.PAYMENT_ORDER: 14_90,
    Item.INTEGRATED_PAYMENT: 34_90,
    Item.SELF_SERVICE: 59_90,
    Item.WAITER: 19_90,
    Item.MOBILE: 24_90,
    Item.TEF: 39_90,
}


def add_prices(connection: Connection, now: datetime) -> PriceTable:
    """Add the demo's one version in the caller's transaction and return it."""
    facts = {"valid_from": VALID_FROM, "note": NOTE, "created_at": now}
    version = int(connection.execute(insert(PriceVersion).values(facts).returning(PriceVersion.id)).scalar_one())
    table = PriceTable(version, VALID_FROM, {(product, item): _cents(product, item) for product, item in PRICED})
    rows = [
        {"version_id": version, "product": product, "item": item, "cents": cents}
        for (product, item), cents in table.cents.items()
    ]
    connection.execute(insert(Price), rows)
    return table


def _cents(product: Product, item: Item) -> int:
    return BASE[product] if item is Item.BASE else AUXILIARY[item]
