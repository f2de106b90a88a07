"""What Home's chart draws: bars in pixels. No rule, no query."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from portal.home.queries import Month

HEIGHT = 120
"""The tallest bar, in pixels."""

LEAST = 4
"""What is there can be seen: no bar of anybody is flatter."""


@dataclass(frozen=True)
class Bar:
    """A month as drawn: the Expirados at the foot, who is still due on top of them; heights in pixels."""

    month: Month
    expired: int
    still_due: int

    @property
    def height(self) -> int:
        """The whole bar."""
        return self.expired + self.still_due

    @classmethod
    def build_all(cls, months: Iterable[Month]) -> list[Bar]:
        """Draw the months to one scale."""
        months = list(months)
        peak = max((month.total for month in months), default=0)
        return [cls(month, _height(month.expired, peak), _height(month.still_due, peak)) for month in months]


def _height(count: int, peak: int) -> int:
    """Return the pixels of a count, rounded; nothing only for nobody."""
    return max(LEAST, (2 * HEIGHT * count + peak) // (2 * peak)) if count else 0
