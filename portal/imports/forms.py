"""The forms of an import: the upload, the columns, the confirmation; and a row of the sheet as the form of a new client."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage, MultiDict
from wtforms import SelectField, ValidationError

from portal import municipalities
from portal.domain import imports
from portal.domain.ids import parse_id
from portal.domain.imports import Column
from portal.forms import ClientForm, KeyForm

FIELDS = (Column.NAME, Column.UF, Column.CITY, Column.EMAIL, Column.PHONE)
MOST_SUGGESTIONS = 200
"""Different unknown cities of one file that are worth looking for: each costs a millisecond or two."""


class UploadForm(KeyForm):
    """A file of clients; the vendor's staff says whose they will be."""

    sheet = FileField("Planilha (CSV ou XLSX, até 2 MB)")

    def validate_sheet(self, field: Any) -> None:
        """Ask for a file."""
        if not isinstance(field.data, FileStorage) or not field.data.filename:
            raise ValidationError("Escolha o arquivo da planilha.")

    @property
    def file_name(self) -> str:
        """The file's name, without the folders that some browsers send along."""
        return re.split(r"[\\/]", str(self.sheet.data.filename))[-1][-120:].replace("\x00", "")

    @property
    def content(self) -> bytes:
        """The file."""
        data: bytes = self.sheet.data.read()
        return data


class VendorUploadForm(UploadForm):
    """The Operador's upload."""

    partner_id = SelectField("Revenda", coerce=lambda value: parse_id(str(value)), validate_choice=False)

    def offer(self, partners: Mapping[int, str]) -> None:
        """Offer partners to choose from."""
        self.partner_id.choices = [("", "Escolha"), *partners.items()]
        self.offered = partners

    def validate_partner_id(self, field: Any) -> None:
        """Accept the partners that were offered."""
        if field.data not in self.offered:
            raise ValidationError("Escolha a revenda.")


def places_from(form: Mapping[str, str], width: int, *, has_due_dates: bool) -> dict[Column, int]:
    """Return which column of the sheet the mapping's form chose for what; anything else it holds is left out."""
    chosen = {column: form.get(f"column-{column.value}", "") for column in imports.columns(has_due_dates=has_due_dates)}
    numbers = {column: int(text) for column, text in chosen.items() if re.fullmatch(r"[0-9]{1,3}", text, re.ASCII)}
    return {column: place for column, place in numbers.items() if place < width}


def twice(places: Mapping[Column, int]) -> list[int]:
    """Return the columns of the sheet that were chosen for more than one thing."""
    chosen = list(places.values())
    return sorted({place for place in chosen if chosen.count(place) > 1})


class Cities:
    """Unknown cities of one file, with suggestions for the first of them."""

    def __init__(self) -> None:
        """Know none yet."""
        self._hints: dict[tuple[str, str], str] = {}

    def hint(self, uf: str, city: str) -> str:
        """Return what an unknown city may be meant for, as a question; "" where nothing is near or too much was asked."""
        if (uf, city) not in self._hints and len(self._hints) < MOST_SUGGESTIONS:
            near = municipalities.suggest(uf, city, 3)
            self._hints[uf, city] = f" Seria {' ou '.join(near)}?" if near else ""
        return self._hints.get((uf, city), "")


class RowForm(ClientForm):
    """The data of a row, checked like those of "+ Novo cliente"."""

    cities: Cities

    def validate_city(self, field: Any) -> None:
        """Accept the municipalities of the row's state; suggest where it is none."""
        uf = str(self.uf.data)
        if uf in municipalities.UFS and municipalities.find(uf, field.data) is None:
            raise ValidationError(f"Não há a cidade {field.data} em {uf}.{self.cities.hint(uf, field.data)}")


def data_of(cells: Mapping[Column, str], cities: Cities) -> tuple[dict[str, str] | None, list[str]]:
    """Return a row's data as they are stored, or None with everything that is wrong with them."""
    typed = {column.value: cells.get(column, "") for column in FIELDS}
    typed["uf"] = typed["uf"].upper()
    form = RowForm(MultiDict(typed))
    form.cities = cities
    if form.validate():
        return form.values(), []
    said = [f"{_label(name)}: {message}" for name, messages in form.errors.items() for message in messages]
    return None, said


def _label(name: str | None) -> str:
    column = Column.parse(name)
    return column.label if column else ""
