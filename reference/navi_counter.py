"""A day at Navi's counter: sales, and what customers bring for their instalments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reference.backup_format import Row
from reference.backup_rules import line_total_cents
from reference.command import Impossible
from reference.license import SAO_PAULO
from reference.navi_credits import credit_of
from reference.navi_shop import Shop


@dataclass(frozen=True)
class Sale:
    """What is sold: thousandths of products, what was paid at once, in how many instalments the rest."""

    items: Sequence[tuple[int, int]]
    payments: Sequence[tuple[str, int]] = ()
    customer: int | None = None
    discount_cents: int = 0
    instalments: int = 0
    method: str = field(default="cash")
    """How the rest is paid, where it is no instalments."""


def sell(shop: Shop, sale: Sale, now: datetime) -> Row:
    """Sell something and return the sale; stock goes down, and a credit is granted for the instalments.

    Raises:
        Impossible: there is no such product or customer, or the sums do not fit.
    """
    local = now.astimezone(SAO_PAULO)
    with shop.transaction():
        items = [_item(shop, *item) for item in sale.items]
        total = sum(item["total_cents"] for item in items) - sale.discount_cents
        rest = total - sum(cents for _, cents in sale.payments)
        if rest < 0 or total < 0:
            raise Impossible("Os pagamentos ou o desconto passam do total.")
        row = {"id": _next(shop, "sales"), "sold_at": local.isoformat(timespec="seconds")}
        row |= {"customer_id": _customer(shop, sale)} if sale.customer or sale.instalments else {}
        row |= {"discount_cents": sale.discount_cents, "total_cents": total, "items": items}
        row |= {"payments": _payments(sale, rest)}
        shop.add("sales", [row])
        if sale.instalments and rest:
            shop.add("credits", [credit_of(row, _next(shop, "credits"), local.date(), rest, sale.instalments)])
        _take(shop, sale)
    return row


def receive(shop: Shop, credit: int, cents: int) -> int:
    """Take money for a credit, the oldest instalments first; returns the cents that are still owed on it.

    Raises:
        Impossible: there is no such credit, or less is owed.
    """
    with shop.transaction():
        query = "SELECT number, amount_cents - paid_cents FROM instalments WHERE credit_id = ? ORDER BY number"
        parts = shop.db.execute(query, (credit,)).fetchall()
        owed = sum(open_cents for _, open_cents in parts)
        if not 0 < cents <= owed:
            raise Impossible(f"No crediário {credit} falta receber {owed} centavos.")
        left = cents
        for number, open_cents in parts:
            paid = min(open_cents, left)
            left -= paid
            change = "UPDATE instalments SET paid_cents = paid_cents + ? WHERE credit_id = ? AND number = ?"
            shop.db.execute(change, (paid, credit, number))
    return int(owed - cents)


def _item(shop: Shop, product: int, quantity_milli: int) -> Row:
    price = _one(shop, "SELECT price_cents FROM products WHERE id = ?", product)
    if price is None:
        raise Impossible(f"Não há produto {product}.")
    total = line_total_cents(quantity_milli, price)
    return {"product_id": product, "quantity_milli": quantity_milli, "unit_price_cents": price, "total_cents": total}


def _customer(shop: Shop, sale: Sale) -> int:
    if sale.customer is None or not _one(shop, "SELECT 1 FROM customers WHERE id = ?", sale.customer):
        raise Impossible("Informe o cliente: um dos cadastrados.")
    return sale.customer


def _payments(sale: Sale, rest: int) -> list[Row]:
    """Return the payments, the last one of what is left."""
    last = ("instalments" if sale.instalments else sale.method, rest)
    payments = [*sale.payments, last] if rest or not sale.payments else sale.payments
    return [{"method": method, "amount_cents": cents} for method, cents in payments]


def _take(shop: Shop, sale: Sale) -> None:
    for product, quantity in sale.items:
        taken = "INSERT INTO stock VALUES (?1, -?2) ON CONFLICT DO UPDATE SET quantity_milli = quantity_milli - ?2"
        shop.db.execute(taken, (product, quantity))


def _next(shop: Shop, entity: str) -> int:
    return int(_one(shop, f"SELECT coalesce(max(id), 0) + 1 FROM {entity}"))  # noqa: S608 - names from above


def _one(shop: Shop, query: str, *values: Any) -> Any:
    found = shop.db.execute(query, values).fetchone()
    return found[0] if found else None
