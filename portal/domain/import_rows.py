"""A row of an imported sheet, read cell by cell: what people and spreadsheets write, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import partial
from typing import NamedTuple, TypeVar

from portal.domain import documents, licenses
from portal.domain.catalogue import OFFERS, Item, Product, RenewalMethod
from portal.domain.imports import DUE_AHEAD, DUE_PAST, ITEM_OF, Column
from portal.domain.labels import LabelEnum
from portal.domain.licenses import MOST, Problem
from portal.domain.search import fold

Read = TypeVar("Read")


class RowFault(LabelEnum):
    """What may be wrong with a cell or a row; braces take what was found."""

    FORMULA = "formula", "{column}: a célula tem um erro de fórmula ({found})."
    DOCUMENT_MISSING = "document_missing", "Informe o CPF ou CNPJ."
    DOCUMENT_MANGLED = (
        "document_mangled",
        (
            "A planilha trocou o CPF/CNPJ por {found}, e os últimos números se perderam. Formate a coluna como texto e digite-o de novo."
        ),
    )
    DOCUMENT_INVALID = "document_invalid", "CPF/CNPJ inválido: {found}. Confira os números."
    PRODUCT_MISSING = "product_missing", "Informe o produto: Link ou Navi."
    PRODUCT_UNKNOWN = "product_unknown", "Não há o produto “{found}”. Use Link ou Navi."
    METHOD_UNKNOWN = "method_unknown", "Renovação “{found}” não existe. Use Renovação manual ou Gestão de cobranças."
    QUANTITY_INVALID = "quantity_invalid", "{column}: use um número inteiro de 0 a 999, não “{found}”."
    SWITCH_INVALID = "switch_invalid", "{column}: use Sim ou Não, não “{found}”."
    DUE_MISSING = "due_missing", "Informe o vencimento."
    DUE_INVALID = "due_invalid", "Vencimento inválido: {found}. Use dia/mês/ano, como 10/07/2025."
    DUE_TOO_FAR = "due_too_far", "Vencimento fora do aceito: de {first} a {last}."
    REPEATED = "repeated", "Mesmo CPF/CNPJ e produto da linha {other}."
    NO_PRICE = "no_price", "Não há preço de {item} ({product}) na tabela em vigor. Avise o fornecedor."
    TOO_MANY_CODES = "too_many_codes", "A importação passaria de 10.000 códigos de registro. Divida a planilha."
    ELSEWHERE = "elsewhere", "Outro parceiro já tem este CPF/CNPJ com este produto. Resolva antes de importar."
    REGISTERED = "registered", "Sua revenda já tem este CPF/CNPJ com este produto."

    def say(self, **found: object) -> str:
        """Return the sentence with what was found in it."""
        return self.label.format(**found)


PADDED = "Zeros à esquerda completados: {document}."
"""What is said of a row whose document a spreadsheet had taken for a number."""

PRODUCTS = {
    "link": Product.LINK, "link pro": Product.LINK,
    "navi": Product.NAVI, "navi vendas": Product.NAVI, "navi vendas/pdv+": Product.NAVI, "pdv+": Product.NAVI,
}  # fmt: skip
METHODS = {
    "": RenewalMethod.MANUAL, "manual": RenewalMethod.MANUAL, "renovacao manual": RenewalMethod.MANUAL,
    "cobranca": RenewalMethod.BILLING, "gestao de cobrancas": RenewalMethod.BILLING,
}  # fmt: skip
YES, NO = frozenset("sim s x yes true verdadeiro 1".split()), frozenset("nao n no false falso 0 -".split())
"""What cells say, folded."""

MOST_ZEROS = 3
_MANGLED = re.compile(r"\d+([.,]\d+)?e\+?\d+", re.IGNORECASE)
_FORMULA_ERROR = re.compile(r"#N/[AD]|#[A-ZÀ-Ú/0]{3,7}[!?]")
_MIDNIGHT = re.compile(r"[ T]00:00(:00)?$")
_DATE_FORMS = ("%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d")


class Contract(NamedTuple):
    """What a row asks for beside its data; a part that could not be read is None."""

    document: str | None
    product: Product | None
    method: RenewalMethod | None
    quantities: dict[Item, int]
    due_on: date | None


class Reading(NamedTuple):
    """What a row was read as, everything that is wrong with it, and what was mended and has to be told.

    ``errors`` are sentences about cells, ``problems`` what is wrong with the set of items as a whole.
    """

    contract: Contract
    errors: list[str]
    problems: list[Problem]
    notes: list[str]


class _Wrong(Exception):  # noqa: N818 - an answer about a cell, not a fault
    """A cell cannot be read; the message is the sentence that says why."""

    def __init__(self, fault: RowFault, **found: object) -> None:
        super().__init__(fault.say(**found))


def read(cells: Mapping[Column, str], today: date, *, has_due_dates: bool = False) -> Reading:
    """Read what a row contracts: document, product, renewal, quantities and, for the vendor, the existing due date."""
    errors, notes = _formula_errors(cells), list[str]()
    document = _tried(errors, lambda: _document(cells.get(Column.DOCUMENT, ""), notes))
    product = _tried(errors, lambda: _product(cells.get(Column.PRODUCT, "")))
    method = _tried(errors, lambda: _method(cells.get(Column.METHOD, "")))
    quantities = {
        item: _tried(errors, partial(_quantity, cells.get(column, ""), column, item))
        for column, item in ITEM_OF.items()
    }
    wanted = {item: quantity for item, quantity in quantities.items() if quantity}
    is_whole = None not in quantities.values()
    problems = licenses.problems(product, wanted) if product and is_whole else []
    due_on = _tried(errors, lambda: _due_on(cells.get(Column.DUE_ON, ""), today)) if has_due_dates else None
    return Reading(Contract(document, product, method, wanted, due_on), errors, problems, notes)


def _tried(errors: list[str], question: Callable[[], Read]) -> Read | None:
    """Return what a cell was read as, or None after noting why it cannot be."""
    try:
        return question()
    except _Wrong as wrong:
        errors.append(str(wrong))
        return None


def _formula_errors(cells: Mapping[Column, str]) -> list[str]:
    return [
        RowFault.FORMULA.say(column=column.label, found=cell)
        for column, cell in cells.items()
        if _FORMULA_ERROR.fullmatch(cell)
    ]


def _document(text: str, notes: list[str]) -> str:
    if not text:
        raise _Wrong(RowFault.DOCUMENT_MISSING)
    if _MANGLED.fullmatch(text):
        raise _Wrong(RowFault.DOCUMENT_MANGLED, found=text)
    document = documents.normalise(text)
    if documents.is_valid(document):
        return document
    padded = _padded(document)
    if padded is None:
        raise _Wrong(RowFault.DOCUMENT_INVALID, found=text)
    notes.append(PADDED.format(document=documents.mask(padded)))
    return padded


def _product(text: str) -> Product:
    if not text:
        raise _Wrong(RowFault.PRODUCT_MISSING)
    if product := PRODUCTS.get(fold(text)):
        return product
    raise _Wrong(RowFault.PRODUCT_UNKNOWN, found=text)


def _method(text: str) -> RenewalMethod:
    if method := METHODS.get(fold(text)):
        return method
    raise _Wrong(RowFault.METHOD_UNKNOWN, found=text)


def _quantity(text: str, column: Column, item: Item) -> int:
    """Return how many units of an item are asked for; nothing said means one base license and nothing else."""
    if not text:
        return licenses.least(item)
    if not OFFERS[item].is_counted:
        return _switch(text, column)
    digits = re.sub(r"[.,]0+$", "", text)  # a spreadsheet's 2 may read 2,0
    if digits.isascii() and digits.isdigit() and len(digits) <= len(str(MOST)):
        return int(digits)
    raise _Wrong(RowFault.QUANTITY_INVALID, column=column.label, found=text)


def _switch(text: str, column: Column) -> int:
    plain = fold(text)
    if plain not in YES | NO:
        raise _Wrong(RowFault.SWITCH_INVALID, column=column.label, found=text)
    return int(plain in YES)


def _due_on(text: str, today: date) -> date:
    if not text:
        raise _Wrong(RowFault.DUE_MISSING)
    day = _day(text)
    if day is None:
        raise _Wrong(RowFault.DUE_INVALID, found=text)
    first, last = today - DUE_PAST, today + DUE_AHEAD
    if not first <= day <= last:
        raise _Wrong(RowFault.DUE_TOO_FAR, first=f"{first:%d/%m/%Y}", last=f"{last:%d/%m/%Y}")
    return day


def _padded(document: str) -> str | None:
    """Return a document with the zeros that a spreadsheet took for a number's and dropped, if that makes it one.

    At most three are put back, so that no CPF can be taken for a CNPJ or the other way round.
    """
    for length in (documents.CPF_LENGTH, documents.CNPJ_LENGTH):
        if document.isdigit() and length - MOST_ZEROS <= len(document) < length:
            padded = document.zfill(length)
            return padded if documents.is_valid(padded) else None
    return None


def _day(text: str) -> date | None:
    """Return a date as people and spreadsheets write it, day first."""
    for form in _DATE_FORMS:
        try:
            return datetime.strptime(_MIDNIGHT.sub("", text), form).date()  # noqa: DTZ007 - a civil date has no zone
        except ValueError:
            continue
    return None


Registration = tuple[str, Product]
"""What one registration is: a document with a product (DOMAIN §1)."""


def repeated(rows: Iterable[tuple[int, Contract]]) -> dict[int, int]:
    """Return, for each row that asks for the same registration as an earlier one, the earlier row's number."""
    first: dict[Registration, int] = {}
    found: dict[int, int] = {}
    for number, contract in rows:
        if contract.document is None or contract.product is None:
            continue
        other = first.setdefault((contract.document, contract.product), number)
        if other != number:
            found[number] = other
    return found
