"""The ledger's criteria and their address: each leads to the other, nonsense is as if it were not there."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from portal.charges.filters import ChargeFilter
from portal.domain.charges import ChargeState
from portal.domain.ids import LARGEST_ID

ids = st.none() | st.integers(1, LARGEST_ID)
filters = st.builds(
    ChargeFilter,
    search=st.sampled_from(["", "Pão & Cia", "11.222.333/0001-81"]),
    state=st.none() | st.sampled_from(ChargeState),
    month=st.none() | st.dates(date(2000, 1, 1), date(2099, 12, 31)).map(lambda day: day.replace(day=1)),
    after=ids,
    before=ids,
    opened=ids,
)


@given(filters)
def test_criteria_come_back_from_their_address(criteria) -> None:
    assert ChargeFilter.from_args(MultiDict(parse_qsl(criteria.query_string()[1:]))) == criteria


def test_no_criteria_have_no_query_string() -> None:
    assert ChargeFilter().query_string() == ""
    assert not ChargeFilter().is_narrowed


@pytest.mark.parametrize(
    "query",
    ["state=late", "month=2025-13", "month=2025-00", "month=1999-12", "month=2100-01", "month=9999-12", "month=25-1", "month=２０２５-07", "month=x",
     "after=-1", "before=0", "open=x", "q=%00", "q=" + "%20" * 9, "page=7"],
)  # fmt: skip
def test_what_makes_no_sense_is_not_there(query) -> None:
    assert ChargeFilter.from_args(MultiDict(parse_qsl(query))) == ChargeFilter()


def test_other_criteria_begin_at_their_first_page_with_nothing_open() -> None:
    criteria = ChargeFilter(search="bar", after=7, opened=9)
    assert criteria.from_start(state=ChargeState.OPEN) == "?q=bar&state=open"
