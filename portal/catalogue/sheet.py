"""Reading a price table from CSV: all of it or, where anything is wrong, none of it and everything that is wrong."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from portal.catalogue.texts import Text
from portal.domain.catalogue import Item, Product
from portal.domain.labels import LabelEnum
from portal.domain.prices import PRICED, PriceKey

COLUMNS = ["product", "item", "price"]
PRICE = re.compile(r"(?:R\$\s*)?([1-3]\.?\d{3}|\d{1,3}),(\d{2})", re.ASCII)
"""From 0,00 to 3.999,99, so that a charge for the most of everything (``licenses.MOST``) fits an integer column.

Never 99.90, which might mean either.
"""


@dataclass
class Sheet:
    """What was read, and what is wrong with it in words; the prices count only where nothing is."""

    cents: dict[PriceKey, int] = field(default_factory=dict)
    flaws: list[str] = field(default_factory=list)


def read(content: bytes) -> Sheet:
    """Return the prices of a CSV file as spreadsheets write it in Brazil: semicolons, decimal comma, UTF-8."""
    try:
        lines = _lines(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return Sheet(flaws=[Text.UNREADABLE.label])
    if next(lines, (0, []))[1] != COLUMNS:
        return Sheet(flaws=[Text.HEADING.label])
    sheet = Sheet()
    for number, cells in lines:
        try:
            key, cents = _price(cells, sheet.cents)
            sheet.cents[key] = cents
        except ValueError as flaw:
            sheet.flaws.append(Text.LINE.label.format(line=number, flaw=flaw))
    missing = [key for key in PRICED if key not in sheet.cents]
    sheet.flaws += [Text.MISSING.label.format(product=product.value, item=item.value) for product, item in missing]
    return sheet


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines that hold something, each with its number in the file."""
    reader = csv.reader(io.StringIO(text), delimiter=";")
    for cells in reader:
        stripped = [cell.strip() for cell in cells]
        if any(stripped):
            yield reader.line_num, stripped


def _price(cells: list[str], taken: Mapping[PriceKey, int]) -> tuple[PriceKey, int]:
    """Return what a line says.

    Raises:
        ValueError: with what is wrong, in words.
    """
    if len(cells) != len(COLUMNS):
        raise ValueError(Text.COLUMNS.label)
    product, item = Product.parse(cells[0]), Item.parse(cells[1])
    if product is None:
        raise ValueError(Text.UNKNOWN_PRODUCT.label.format(value=cells[0], known=_known(Product)))
    if item is None:
        raise ValueError(Text.UNKNOWN_ITEM.label.format(value=cells[1], known=_known(Item)))
    if (product, item) not in PRICED:
        raise ValueError(Text.NOT_OFFERED.label.format(product=product.label, item=item.label))
    if (product, item) in taken:
        raise ValueError(Text.TWICE.label)
    if not PRICE.fullmatch(cells[2]):
        raise ValueError(Text.NO_PRICE.label.format(value=cells[2]))
    return (product, item), int(re.sub(r"\D", "", cells[2]))


def _known(enum: type[LabelEnum]) -> str:
    return ", ".join(member.value for member in enum)
