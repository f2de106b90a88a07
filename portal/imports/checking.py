"""Trying an import: what each row comes to, with everything that is wrong with it. Nothing is written here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.domain import import_rows
from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.domain.charges import Quote
from portal.domain.errors import PriceMissing, SetRefused
from portal.domain.import_rows import Contract, Reading, RowFault
from portal.domain.imports import Column, ColumnMap, Verdict
from portal.errors import problem_in_words
from portal.imports import queries
from portal.imports.forms import Cities, data_of
from portal.imports.terms import Terms, free_until

MOST_CODES = 10_000
"""Registration codes that one import issues: each is drawn and stored, and all at once."""


@dataclass
class Checked:
    """A row that was tried. ``facts`` is what would be registered, as ``facts_of`` keeps it."""

    number: int
    contract: Contract
    errors: list[str]
    notes: list[str]
    data: dict[str, str] | None = None
    offer: Quote | None = None
    verdict: Verdict = Verdict.BAD
    existing_id: int | None = None
    facts: dict[str, Any] | None = field(default=None)

    @property
    def amount_cents(self) -> int:
        """What the row costs; nothing while it waits for the vendor."""
        return self.offer.total_cents if self.offer and self.verdict is Verdict.READY else 0


def check(
    rows: Sequence[tuple[int, Sequence[str]]], places: ColumnMap, terms: Terms, partner_id: int, *, has_due_dates: bool
) -> list[Checked]:
    """Try all rows of a run: cells, data, set, price, duplicates in the file and at the partner (DOMAIN §1)."""
    cities = Cities()
    checked = [_read(number, _cells(row, places), terms, cities, has_due_dates) for number, row in rows]
    others = import_rows.repeated((row.number, row.contract) for row in checked)
    held = queries.holders(partner_id, {row.contract.document for row in checked if row.contract.document})
    codes = 0
    for row in checked:
        if row.number in others:
            row.errors.append(RowFault.REPEATED.say(other=others[row.number]))
        _judge(row, held.get(_registration(row.contract), queries.Holders()), has_due_dates=has_due_dates)
        codes += _codes(row)
        if codes > MOST_CODES:
            row.verdict, row.facts = Verdict.BAD, None
            row.errors.append(RowFault.TOO_MANY_CODES.label)
    return checked


def _cells(row: Sequence[str], places: ColumnMap) -> dict[Column, str]:
    """Return what a row says by column; cells beyond its end are empty."""
    return {column: row[place] if place < len(row) else "" for column, place in places.items()}


def _read(
    number: int,
    cells: Mapping[Column, str],
    terms: Terms,
    cities: Cities,
    has_due_dates: bool,
) -> Checked:
    reading = import_rows.read(cells, terms.today, has_due_dates=has_due_dates)
    data, wrong = data_of(cells, cities)
    errors = [
        *wrong,
        *reading.errors,
        *(problem_in_words(problem, reading.contract.product) for problem in reading.problems),
    ]
    row = Checked(number, reading.contract, errors, reading.notes, data)
    row.offer = _offer(row, reading, terms)
    return row


def _offer(row: Checked, reading: Reading, terms: Terms) -> Quote | None:
    """Return what a row costs, as far as it can be told."""
    contract = reading.contract
    if contract.due_on:
        return free_until(contract.due_on)
    if contract.product is None or reading.problems:
        return None
    try:
        return terms.quote(contract.product, contract.quantities)
    except SetRefused as refused:  # offered by the catalogue, but not at present
        row.errors += [problem_in_words(problem, contract.product) for problem in refused.problems]
        return None
    except PriceMissing as missing:
        item = missing.item or Item.BASE
        row.errors.append(RowFault.NO_PRICE.say(item=item.label, product=contract.product.label))
        return None


def _registration(contract: Contract) -> import_rows.Registration:
    return contract.document or "", contract.product or Product.LINK


def _judge(row: Checked, held: queries.Holders, *, has_due_dates: bool) -> None:
    """Say what a row comes to, by what is wrong with it and who holds its document."""
    if held.here:
        row.existing_id = held.here
        row.errors.append(RowFault.REGISTERED.label)
    elif held.is_elsewhere and has_due_dates:
        row.errors.append(RowFault.ELSEWHERE.label)
    if row.errors or row.data is None:
        return
    row.verdict = Verdict.PENDING if held.is_elsewhere else Verdict.READY
    row.facts = facts_of(row)


def _codes(row: Checked) -> int:
    if row.verdict is not Verdict.READY or row.contract.product is not Product.LINK:
        return 0
    return 1 + row.contract.quantities.get(Item.MOBILE, 0)


def facts_of(row: Checked) -> dict[str, Any]:
    """Return what a sound row registers, as the run's rows keep it."""
    contract = row.contract
    return {
        "document": contract.document,
        "product": (contract.product or Product.LINK).value,
        "method": (contract.method or RenewalMethod.MANUAL).value,
        "quantities": {item.value: quantity for item, quantity in contract.quantities.items()},
        "due_on": contract.due_on.isoformat() if contract.due_on else None,
        "data": row.data,
    }
