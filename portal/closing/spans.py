"""A month between two midnights of São Paulo, and conditions about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Label, and_, case, func, or_
from sqlalchemy.orm import InstrumentedAttribute

from portal import clock
from portal.domain import cycle


@dataclass(frozen=True)
class Span:
    """A month of São Paulo: its days, and the moments between which it lies."""

    first: date
    start: datetime
    end: datetime

    @classmethod
    def of(cls, month: date) -> Span:
        """Return the span of a month, from its first day."""
        midnight = time()
        return cls(month, clock.moment_of(month, midnight), clock.moment_of(cycle.first_of_next_month(month), midnight))

    def holds(self, moment: Any) -> ColumnElement[bool]:
        """Return the condition that a moment lies in it."""
        return and_(moment >= self.start, moment < self.end)

    def has(self, day: Any) -> ColumnElement[bool]:
        """Return the condition that a day lies in it."""
        return and_(day >= self.first, day <= cycle.last_of_month(self.first))


def summed(amount: Any, *conditions: ColumnElement[bool]) -> Label[int]:
    """Return the sum of an amount over the rows that meet some conditions; nothing where there are none."""
    return func.coalesce(func.sum(case((and_(*conditions), amount), else_=0)), 0).label(None)


def open_at(moment: datetime, made_at: Any, ends: Sequence[InstrumentedAttribute[Any]]) -> ColumnElement[bool]:
    """Return the condition that something made before a moment had not ended by then."""
    return and_(made_at < moment, *(or_(end.is_(None), end >= moment) for end in ends))
