"""The one reader of time: the system, a fixed moment, or a file that is read again; always São Paulo's today."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from portal import clock
from tests.conftest import NOW


@pytest.fixture(autouse=True)
def clock_left_as_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the clock back as it was, whatever a test configures."""
    monkeypatch.setattr(clock, "_source", clock._source)


def test_without_a_setting_time_comes_from_the_system() -> None:
    for spec in (None, ""):
        clock.configure(spec)
        before, said, after = datetime.now(UTC), clock.now(), datetime.now(UTC)
        assert before <= said <= after
        assert said.tzinfo is UTC


def test_a_fixed_moment_stands_still() -> None:
    clock.configure("2025-07-10T23:30:00-03:00")
    assert clock.now() == clock.now() == datetime(2025, 7, 11, 2, 30, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
    assert clock.today() == date(2025, 7, 10), "23:30 in São Paulo is still today"


def test_a_file_is_read_again_at_each_question(tmp_path) -> None:
    file = tmp_path / "now"
    file.write_text("2025-07-31T23:59:00-03:00\n", encoding="utf-8")
    clock.configure(f"@{file}")
    assert clock.today() == date(2025, 7, 31)
    file.write_text("2025-08-01T00:00:00-03:00", encoding="utf-8")
    assert clock.today() == date(2025, 8, 1)


@pytest.mark.parametrize(
    "spec",
    [
        "nonsense",
        "2025-07-10",  # a date alone has no offset
        "2025-07-10T12:00:00",
        "2025-13-10T12:00:00-03:00",
        "@/no/such/file",
        "@",
        "0001-01-01T00:00:00+00:00",  # in São Paulo that was a year before the calendar's first
        "9999-12-31T23:00:00-03:00",
    ],
)
def test_nonsense_is_refused_and_leaves_the_clock_as_it_was(spec) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        clock.configure(spec)
    assert clock.now() == NOW


def test_a_file_that_holds_nonsense_is_refused_and_leaves_the_clock_as_it_was(tmp_path) -> None:
    file = tmp_path / "now"
    file.write_text("soon", encoding="utf-8")
    with pytest.raises(ValueError, match="soon"):
        clock.configure(f"@{file}")
    assert clock.now() == NOW


def test_frozen_holds_for_the_block_and_no_longer() -> None:
    first, second = NOW + timedelta(days=1), NOW + timedelta(days=2)
    with clock.frozen(first):
        assert clock.now() == first
        with clock.frozen(second):
            assert clock.now() == second
        assert clock.now() == first
    assert clock.now() == NOW


def test_frozen_lets_go_when_its_block_fails() -> None:
    with pytest.raises(LookupError), clock.frozen(NOW + timedelta(days=1)):
        raise LookupError
    assert clock.now() == NOW


def test_moments_of_any_offset_have_sao_paulos_date() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert clock.local_date(datetime(2025, 7, 11, 11, 59, tzinfo=tokyo)) == date(2025, 7, 10)
    assert clock.local_date(datetime(2025, 7, 11, 12, 0, tzinfo=tokyo)) == date(2025, 7, 11)
    assert f"{clock.local(datetime(2025, 7, 11, 12, 0, tzinfo=tokyo)):%H:%M %z}" == "00:00 -0300"


def test_a_moment_is_parsed_into_utc() -> None:
    moment = clock.parse_moment(" 2025-07-10T12:00:00-03:00\n")
    assert (moment, moment.tzinfo) == (datetime(2025, 7, 10, 15, tzinfo=UTC), UTC)
    assert clock.parse_moment("2025-07-10T15:00:00Z") == moment
