"""Works of users: taken up, carried out by turns, taken over, tried again; each chunk once, whatever dies."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from jobs import claims, works
from portal import clock
from portal.domain import retention
from portal.domain.jobs import RunState
from portal.domain.works import DEAD_AFTER, MOST_ATTEMPTS, WorkKind
from portal.extensions import db
from portal.models import Attempt, User, Work
from portal.works import queries, service, waiting
from portal.works.service import Asker
from portal.works.texts import Text
from tests.conftest import NOW
from tests.factories import Factory

SECOND = timedelta(seconds=1)


class Tally:
    """A kind of work that writes a row for each of its things, two in a chunk."""

    CHUNK = 2

    def __init__(self) -> None:
        self.order: list[int] = []
        self.before: Callable[[Work], None] = lambda _work: None
        self.after: Callable[[Work], None] = lambda _work: None

    def step(self, work: Work, now: datetime) -> bool:
        self.before(work)
        self.order.append(work.subject_id)
        is_of_it = Attempt.scope == str(work.subject_id)
        begun = db.session.scalar(select(func.count()).select_from(Attempt).where(is_of_it)) or 0
        things = range(begun, min(begun + self.CHUNK, work.total))
        db.session.add_all([Attempt(scope=str(work.subject_id), subject=str(thing), at=now) for thing in things])
        work.done += len(things)
        self.after(work)
        return work.done == work.total

    def done(self, subject_id: int) -> list[str]:
        """Return the things that were done for a subject, in their order."""
        of_it = select(Attempt.subject).where(Attempt.scope == str(subject_id)).order_by(Attempt.id)
        found = list(db.session.scalars(of_it))
        db.session.rollback()
        return found


@pytest.fixture
def tally() -> Tally:
    return Tally()


@pytest.fixture
def steps(tally: Tally) -> works.Steps:
    return {WorkKind.BULK: tally.step}


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(works, "PAUSE_SECONDS", 0)


@pytest.fixture
def user(make: Factory) -> User:
    return make.user(make.partner())


@pytest.fixture
def ask(user: User) -> Callable[..., None]:
    """Return what asks for a work on a subject."""
    partner_id, actor = user.partner_id, Asker(user.id, user.name)

    def enqueue(subject_id: int = 1, total: int = 5) -> None:
        now = clock.now()
        service.enqueue(WorkKind.BULK, subject_id, partner_id=partner_id, total=total, now=now, actor=actor)
        db.session.commit()

    return enqueue


def seen(subject_id: int = 1) -> queries.Seen:
    found = claims.read(lambda: queries.work_of(WorkKind.BULK, subject_id))
    assert found
    return found


def change(**values: Any) -> None:
    """Have the works look as another process left them."""
    db.session.execute(update(Work).values(**values))
    db.session.commit()


ALL = ["0", "1", "2", "3", "4"]


# asking


def test_a_work_stands_and_falls_with_what_asks_for_it(ask, user) -> None:
    service.enqueue(WorkKind.BULK, 1, partner_id=user.partner_id, total=5, now=NOW, actor=Asker(user.id, user.name))
    db.session.rollback()
    assert queries.work_of(WorkKind.BULK, 1) is None
    ask()
    assert (seen().state, seen().done, seen().total, seen().heartbeat_at) == (RunState.REQUESTED, 0, 5, NOW)


@pytest.mark.parametrize("state", [RunState.REQUESTED, RunState.RUNNING, RunState.DONE])
def test_asked_for_again_it_is_the_same_work_and_stays_as_it_is(ask, state: RunState) -> None:
    ask()
    change(state=state, done=3)
    before = seen()
    with clock.frozen(NOW + SECOND):
        ask()
    assert seen() == before


def test_one_that_failed_is_set_going_again_where_it_stood(ask, tally, steps) -> None:
    ask()
    change(state=RunState.FAILED, attempts=MOST_ATTEMPTS, finished_at=NOW, error="x", done=2)
    ask()
    asked = seen()
    assert (asked.state, asked.attempts, asked.finished_at, asked.error, asked.done) == (
        RunState.REQUESTED, 0, None, "", 2,
    )  # fmt: skip


def test_asked_for_at_once_from_many_sides_it_is_one(app: Flask, ask) -> None:
    barrier = Barrier(4)
    db.session.rollback()

    def ask_too(_number: int) -> None:
        with app.app_context():
            barrier.wait(60)
            ask()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(ask_too, range(4)))
    assert db.session.scalar(select(func.count()).select_from(Work)) == 1


# carrying out


def test_a_work_is_carried_out_chunk_by_chunk_and_recorded(ask, tally, steps) -> None:
    ask()
    works.carry_out_waiting(steps)
    assert tally.done(1) == ALL
    assert len(tally.order) == 3
    done = seen()
    assert (done.state, done.done, done.finished_at, done.error, done.attempts) == (RunState.DONE, 5, NOW, "", 0)
    works.carry_out_waiting(steps)
    assert len(tally.order) == 3


def test_works_take_turns_so_that_a_small_one_need_not_wait_for_a_large_one(ask, tally, steps, monkeypatch) -> None:
    moments = iter(range(1_000))
    monkeypatch.setattr(clock, "now", lambda: NOW + next(moments) * SECOND)
    for subject_id, total in ((1, 9), (2, 2), (3, 4)):
        ask(subject_id, total)
    works.carry_out_waiting(steps)
    assert tally.order == [1, 2, 3, 1, 3, 1, 1, 1]
    assert [len(tally.done(subject_id)) for subject_id in (1, 2, 3)] == [9, 2, 4]


def test_many_that_wait_for_their_retry_hide_nobody(ask, tally, steps, monkeypatch) -> None:
    monkeypatch.setattr(queries, "AT_ONCE", 2)
    for subject_id in (1, 2, 3):
        ask(subject_id)
    change(state=RunState.FAILED, finished_at=NOW, heartbeat_at=NOW - 60 * SECOND)
    ask(4)
    works.carry_out_waiting(steps)
    assert tally.done(4) == ALL


def test_runners_at_once_do_everything_once(app: Flask, ask, tally, steps) -> None:
    for subject_id in range(1, 6):
        ask(subject_id)
    barrier = Barrier(4)
    db.session.rollback()

    def carry_out(_number: int) -> None:
        with app.app_context():
            barrier.wait(60)
            works.carry_out_waiting(steps)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(carry_out, range(4)))
    assert [tally.done(subject_id) for subject_id in range(1, 6)] == [ALL] * 5
    assert {seen(subject_id).state for subject_id in range(1, 6)} == {RunState.DONE}


def test_a_process_that_stops_leaves_the_rest_to_others_at_once(ask, tally, steps) -> None:
    ask()
    stopping = Event()
    tally.after = lambda _work: stopping.set()
    works.carry_out_waiting(steps, stopping=stopping)
    left = seen()
    assert (left.state, left.claimed_by, left.done, left.attempts) == (RunState.REQUESTED, "", 2, 0)
    works.carry_out_waiting(steps, stopping=stopping)
    assert seen() == left, "a process that stops takes nothing up"
    works.carry_out_waiting(steps)
    assert tally.done(1) == ALL


# death and loss


def test_a_work_whose_process_died_is_taken_over_where_it_stood(ask, tally, steps) -> None:
    ask()
    stopping = Event()
    tally.after = lambda _work: stopping.set()
    works.carry_out_waiting(steps, stopping=stopping)
    change(state=RunState.RUNNING, claimed_by="elsewhere:1:abcd", heartbeat_at=NOW - DEAD_AFTER)
    works.carry_out_waiting(steps)
    assert len(tally.done(1)) == 2, "it may be alive"
    change(heartbeat_at=NOW - DEAD_AFTER - SECOND)
    works.carry_out_waiting(steps)
    assert tally.done(1) == ALL


def test_who_lost_the_claim_does_nothing_more(ask, tally, steps, caplog) -> None:
    """A clock that jumps ahead makes the living look dead; who is taken for dead finds out before the next chunk."""
    ask()
    claim = works._claim_next()
    assert claim
    assert works._advance(claim, steps)
    change(claimed_by="elsewhere:2:ffff")
    with caplog.at_level(logging.WARNING):
        assert not works._advance(claim, steps)
    assert "the claim was lost" in caplog.text
    assert (tally.done(1), seen().claimed_by, seen().done) == (["0", "1"], "elsewhere:2:ffff", 2)


def test_a_work_that_takes_its_process_along_again_and_again_is_given_up(ask, tally, steps) -> None:
    ask()
    change(
        state=RunState.RUNNING, claimed_by="elsewhere:1:abcd", heartbeat_at=NOW - 60 * SECOND, attempts=MOST_ATTEMPTS
    )
    works.carry_out_waiting(steps)
    assert (seen().state, seen().error) == (RunState.FAILED, Text.INTERRUPTED.label)
    assert tally.order == []


# failures


def fault(_work: Work) -> None:
    raise ValueError("out of order")


def busy(_work: Work) -> None:
    raise OperationalError("UPDATE", {}, Exception("database is locked"))


def test_a_chunk_that_fails_leaves_nothing_is_told_and_stops_no_other_work(ask, tally, steps, caplog) -> None:
    ask(1)
    ask(2)
    tally.after = lambda work: fault(work) if work.subject_id == 1 else None
    works.carry_out_waiting(steps)
    assert (tally.done(1), tally.done(2)) == ([], ALL)
    assert (seen(1).state, seen(1).error, seen(1).done) == (RunState.FAILED, Text.FAULT.label, 0)
    assert "out of order" in caplog.text


def test_a_failed_work_is_tried_again_later_and_later_and_then_waits_for_the_user(ask, tally, steps) -> None:
    ask()
    tally.before = fault
    tried = []
    for second in range(0, 3_600, 5):
        before = seen().attempts
        with clock.frozen(NOW + second * SECOND):
            works.carry_out_waiting(steps)
        tried += [second] * (seen().attempts - before)
    assert tried == [0, 10, 70, 670, 1270]
    tally.before = lambda _work: None
    works.carry_out_waiting(steps)
    assert tally.done(1) == []
    ask()
    works.carry_out_waiting(steps)
    assert tally.done(1) == ALL


def test_a_busy_database_is_tried_again_at_once_and_then_told(ask, tally, steps) -> None:
    ask()
    tries = []

    def busy_twice(work: Work) -> None:
        tries.append(1)
        if len(tries) in {1, 2}:
            busy(work)

    tally.after = busy_twice
    works.carry_out_waiting(steps)
    assert tally.done(1) == ALL
    ask(2)
    tally.after = busy
    works.carry_out_waiting(steps)
    assert (seen(2).state, seen(2).error) == (RunState.FAILED, Text.BUSY.label)


def test_an_end_that_cannot_be_written_is_left_to_a_take_over(ask, tally, steps, monkeypatch) -> None:
    ask()
    tally.after = fault
    with monkeypatch.context() as patch:
        patch.setattr(claims, "fail", lambda *_: busy(Work()))
        works.carry_out_waiting(steps)
    assert seen().state is RunState.RUNNING
    tally.after = lambda _work: None
    with clock.frozen(NOW + DEAD_AFTER + SECOND):
        works.carry_out_waiting(steps)
    assert tally.done(1) == ALL


# the thread


@pytest.fixture
def beside(app: Flask) -> Iterator[Flask]:
    """Return the application, with nothing of the runner left after the test."""
    db.session.rollback()
    yield app
    db.engine.dispose()


def test_the_runner_finds_what_waits_at_its_start_and_what_it_is_woken_for(beside, ask, tally, steps) -> None:
    ended = {1: Event(), 2: Event()}
    tally.after = lambda work: ended[work.subject_id].set() if work.done == work.total else None
    ask(1)
    with works.running(beside, steps):
        assert ended[1].wait(60)
        ask(2)
        waiting.wake_and_wait(WorkKind.BULK, 2)
        assert ended[2].wait(60)
    assert beside.extensions["wake"] is None
    assert [tally.done(subject_id) for subject_id in (1, 2)] == [ALL, ALL]


def test_the_runner_goes_on_after_a_round_that_broke_down(beside, monkeypatch) -> None:
    rounds, enough = [], Event()

    def broken(*_: object, **__: object) -> None:
        rounds.append(1)
        if len(rounds) == 3:
            enough.set()
        raise RuntimeError

    monkeypatch.setattr(works, "carry_out_waiting", broken)
    monkeypatch.setattr(works, "TICK_SECONDS", 0.001)
    with works.running(beside, {}):
        assert enough.wait(60)


# forgetting


def test_works_that_ended_long_ago_are_forgotten(ask) -> None:
    for subject_id in range(1, 6):
        ask(subject_id)
    old, young = NOW - retention.WORKS - SECOND, NOW - retention.WORKS
    ends = {1: (RunState.DONE, old), 2: (RunState.FAILED, old), 3: (RunState.DONE, young), 4: (RunState.FAILED, young)}
    for subject_id, (state, finished_at) in ends.items():
        db.session.execute(
            update(Work).where(Work.subject_id == subject_id).values(state=state, finished_at=finished_at)
        )
    db.session.commit()
    assert service.count_forgettable(NOW) == 2
    assert service.forget(NOW) == 2
    assert sorted(db.session.scalars(select(Work.subject_id))) == [3, 4, 5]
