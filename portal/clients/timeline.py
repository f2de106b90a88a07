"""A client's line of time: what is ahead of today, and what an event of the past did to what is held. No query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from portal import formatting
from portal.domain.catalogue import OFFERS, Item
from portal.domain.forecast import Step
from portal.domain.licenses import Holding, Pending
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
    """Something on a day after today: a step of the forecast, a quantity that begins to count, or the end of a release."""

    on: date
    step: Step | None = None
    change: Change | None = None
    is_release_over: bool = False


def ahead(holding: Holding, steps: Iterable[Step], released_through_on: date | None = None) -> list[Ahead]:
    """Return what is ahead, the last day first: reading on leads to today and from there into the past.

    ``released_through_on`` is the last day of a release on trust that holds today.
    """
    entries = [*_pending(holding), *(Ahead(step.on, step=step) for step in steps)]
    if released_through_on is not None:
        entries.append(Ahead(released_through_on, is_release_over=True))
    return sorted(entries, key=lambda entry: entry.on, reverse=True)


def _pending(holding: Holding) -> Iterator[Ahead]:
    """Yield the changes that are pending, each with the quantity that it meets."""
    held = dict(holding.now)
    for change in sorted(holding.pending, key=lambda change: change.effective_on):
        yield Ahead(change.effective_on, change=Change(change.item, held.get(change.item, 0), change.quantity))
        held[change.item] = change.quantity


def held_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return what became of quantities and pending changes: (label, before, after), as the history shows it.

    Orders keep both whole, as ``portal.licenses.service.as_json`` writes them; events only what changed: there, a pending
    quantity has no other to be compared with. What is not legible did nothing.
    """
    was, became = _kept(before), _kept(after)
    return [] if was is None or became is None else [*_at_once(was, became), *_later(was, became)]


class _Kept(NamedTuple):
    """What a record says of a holding; None for quantities that it is silent about."""

    now: Mapping[Item, int] | None
    pending: Sequence[Pending]

    def on(self, day: date, item: Item) -> int | None:
        """Return the quantity of an item that counts on a day, as far as is known."""
        begun = [change for change in self.pending if change.item is item and change.effective_on <= day]
        if begun:
            return max(begun, key=lambda change: change.effective_on).quantity
        return None if self.now is None else self.now.get(item, 0)


def _kept(record: Mapping[str, Any]) -> _Kept | None:
    try:
        whole = service.from_json({"licenses": record.get("licenses", {}), "pending": record.get("pending", [])})
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return _Kept(whole.now if "licenses" in record else None, whole.pending)


def _at_once(was: _Kept, became: _Kept) -> Iterator[tuple[str, str, str]]:
    if became.now is None:
        return
    held = was.now or {}
    for item in Item:
        change = Change(item, held.get(item, 0), became.now.get(item, 0))
        if change.before != change.after:
            yield item.label, *change.words


def _later(was: _Kept, became: _Kept) -> Iterator[tuple[str, str, str]]:
    """Yield the days on which a change was pending before or is pending now, where that made a difference."""
    places = {(change.effective_on, change.item) for change in (*was.pending, *became.pending)}
    for day, item in sorted(places, key=lambda place: (place[0], list(Item).index(place[1]))):
        quantities = was.on(day, item), became.on(day, item)
        if quantities[0] != quantities[1]:
            before, after = (quantity_in_words(item, quantity) for quantity in quantities)
            yield f"{item.label} a partir de {formatting.day(day)}", before, after


def quantity_in_words(item: Item, quantity: int | None) -> str:
    """Return a quantity as it is read: a number or, for what is on or off, whether it is on; a dash where it is not known."""
    if quantity is None:
        return "—"
    if OFFERS[item].is_counted:
        return str(quantity)
    return "sim" if quantity else "não"
