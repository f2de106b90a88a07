"""What the pages of the record show, prepared: no rule, no query."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from portal import formatting
from portal.clients.history import FIELD_LABELS, HistoryRow
from portal.trail.filters import ITSELF, TrailFilter
from portal.trail.words import label_of

SHEET_HEAD = ("Protocolo", "Quando", "O que foi feito", "Quem", "ID da revenda", "Revenda", "ID do cliente", "Cliente",
              "Motivo")  # fmt: skip
KNOWN = (*FIELD_LABELS, "licenses", "pending", "retail", "kind")
"""What ``HistoryRow`` puts into words."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event in the list. What clients are called, and why something was done to them, is their partner's to read."""

    id: int
    at: str
    label: str
    actor: str
    partner_id: int | None
    partner: str
    client_id: int | None
    client: str
    has_page: bool
    reason: str

    @classmethod
    def build(cls, event: Any, *, is_staff: bool) -> EventRow:
        """Prepare one event."""
        is_kept_back = is_staff and event.client_id is not None
        return cls(
            event.id,
            formatting.moment(event.at),
            label_of(event.action),
            event.actor_name,
            event.partner_id,
            event.partner_name or "",
            event.client_id,
            f"Cliente {event.client_id}" if is_kept_back else event.client_name or "",
            event.client_id is not None and not is_staff and event.archived_at is None,
            "" if is_kept_back else event.reason,
        )

    @property
    def cells(self) -> list[str]:
        """The event as a line of the export."""
        numbers = [str(number or "") for number in (self.partner_id, self.client_id)]
        where = [numbers[0], self.partner, numbers[1], self.client]
        return [str(self.id), self.at, self.label, self.actor, *where, self.reason]


@dataclass(frozen=True)
class EventDetail:
    """One event with what it changed, each with its words before and after.

    To staff, an event about a client says which of its data changed, not from what to what.
    """

    row: EventRow
    changes: list[tuple[str, str, str]]
    fields: list[str]

    @classmethod
    def build(cls, event: Any, *, is_staff: bool) -> EventDetail:
        """Prepare one event."""
        row = EventRow.build(event, is_staff=is_staff)
        changes = HistoryRow.build(event).changes
        if not is_staff:
            return cls(row, changes, [])
        if event.client_id is not None:
            return cls(row, [], [label for label, _before, _after in changes])
        return cls(row, [*changes, *_others(event.before or {}, event.after or {})], [])


def _others(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield what has no words of its own, as the record spells it."""
    for name in sorted({*before, *after} - set(KNOWN)):
        yield name, _spelt(before.get(name)), _spelt(after.get(name))


def _spelt(value: Any) -> str:
    if value is None:
        return "—"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def chips(criteria: TrailFilter) -> Iterator[tuple[str, str]]:
    """Yield the criteria in use, each with the query that leaves it out."""
    who = "Portal" if criteria.who == ITSELF else criteria.who
    used = {
        "protocol": f"Protocolo {criteria.protocol}" if criteria.protocol else "",
        "partner": f"Revenda: {criteria.partner}" if criteria.partner else "",
        "client": f"Cliente {criteria.client}" if criteria.client else "",
        "who": f"Quem: {who}" if who else "",
        "action": label_of(criteria.action) if criteria.action else "",
        "from_on": f"De {formatting.day(criteria.from_on)}" if criteria.from_on else "",
        "to_on": f"Até {formatting.day(criteria.to_on)}" if criteria.to_on else "",
    }
    empty = TrailFilter()
    yield from ((text, criteria.from_start(**{name: getattr(empty, name)})) for name, text in used.items() if text)
