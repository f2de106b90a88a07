"""The forms about billing: retail prices, the charge to issue, the reminder that was handed on."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from werkzeug.datastructures import MultiDict

from portal.billing.reminders import Key
from portal.domain.catalogue import Item
from portal.domain.errors import Invalid
from portal.domain.ids import parse_id
from portal.domain.retail import Reminder
from portal.forms import cents_from, stripped

MOST_CENTS = 399_999
"""What a unit may cost its end client, so that a charge for the most of everything fits (``portal.catalogue.sheet``)."""


@dataclass(frozen=True)
class PricesForm:
    """Retail prices as they were typed, by item; what is empty is billed at cost."""

    version: int | None
    typed: Mapping[Item, str]

    @classmethod
    def from_form(cls, form: MultiDict[str, str], items: Collection[Item]) -> PricesForm:
        """Read the fields of some items; one that is not there is empty."""
        typed = {item: stripped(form.get(item.value, ""))[:20] for item in items}
        return cls(parse_id(form.get("version", "")), typed)

    @property
    def cents(self) -> dict[Item, int | None]:
        """The prices that make sense, None where there is none."""
        return {item: _cents(text) if text else None for item, text in self.typed.items()}

    @property
    def errors(self) -> dict[Item, str]:
        """What is no price, in words."""
        return {item: _why(text) for item, text in self.typed.items() if text and _cents(text) is None}


def _cents(text: str) -> int | None:
    cents = cents_from(text)
    return cents if cents is not None and cents <= MOST_CENTS else None


def _why(text: str) -> str:
    return "No máximo R$ 3.999,99." if cents_from(text) is not None else "Informe um valor como 149,90."


def version_from(form: MultiDict[str, str]) -> int:
    """Read the version that the page showed.

    Raises:
        Invalid: there is none.
    """
    version = parse_id(form.get("version", ""))
    if version is None:
        raise Invalid({"version": ["O formulário está incompleto."]})
    return version


def day_from(text: str) -> date | None:
    """Read a date as addresses and hidden fields spell it, or None."""
    try:
        return date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        return None


def reminder_from(form: MultiDict[str, str]) -> Key:
    """Read which reminder was handed on.

    Raises:
        Invalid: something of it is missing.
    """
    client_id, due_on = parse_id(form.get("client", "")), day_from(form.get("due_on", ""))
    reminder = Reminder.parse(form.get("reminder"))
    if client_id is None or due_on is None or reminder is None:
        raise Invalid({"reminder": ["O formulário está incompleto."]})
    return Key(client_id, due_on, reminder)
