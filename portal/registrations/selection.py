"""What a form says about products: quantities read, checked, put into words. Knows no form library and no table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from portal.domain import licenses
from portal.domain.catalogue import OFFERS, Item, Product
from portal.domain.licenses import Quantities
from portal.errors import problem_in_words

NUMBER = re.compile(r"-?\d{1,20}", re.ASCII)
STEP = re.compile(r"(\w+):([+-]1)", re.ASCII)
NO_NUMBER = "informe um número inteiro."


@dataclass(frozen=True)
class Selection:
    """The quantities of a posted form. ``wanted`` counts only where ``errors`` is empty.

    ``typed`` is what to show again, ``held`` what the client has already: its TEF may stay (DOMAIN §4). Every item has its
    field's name: ``Item.value``. A field that was not sent means the least quantity; a checkbox sends nothing when off.
    """

    product: Product
    wanted: Quantities
    typed: Mapping[Item, str]
    errors: Mapping[Item, str]
    held: Quantities

    @property
    def is_sound(self) -> bool:
        """Whether the set can be held."""
        return not self.errors


def read(form: Mapping[str, str], product: Product, held: Quantities | None = None) -> Selection:
    """Read the quantities of a product that a form holds; names that no item has are none of our business."""
    typed = {item: form[item.value].strip()[:20] for item in Item if item.value in form}
    return _checked(Selection(product, {}, typed, {}, held or {}))


def of(quantities: Quantities, product: Product, held: Quantities | None = None) -> Selection:
    """Return the selection that a form begins with."""
    return _checked(Selection(product, {}, {item: str(count) for item, count in quantities.items()}, {}, held or {}))


def stepped(selection: Selection, step: str) -> Selection:
    """Return the selection after a press on "-" or "+" (``waiter:+1``), never beyond what may be held."""
    match = STEP.fullmatch(step)
    item = Item.parse(match[1]) if match else None
    if match is None or item is None:
        return selection
    least, most = licenses.least(item), licenses.most(selection.product, item)
    count = min(max(selection.wanted.get(item, least) + int(match[2]), least), most)
    return _checked(replace(selection, typed=dict(selection.typed) | {item: str(count)}))


def switched(selection: Selection) -> Selection:
    """Return what is left of a selection that was made for another product: the items that this one has a choice of."""
    product = selection.product
    kept = {item: text for item, text in selection.typed.items() if _is_choice(product, item)}
    return _checked(replace(selection, typed=kept))


def _is_choice(product: Product, item: Item) -> bool:
    return product in OFFERS[item].products and licenses.least(item) < licenses.most(product, item)


def _checked(selection: Selection) -> Selection:
    """Work out quantities and errors from what was typed."""
    counts = {item: _count(item, selection.typed.get(item)) for item in Item}
    wanted = {item: count for item, count in counts.items() if count}
    errors = {item: f"{item.label}: {NO_NUMBER}" for item, count in counts.items() if count is None}
    for problem in licenses.problems(selection.product, wanted, selection.held):
        errors.setdefault(problem.item, problem_in_words(problem, selection.product))
    return replace(selection, wanted=wanted, errors=errors)


def _count(item: Item, text: str | None) -> int | None:
    """Return the number that a field holds, None for what is no number."""
    if text is None:
        return licenses.least(item)
    return int(text) if NUMBER.fullmatch(text) else None
