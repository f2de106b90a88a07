"""A client's line of time: what is ahead of today, and what an event of the past did to what is held. No query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from portal import formatting
from portal.domain.catalogue import OFFERS, Item
from portal.domain.forecast import Step
from portal.domain.licenses import Holding
from portal.licenses import service


class Change(NamedTuple):
    """A quantity that becomes another one."""

    item: Item
    before: int
    after: int

    @property
    def words(self) -> tuple[str, str]:
        """Both quantities as they are read: numbers, or whether the item is on."""
        return quantity_in_words(self.item, self.before), quantity_in_words(self.item, self.after)


@dataclass(frozen=True)
class Ahead:
    """Something on a day after today: a step of the forecast, or a quantity that begins to count."""

    on: date
    step: Step | None = None
    change: Change | None = None


def ahead(holding: Holding, steps: Iterable[Step]) -> list[Ahead]:
    """Return what is ahead, the last day first: reading on leads to today and from there into the past."""
    entries = [*_pending(holding), *(Ahead(step.on, step=step) for step in steps)]
    return sorted(entries, key=lambda entry: entry.on, reverse=True)


def _pending(holding: Holding) -> Iterator[Ahead]:
    """Yield the changes that are pending, each with the quantity that it meets."""
    held = dict(holding.now)
    for change in sorted(holding.pending, key=lambda change: change.effective_on):
        yield Ahead(change.effective_on, change=Change(change.item, held.get(change.item, 0), change.quantity))
        held[change.item] = change.quantity


def held_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return what an event did to quantities and pending changes: (label, before, after), as the history shows it.

    Events keep both as ``portal.licenses.service.as_json`` writes them; one that says nothing legible did nothing.
    """
    was, became = _holding(before) or Holding({}), _holding(after)
    return [] if became is None else [*_at_once(was, became), *_later(was, became)]


def _at_once(was: Holding, became: Holding) -> Iterator[tuple[str, str, str]]:
    for item in Item:
        change = Change(item, was.now.get(item, 0), became.now.get(item, 0))
        if change.before != change.after:
            yield item.label, *change.words


def _later(was: Holding, became: Holding) -> Iterator[tuple[str, str, str]]:
    """Yield the days on which a change was pending before or is pending now, where that made a difference."""
    places = {(change.effective_on, change.item) for change in (*was.pending, *became.pending)}
    for day, item in sorted(places, key=lambda place: (place[0], list(Item).index(place[1]))):
        change = Change(item, was.on(day).get(item, 0), became.on(day).get(item, 0))
        if change.before != change.after:
            yield f"{item.label} a partir de {formatting.day(day)}", *change.words


def quantity_in_words(item: Item, quantity: int) -> str:
    """Return a quantity as it is read: a number or, for what is on or off, whether it is on."""
    if OFFERS[item].is_counted:
        return str(quantity)
    return "sim" if quantity else "não"


def _holding(kept: Mapping[str, Any]) -> Holding | None:
    """Return what an event keeps of a holding; None where it keeps none, or not in our words."""
    if "licenses" not in kept:
        return None
    try:
        return service.from_json({"pending": []} | dict(kept))
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
