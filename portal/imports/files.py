"""Files to download: the template as CSV and XLSX, and the rows that cannot be imported with their errors."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from functools import cache

from portal.domain.catalogue import Product, RenewalMethod
from portal.domain.imports import EXAMPLE, Column, columns
from portal.models.types import AnyRow
from portal.sheets import csv_lines, inert

EXAMPLES: dict[Column, str] = {
    Column.NAME: f"{EXAMPLE}: Padaria Modelo Ltda",
    Column.DOCUMENT: "11.222.333/0001-81",
    Column.PRODUCT: Product.LINK.label,
    Column.UF: "SP",
    Column.CITY: "Campinas",
    Column.EMAIL: "contato@exemplo.com.br",
    Column.PHONE: "(19) 98765-4321",
    Column.METHOD: RenewalMethod.MANUAL.label,
    Column.BASE: "1",
    Column.CLOUD: "Sim",
    Column.PAYMENT_ORDER: "Não",
    Column.INTEGRATED_PAYMENT: "Não",
    Column.SELF_SERVICE: "0",
    Column.WAITER: "2",
    Column.MOBILE: "0",
    Column.DUE_ON: "10/08/2026",
}
WIDTH = 22


def _template(*, has_due_dates: bool) -> list[list[str]]:
    wanted = columns(has_due_dates=has_due_dates)
    return [[column.label for column in wanted], [EXAMPLES[column] for column in wanted]]


def template_csv(*, has_due_dates: bool) -> str:
    """Return the template as a CSV that pt-BR Excel opens."""
    return _csv(_template(has_due_dates=has_due_dates))


@cache
def template_xlsx(*, has_due_dates: bool) -> bytes:
    """Return the template as a workbook whose columns are text, so that no document loses its zeros."""
    from openpyxl import Workbook  # noqa: PLC0415 - a third of a second and 15 MB, for whoever asks first

    book = Workbook()
    sheet = book.active
    sheet.title = "Clientes"
    for place, column in enumerate(columns(has_due_dates=has_due_dates), 1):
        letter = sheet.cell(1, place, column.label).column_letter
        sheet.cell(2, place, EXAMPLES[column]).number_format = "@"
        sheet.column_dimensions[letter].width = WIDTH
        sheet.column_dimensions[letter].number_format = "@"
    sheet.freeze_panes = "A2"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def errors_csv(titles: Sequence[str], rows: Iterable[AnyRow]) -> str:
    """Return the bad rows as they came, with their number and all that is wrong with each, to mend and send again."""
    head = ["Linha", "Erros", *titles]
    table = [[str(row.number), " ".join(row.errors or []), *row.cells] for row in rows]
    return _csv([head, *table])


def _csv(table: Sequence[Sequence[str]]) -> str:
    head, *rows = table
    return "".join(csv_lines([inert(title) for title in head], rows))
