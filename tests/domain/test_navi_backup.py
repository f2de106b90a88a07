"""A Navi backup's lines: each as the format says, all of them together in agreement."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portal.domain import navi_backup, shapes
from portal.domain.navi_backup import MANIFEST_SHAPE, SHAPES, Entity
from portal.domain.navi_checks import Checker, line_total_cents

CUSTOMER = {"id": 1, "name": "Ana"}
PRODUCT = {"id": 1, "name": "Café", "unit": "KG", "price_cents": 3990}
ITEM = {"product_id": 1, "quantity_milli": 1500, "unit_price_cents": 3990, "total_cents": 5985}
SALE = {
    "id": 7,
    "sold_at": "2025-06-10T09:30:00-03:00",
    "customer_id": 1,
    "discount_cents": 85,
    "total_cents": 5900,
    "items": [ITEM],
    "payments": [{"method": "cash", "amount_cents": 900}, {"method": "instalments", "amount_cents": 5000}],
}
CREDIT = {
    "id": 3,
    "customer_id": 1,
    "sale_id": 7,
    "created_on": "2025-06-10",
    "total_cents": 5000,
    "instalments": [
        {"number": 1, "due_on": "2025-07-10", "amount_cents": 2500, "paid_cents": 2500},
        {"number": 2, "due_on": "2025-08-10", "amount_cents": 2500, "paid_cents": 100},
    ],
}
NOTE = {
    "id": 1,
    "sale_id": 7,
    "model": "65",
    "series": 1,
    "number": 10,
    "access_key": "3" * 44,
    "issued_at": "2025-06-10T09:31:00-03:00",
    "total_cents": 5900,
}
STOCK = {"product_id": 1, "quantity_milli": -500}
SHOP = {
    Entity.CUSTOMERS: CUSTOMER,
    Entity.PRODUCTS: PRODUCT,
    Entity.STOCK: STOCK,
    Entity.SALES: SALE,
    Entity.CREDITS: CREDIT,
    Entity.FISCAL_NOTES: NOTE,
}


def line(checker: Checker, entity: Entity, row: Any) -> list[str]:
    return [flaw.pointer for flaw in checker.line(entity, json.dumps(row).encode())]


def shop_before(entity: Entity) -> Checker:
    """Return a checker that has read one sound line of every file before this one."""
    checker = Checker()
    for one in list(Entity)[: list(Entity).index(entity)]:
        assert line(checker, one, SHOP[one]) == []
    return checker


def test_a_sound_shop_has_no_flaws_and_adds_up() -> None:
    checker = shop_before(Entity.FISCAL_NOTES)
    assert line(checker, Entity.FISCAL_NOTES, NOTE) == []
    assert (checker.sums.sales_cents, checker.sums.open_credits, checker.sums.receivable_cents) == (5900, 1, 2400)


def test_a_credit_with_everything_paid_is_not_owed() -> None:
    checker = shop_before(Entity.CREDITS)
    paid = [part | {"paid_cents": part["amount_cents"]} for part in CREDIT["instalments"]]  # type: ignore[attr-defined]
    assert line(checker, Entity.CREDITS, CREDIT | {"instalments": paid}) == []
    assert (checker.sums.open_credits, checker.sums.receivable_cents) == (0, 0)


@pytest.mark.parametrize(
    ("entity", "change", "pointer"),
    [
        (Entity.STOCK, {"product_id": 2}, "/product_id"),
        (Entity.SALES, {"customer_id": 2}, "/customer_id"),
        (Entity.SALES, {"items": [ITEM | {"product_id": 9}]}, "/items/0/product_id"),
        (Entity.SALES, {"items": [ITEM | {"total_cents": 5984}], "discount_cents": 84}, "/items/0/total_cents"),
        (Entity.SALES, {"discount_cents": 0}, "/total_cents"),
        (Entity.SALES, {"payments": []}, "/payments"),
        (Entity.CREDITS, {"customer_id": 2}, "/customer_id"),
        (Entity.CREDITS, {"sale_id": 8}, "/sale_id"),
        (Entity.CREDITS, {"total_cents": 5001}, "/total_cents"),
        (Entity.FISCAL_NOTES, {"sale_id": 8}, "/sale_id"),
    ],
)
def test_a_line_that_does_not_fit_the_others_says_where(entity: Entity, change: dict[str, Any], pointer: str) -> None:
    assert line(shop_before(entity), entity, SHOP[entity] | change) == [pointer]


def test_instalments_are_numbered_from_one_and_never_overpaid() -> None:
    first, second = CREDIT["instalments"]  # type: ignore[misc]
    others = [first | {"paid_cents": 2501}, second | {"number": 3}]
    checker = shop_before(Entity.CREDITS)
    assert line(checker, Entity.CREDITS, CREDIT | {"instalments": others}) == [
        "/instalments",
        "/instalments/0/paid_cents",
    ]


@pytest.mark.parametrize("entity", Entity)
def test_numbers_grow_from_line_to_line(entity: Entity) -> None:
    checker = shop_before(entity)
    name = "product_id" if entity is Entity.STOCK else "id"
    assert line(checker, entity, SHOP[entity]) == []
    assert f"/{name}" in line(checker, entity, SHOP[entity])


def test_a_line_that_is_no_json_is_one_flaw() -> None:
    assert [flaw.pointer for flaw in Checker().line(Entity.SALES, b"{")] == [""]


@pytest.mark.parametrize(("milli", "price", "cents"), [(1500, 3990, 5985), (333, 100, 33), (5, 100, 1), (4, 100, 0)])
def test_an_item_costs_quantity_times_price_rounded_half_up(milli: int, price: int, cents: int) -> None:
    assert line_total_cents(milli, price) == cents


def test_every_entity_has_a_shape_and_fiscal_notes_alone_stay_behind() -> None:
    assert set(SHAPES) == set(Entity)
    assert set(Entity) - set(navi_backup.MIGRATED) == {Entity.FISCAL_NOTES}
    assert navi_backup.NAMES == ("manifest.json", *(f"{entity.value}.jsonl" for entity in Entity))


def test_a_manifest_of_another_format_is_read_as_far_as_its_head() -> None:
    newer = json.dumps({"format": 2, "of_tomorrow": True}).encode()
    assert shapes.read(navi_backup.HEAD, newer) == {"format": 2}
    with pytest.raises(shapes.Unreadable):
        shapes.read(MANIFEST_SHAPE, newer)
