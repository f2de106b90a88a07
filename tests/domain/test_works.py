"""When a user's work is taken up, taken over, tried again, given up, watched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from portal.domain import works
from portal.domain.jobs import RunState
from portal.domain.works import MOST_ATTEMPTS

NOW = datetime(2025, 7, 10, 15, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def work(state: RunState, **facts: object) -> SimpleNamespace:
    values = {"attempts": 1, "heartbeat_at": NOW, "finished_at": None} | facts
    return SimpleNamespace(state=state, **values)


ALIVE = work(RunState.RUNNING, heartbeat_at=NOW - works.DEAD_AFTER)
DEAD = work(RunState.RUNNING, heartbeat_at=NOW - works.DEAD_AFTER - SECOND)
AHEAD = work(RunState.RUNNING, heartbeat_at=NOW + works.DEAD_AFTER + SECOND)
UNHEARD = work(RunState.RUNNING, heartbeat_at=None)
WORN = work(RunState.RUNNING, heartbeat_at=None, attempts=MOST_ATTEMPTS)
ASKED = work(RunState.REQUESTED, attempts=MOST_ATTEMPTS)
DONE = work(RunState.DONE, finished_at=NOW - timedelta(days=1))
SPENT = work(RunState.FAILED, finished_at=NOW - timedelta(days=1), attempts=MOST_ATTEMPTS)


@pytest.mark.parametrize(
    ("seen", "may_be_claimed", "is_given_up", "is_moving"),
    [
        (ASKED, True, False, True),
        (ALIVE, False, False, True),
        (DEAD, True, False, True),
        (AHEAD, True, False, True),
        (UNHEARD, True, False, False),
        (WORN, False, True, False),
        (DONE, False, False, False),
        (SPENT, False, False, False),
    ],
)
def test_what_became_of_a_work_says_what_may_become_of_it(seen, may_be_claimed, is_given_up, is_moving) -> None:
    assert works.may_be_claimed(seen, NOW) is may_be_claimed
    assert works.is_given_up(seen, NOW) is is_given_up
    assert works.is_moving(seen, NOW) is is_moving


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 10), (1, 10), (2, 60), (3, 600), (4, 600)])
def test_a_failed_work_waits_longer_each_time(attempts: int, seconds: int) -> None:
    failed = work(RunState.FAILED, finished_at=NOW, attempts=attempts)
    again = NOW + timedelta(seconds=seconds)
    assert not works.may_be_claimed(failed, again - SECOND)
    assert works.may_be_claimed(failed, again)


def test_a_work_not_heard_of_for_long_is_not_watched_for_ever() -> None:
    for state in (RunState.REQUESTED, RunState.RUNNING):
        assert works.is_moving(work(state, heartbeat_at=NOW - works.WATCHED + SECOND), NOW)
        assert not works.is_moving(work(state, heartbeat_at=NOW - works.WATCHED), NOW)
