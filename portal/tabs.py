"""Tabs above a list, each with what it amounts to, and the chips of the filters in use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar

from portal import formatting
from portal.domain.labels import LabelEnum

State = TypeVar("State", bound=LabelEnum)


@dataclass(frozen=True)
class Total:
    """How many there are, and their sum."""

    count: int = 0
    cents: int = 0

    def plus(self, count: int, cents: int) -> Total:
        """Return both added up."""
        return Total(self.count + count, self.cents + cents)


@dataclass(frozen=True)
class Tab:
    """Rows to show alone, or all of them, with what they amount to."""

    label: str
    amount: str
    query: str
    is_here: bool


class ByState(Protocol):
    """Criteria of a list whose rows have a state."""

    @property
    def state(self) -> LabelEnum | None: ...  # noqa: D102
    @property
    def from_start(self) -> Callable[..., str]: ...  # noqa: D102


def by_state(criteria: ByState, totals: Mapping[State, Total], labels: Mapping[State, str]) -> list[Tab]:
    """Return "Todas" with their number, then each state with its sum."""
    every = Tab("Todas", formatting.number(count_of(None, totals)), criteria.from_start(state=None), not criteria.state)
    return [every, *(_tab(criteria, state, total, labels[state]) for state, total in totals.items())]


def _tab(criteria: ByState, state: LabelEnum, total: Total, label: str) -> Tab:
    return Tab(label, formatting.money(total.cents), criteria.from_start(state=state), criteria.state is state)


def count_of(state: State | None, totals: Mapping[State, Total]) -> int:
    """Return how many have a state, or how many there are."""
    return totals[state].count if state else sum(total.count for total in totals.values())


class Narrowed(Protocol):
    """Criteria of a list that is searched, and shown by month."""

    @property
    def search(self) -> str: ...  # noqa: D102
    @property
    def month(self) -> date | None: ...  # noqa: D102
    @property
    def from_start(self) -> Callable[..., str]: ...  # noqa: D102


def chips(criteria: Narrowed) -> Iterator[tuple[str, str]]:
    """Yield search and month, each with the query string that removes it; a state has its tabs."""
    if criteria.search:
        yield f"“{criteria.search}”", criteria.from_start(search="")
    if criteria.month:
        yield formatting.long_month(criteria.month).capitalize(), criteria.from_start(month=None)
