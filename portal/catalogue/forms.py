"""What the vendor's staff type about prices: a complete table and the day from which it holds."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from portal import formatting
from portal.domain.ids import parse_id
from portal.domain.prices import PRICED, PriceKey
from portal.forms import KEY, cents_from, stripped

NOTE_LENGTH = 200
MOST_CENTS = 399_999
"""As ``portal.catalogue.sheet``: a charge for the most of everything fits an integer column."""

LONGEST_AHEAD = timedelta(days=730)
WRONG_PRICE = "Informe um preço de 0,00 a 3.999,99. Exemplo: 99,90"
WRONG_DAY = "Informe uma data, de amanhã em diante."
INCOMPLETE = "O formulário está incompleto: comece de novo."


def field_of(key: PriceKey) -> str:
    """Return the name of the field of a price."""
    return f"{key[0].value}-{key[1].value}"


@dataclass(frozen=True)
class PriceForm:
    """A typed table. ``cents`` and ``valid_from`` count only where ``errors``, by field, is empty."""

    typed: Mapping[str, str]
    cents: Mapping[PriceKey, int]
    valid_from: date
    note: str
    key: str
    replaces: int | None
    errors: Mapping[str, str]


def read(form: Mapping[str, str], today: date) -> PriceForm:
    """Read what was sent; everything that is wrong is said at once."""
    typed = {name: stripped(form.get(name)) for name in ("valid_from", "note", "key", "replaces")}
    typed |= {field_of(key): stripped(form.get(field_of(key))) for key in PRICED}
    cents = {key: amount for key in PRICED if (amount := cents_from(typed[field_of(key)])) is not None}
    errors = {field_of(key): WRONG_PRICE for key in PRICED if cents.get(key, MOST_CENTS + 1) > MOST_CENTS}
    day = _day(typed["valid_from"])
    if day is None or not today < day <= today + LONGEST_AHEAD:
        errors["valid_from"] = WRONG_DAY
    if len(typed["note"]) > NOTE_LENGTH:
        errors["note"] = f"No máximo {NOTE_LENGTH} caracteres."
    if not KEY.fullmatch(typed["key"]):
        errors["key"] = INCOMPLETE
    return PriceForm(typed, cents, day or today, typed["note"], typed["key"], parse_id(typed["replaces"]), errors)


def _day(text: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(text)
    return None


def begun_with(
    cents: Mapping[PriceKey, int], *, key: str, valid_from: str, note: str = "", replaces: str = ""
) -> PriceForm:
    """Return the form that a page begins with: a table that is there."""
    typed = {field_of(one): formatting.decimal(amount) for one, amount in cents.items()}
    typed |= {"valid_from": valid_from, "note": note, "key": key, "replaces": replaces}
    return PriceForm(typed, dict(cents), date.min, note, key, parse_id(replaces), {})
