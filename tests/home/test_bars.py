"""The chart's bars: one scale, nobody invisible, nothing above the tallest."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from portal.home.queries import Month
from portal.home.rows import HEIGHT, LEAST, Bar

counts = st.integers(0, 300_000)


def heights(*numbers: tuple[int, int]) -> list[tuple[int, int]]:
    bars = Bar.build_all(Month(date(2025, 7, 1), expired, still_due) for expired, still_due in numbers)
    return [(bar.expired, bar.still_due) for bar in bars]


def test_the_fullest_month_is_the_tallest_bar_and_the_others_stand_in_proportion() -> None:
    assert heights((6, 30), (0, 12), (0, 0)) == [(20, 100), (0, 40), (0, 0)]


def test_few_beside_many_are_still_seen() -> None:
    assert heights((1, 9_999), (0, 1)) == [(LEAST, HEIGHT), (0, LEAST)]


def test_no_dues_at_all_are_no_bars() -> None:
    assert heights((0, 0), (0, 0)) == [(0, 0), (0, 0)]
    assert heights() == []


@given(st.lists(st.tuples(counts, counts), min_size=1, max_size=6))
def test_any_numbers_make_bars_that_fit(numbers) -> None:
    for (expired, still_due), bar in zip(numbers, heights(*numbers), strict=True):
        assert [height > 0 for height in bar] == [expired > 0, still_due > 0]
        assert sum(bar) <= HEIGHT + LEAST
