"""What the desk's forms say: decisions by client, the answer to the question of R17."""

from __future__ import annotations

import re
from collections.abc import Mapping

from wtforms import HiddenField

from portal.domain.errors import Invalid, NothingSelected
from portal.domain.ids import parse_id
from portal.domain.renewals import Decision
from portal.forms import VersionForm

FIELD = re.compile(r"d([0-9]+)", re.ASCII)
IDS = re.compile(r"[0-9]+", re.ASCII)


def decisions_of(form: Mapping[str, str]) -> dict[int, Decision]:
    """Return the decisions of a form, one of which is spelled d7=skip.

    Raises:
        Invalid: one of them is no decision.
        NothingSelected: there is none.
    """
    fields = {number: value for name, value in form.items() if (number := _client_of(name))}
    found = {number: decision for number, value in fields.items() if (decision := Decision.parse(value))}
    if len(found) < len(fields):
        raise Invalid({"decision": ["Escolha uma decisão da lista."]})
    if not found:
        raise NothingSelected
    return found


def _client_of(name: str) -> int | None:
    match = FIELD.fullmatch(name)
    return parse_id(match[1]) if match else None


class GuardForm(VersionForm):
    """The answer about a Navi client that has the Link; ``more`` are clients to ask about next."""

    answer = HiddenField()
    more = HiddenField()

    @property
    def is_both(self) -> bool:
        """Whether the answer is "Usa os dois"."""
        return self.answer.data == "both"

    @property
    def others(self) -> list[int]:
        """The clients to ask about next."""
        return [number for text in IDS.findall(str(self.more.data or "")) if (number := parse_id(text))]
