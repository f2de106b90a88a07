"""Lists that are read page by page: criteria as addresses spell them, and the page on either side of a cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple, Protocol, TypeVar

from sqlalchemy import ColumnElement

from portal import addresses

ROWS_A_QUERY = 500
"""How many rows an export reads at a time."""


@dataclass(frozen=True)
class Criteria:
    """What a list shows, parsed from the URL and turned back into it; a list's own criteria name their fields.

    ``PLACE`` are the fields that say where a page begins and what is open on it: other criteria begin without them.
    """

    PLACE: ClassVar[tuple[str, ...]] = ("after", "before")

    def pairs(self) -> list[tuple[str, object]]:
        """Return name and value of every criterion, always in the same order; those without a value are left out."""
        raise NotImplementedError

    def to_args(self, **changes: Any) -> list[tuple[str, str]]:
        """Return the query string's pairs, changed as told, defaults left out."""
        return [(name, str(value)) for name, value in replace(self, **changes).pairs() if value]

    def query_string(self, **changes: Any) -> str:
        """Return "?..." for the changed criteria, or nothing where all is default."""
        return _query_string(self, tuple(changes.items()))

    def from_start(self, **changes: Any) -> str:
        """Return the query string of other criteria, from their first page, nothing open."""
        return self.query_string(**(dict.fromkeys(self.PLACE) | changes))


@lru_cache(maxsize=1024)
def _query_string(criteria: Criteria, changes: tuple[tuple[str, Any], ...]) -> str:
    """Spell changed criteria; a page asks for some twenty of the same few, and so does the next visitor's."""
    return addresses.query_string(criteria.to_args(**dict(changes)))


class Placed(Protocol):
    """Criteria with a cursor: the id of the row that a page begins behind, or ends in front of."""

    @property
    def after(self) -> int | None: ...  # noqa: D102
    @property
    def before(self) -> int | None: ...  # noqa: D102


Asked = TypeVar("Asked", bound=Placed)
Read = Callable[[Asked, int], Sequence[Any]]
"""Reads so many rows at most of some criteria: behind the cursor or, backward, in front of it with the nearest first."""


@dataclass(frozen=True)
class Page:
    """One page of a list: its rows in order, and whether there are others on either side."""

    rows: Sequence[Any]
    has_previous: bool
    has_next: bool


def page_of(read: Read[Asked], criteria: Asked, size: int) -> Page:
    """Return the page that the criteria ask for, paged by key: no offset.

    Where nothing is left on that side of the cursor (the rows changed meanwhile) it is the first page.
    """
    page = _page(read, criteria, size)
    if not page.rows and (criteria.before or criteria.after):
        return _page(read, _moved(criteria, None), size)
    return page


def all_of(read: Read[Asked], criteria: Asked) -> Iterator[Any]:
    """Yield every row of the criteria in their order, some hundred at a time (exports)."""
    here = _moved(criteria, None)
    while True:
        page = _page(read, here, ROWS_A_QUERY)
        yield from page.rows
        if not page.has_next:
            return
        here = _moved(here, page.rows[-1].id)


class Beyond(NamedTuple):
    """What a page of a list by falling ids is read by: behind its cursor, and in which order."""

    clauses: list[ColumnElement[bool]]
    order: ColumnElement[Any]


def beyond(key: ColumnElement[int], criteria: Placed) -> Beyond:
    """Return what a list that shows the newest ids first asks the database for."""
    if criteria.before is not None:
        return Beyond([key > criteria.before], key.asc())
    return Beyond([key < criteria.after] if criteria.after is not None else [], key.desc())


def _page(read: Read[Asked], criteria: Asked, size: int) -> Page:
    rows = read(criteria, size + 1)
    is_more, rows = len(rows) > size, rows[:size]
    if criteria.before is not None:
        return Page(rows[::-1], has_previous=is_more, has_next=True)
    return Page(rows, has_previous=criteria.after is not None, has_next=is_more)


def _moved(criteria: Asked, after: int | None) -> Asked:
    return replace(criteria, before=None, after=after)  # type: ignore[type-var]
