"""The two fields of the notices' forms, read and refused in the user's words."""

from __future__ import annotations

from datetime import date

from portal import formatting
from portal.domain.errors import Invalid
from portal.domain.ids import parse_id
from portal.domain.notices import postponement_range


def postponement_date(text: str, today: date) -> date:
    """Return the day to which a notice is put off.

    Raises:
        Invalid: no date, or one outside of what is allowed.
    """
    first, last = postponement_range(today)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid({"to": ["Informe a data em que o aviso deve voltar."]}) from None
    if not first <= day <= last:
        raise Invalid({"to": [f"Escolha uma data de {formatting.day(first)} a {formatting.day(last)}."]})
    return day


def newest_shown(text: str) -> int:
    """Return the newest notice that there was when a form about a whole group was shown.

    Raises:
        Invalid: the form does not say.
    """
    number = parse_id(text)
    if number is None:
        raise Invalid({"upto": ["O formulário está incompleto. Abra os avisos de novo."]})
    return number
