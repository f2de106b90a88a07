"""What must hold between the lines: numbers that grow, references that lead back, sums that add up."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from itertools import chain

from reference.backup_format import ENTITIES, Row

Flaw = tuple[str, str]
"""A JSON pointer and a sentence."""

_REFERENCES = {
    "customer_id": ("customers", "não há cliente com este número"),
    "product_id": ("products", "não há produto com este número"),
    "sale_id": ("sales", "não há venda com este número"),
}


class Rules:
    """Sees every line once, file after file, and remembers the numbers of what was there: eight bytes each."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._seen = {entity: array("q") for entity in ENTITIES}

    def flaw(self, entity: str, row: Row) -> Flaw | None:
        """Return the first thing wrong with the next line of a file, or None."""
        found: Iterator[Flaw] = self._order(entity, row)
        if entity == "sales":
            found = chain(found, self._sale(row))
        elif entity == "credits":
            found = chain(found, self._references(row), _credit(row))
        elif entity in {"stock", "fiscal_notes"}:
            found = chain(found, self._references(row))
        return next(found, None)

    def _order(self, entity: str, row: Row) -> Iterator[Flaw]:
        seen, name = self._seen[entity], "product_id" if entity == "stock" else "id"
        if seen and row[name] <= seen[-1]:
            yield f"/{name}", "deve ser maior que o da linha anterior"
        else:
            seen.append(row[name])

    def _references(self, row: Row, pointer: str = "") -> Iterator[Flaw]:
        for name, (entity, sentence) in _REFERENCES.items():
            if name in row and not _holds(self._seen[entity], row[name]):
                yield f"{pointer}/{name}", sentence

    def _sale(self, row: Row) -> Iterator[Flaw]:
        yield from self._references(row)
        for number, item in enumerate(row["items"]):
            yield from self._references(item, f"/items/{number}")
            cents = line_total_cents(item["quantity_milli"], item["unit_price_cents"])
            if item["total_cents"] != cents:
                yield f"/items/{number}/total_cents", f"deve ser quantidade × preço: {cents}"
        cents = sum(item["total_cents"] for item in row["items"]) - row["discount_cents"]
        if row["total_cents"] != cents:
            yield "/total_cents", f"deve ser a soma dos itens menos o desconto: {cents}"
        paid = sum(payment["amount_cents"] for payment in row["payments"])
        if paid != row["total_cents"]:
            yield "/payments", f"os pagamentos somam {paid}, diferente do total"


def _holds(seen: array[int], number: int) -> bool:
    place = bisect_left(seen, number)
    return place < len(seen) and seen[place] == number


def _credit(row: Row) -> Iterator[Flaw]:
    parts = row["instalments"]
    cents = sum(part["amount_cents"] for part in parts)
    if row["total_cents"] != cents:
        yield "/total_cents", f"deve ser a soma das parcelas: {cents}"
    if [part["number"] for part in parts] != list(range(1, len(parts) + 1)):
        yield "/instalments", "as parcelas são numeradas a partir de 1"
    for number, part in enumerate(parts):
        if part["paid_cents"] > part["amount_cents"]:
            yield f"/instalments/{number}/paid_cents", "não pode passar do valor da parcela"


def line_total_cents(quantity_milli: int, unit_price_cents: int) -> int:
    """Return what so many thousandths of a unit cost, rounded half up."""
    return (quantity_milli * unit_price_cents + 500) // 1000
