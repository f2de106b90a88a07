"""run_due: each job once per civil date, whatever fails, dies, comes late or comes twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from threading import Barrier, Event, Thread

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from jobs import claims, expire_licenses, runner
from jobs.job import Job
from portal.domain.jobs import RunState
from portal.extensions import db
from portal.models import Notice
from portal.operations import service
from portal.operations.texts import Text
from tests.conftest import NOW
from tests.jobs.conftest import AT_SIX, TODAY, Diary, at, record, records

Schedule = tuple[Job, Job]
RunRow = Callable[..., None]


def run_at(moment: str, schedule: Schedule) -> list[str]:
    """Run what is due at a moment and return what ended well."""
    with at(moment) as now:
        return [name for name, outcome in runner.run_due(now, schedule).items() if not outcome.error]


# the hour, once


def test_nothing_is_run_before_its_hour(app: Flask, schedule: Schedule) -> None:
    assert run_at("10 06:09", schedule) == []
    assert records() == []


def test_at_the_hour_every_job_is_run_in_the_order_of_the_table(app: Flask, schedule: Schedule, diary: Diary) -> None:
    assert run_at("10 06:10", schedule) == ["first", "second"]
    assert diary.names == ["first", "second"]


def test_a_job_that_is_done_is_not_run_again_that_day_but_the_next(app: Flask, schedule, diary: Diary) -> None:
    moments = ["10 06:10", "10 06:11", "10 23:59", "11 06:09", "11 06:10", "11 12:00"]
    assert [bool(run_at(moment, schedule)) for moment in moments] == [True, False, False, False, True, False]
    assert diary.names == ["first", "second"] * 2


def test_a_run_is_recorded_with_what_it_counted(app: Flask, schedule: Schedule) -> None:
    run_at("10 12:00", schedule)
    row = record()
    assert (row["state"], row["counts"], row["error"], row["attempts"]) == (RunState.DONE, {"things": 3}, "", 1)
    assert row["started_at"] == row["finished_at"] == NOW
    assert row["claimed_by"].count(":") == 2


@pytest.mark.parametrize("first_start", ["10 06:10", "10 11:10", "13 05:00"])
def test_a_server_that_was_down_over_the_hour_makes_one_catch_up(app, schedule, diary, first_start) -> None:
    run_at("09 06:10", schedule)
    diary.runs.clear()
    run_at(first_start, schedule)
    run_at(first_start, schedule)
    assert len(diary.runs) == (0 if first_start.endswith("05:00") else 2)
    assert run_at("13 06:10", schedule) == ["first", "second"]
    days_of_first = [row["day"].day for row in records("first")]
    assert days_of_first == sorted(set(days_of_first))
    assert 11 not in days_of_first


def test_jobs_are_given_the_moment_up_to_which_everything_is_due(app: Flask, schedule, diary: Diary) -> None:
    with at("10 15:00") as now:
        runner.run_due(now, schedule)
    assert diary.runs[0] == ("first", now)


# failures


def test_a_job_that_fails_stops_no_other_and_says_why(app: Flask, schedule: Schedule, diary: Diary) -> None:
    diary.failing = {"first"}
    assert run_at("10 06:10", schedule) == ["second"]
    row = record("first")
    assert (row["state"], row["error"]) == (RunState.FAILED, "ValueError: first is out of order")


def test_a_failed_job_is_tried_again_later_and_later_and_five_times_at_most(app, schedule, diary) -> None:
    diary.failing = {"first"}
    tried = []
    for minute in range(24 * 60 - 6 * 60 - 10):
        before = len(diary.runs)
        hour, minute_of_hour = divmod(6 * 60 + 10 + minute, 60)
        run_at(f"10 {hour:02}:{minute_of_hour:02}", (schedule[0],))
        tried += [minute] * (len(diary.runs) - before)
    assert tried == [0, 5, 20, 80, 140]
    assert (record()["state"], record()["attempts"]) == (RunState.FAILED, 5)
    diary.failing = set()
    assert run_at("11 06:10", (schedule[0],)) == ["first"]


def test_a_retry_that_succeeds_is_the_days_run(app: Flask, schedule: Schedule, diary: Diary) -> None:
    diary.failing = {"first"}
    run_at("10 06:10", schedule)
    diary.failing = set()
    assert run_at("10 06:14", schedule) == []
    assert run_at("10 06:15", schedule) == ["first"]
    assert run_at("10 06:16", schedule) == []
    assert (record()["state"], record()["attempts"], record()["error"]) == (RunState.DONE, 2, "")


def test_a_job_leaves_no_half_transaction_behind(app: Flask, make, diary: Diary) -> None:
    def half(_now: datetime) -> dict[str, int]:
        db.session.execute(text("INSERT INTO attempts (scope, subject, at) VALUES ('x', 'y', '2025-07-10 00:00:00')"))
        raise RuntimeError

    runner.run_due(NOW, (Job("half", "Half", AT_SIX, half), diary.job("second")))
    assert diary.names == ["second"]
    assert db.session.execute(text("SELECT count(*) FROM attempts")).scalar() == 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_job_that_ends_its_thread_has_failed(app: Flask) -> None:
    def leave(_now: datetime) -> dict[str, int]:
        raise SystemExit

    outcome = runner.run_due(NOW, (Job("leaving", "Leaving", AT_SIX, leave),))["leaving"]
    assert outcome.error
    assert record("leaving")["state"] == RunState.FAILED


# claims


def test_a_run_that_is_under_way_elsewhere_is_left_alone(app, schedule, diary, run_row: RunRow) -> None:
    run_row(heartbeat_at=NOW - timedelta(seconds=60))
    assert run_at("10 12:00", schedule) == ["second"]


def test_a_run_whose_process_died_is_taken_over(app, schedule, diary, run_row: RunRow) -> None:
    run_row(heartbeat_at=NOW - timedelta(seconds=61))
    assert run_at("10 12:00", schedule) == ["first", "second"]
    assert (record()["state"], record()["attempts"]) == (RunState.DONE, 2)


def test_a_heartbeat_from_the_future_was_left_by_a_clock_set_back(app, schedule, run_row: RunRow) -> None:
    run_row(heartbeat_at=NOW + timedelta(hours=5))
    assert "first" in run_at("10 12:00", schedule)


def test_a_job_that_kills_its_process_is_taken_over_no_more_than_four_times(app, schedule, diary, run_row) -> None:
    run_row(heartbeat_at=NOW - timedelta(minutes=2), attempts=5)
    assert run_at("10 12:00", schedule) == ["second"]
    assert (record()["state"], record()["error"]) == (RunState.FAILED, Text.INTERRUPTED.label)
    assert record()["finished_at"] == NOW - timedelta(minutes=2)


def test_a_run_of_yesterday_that_died_is_closed_and_not_run(app, schedule, diary, run_row: RunRow) -> None:
    run_row(day=TODAY - timedelta(days=1), heartbeat_at=NOW - timedelta(hours=13))
    assert run_at("10 12:00", schedule) == ["first", "second"]
    assert [row["state"] for row in records("first")] == [RunState.FAILED, RunState.DONE]


def test_who_lost_its_claim_cannot_write_the_end(app: Flask, diary: Diary) -> None:
    def slow(_now: datetime) -> dict[str, int]:
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE job_runs SET claimed_by = 'elsewhere:2:ffff'"))
        return {"things": 1}

    assert runner.run_due(NOW, (Job("slow", "Slow", AT_SIX, slow),)) == {}
    assert (record("slow")["state"], record("slow")["claimed_by"]) == (RunState.RUNNING, "elsewhere:2:ffff")


def test_a_claim_is_not_had_once_somebody_was_faster(app: Flask, run_row: RunRow, monkeypatch) -> None:
    run_row(state=RunState.FAILED, finished_at=NOW - timedelta(hours=1), error="x")
    for seen in (None, claims.read(lambda: claims.queries.run_of("first", TODAY))):
        monkeypatch.setattr(claims.queries, "run_of", lambda *_, seen=seen: seen)
        with db.engine.begin() as connection:  # somebody else's claim, between our look and our own
            connection.execute(text("UPDATE job_runs SET state = 'running', claimed_by = 'b:2:ffff'"))
        assert claims.take("first", TODAY) is None


def test_of_two_runners_at_once_one_wins(app: Flask, diary: Diary) -> None:
    barrier, wins = Barrier(4), []
    schedule = tuple(diary.job(f"job{number}") for number in range(5))

    def tick() -> None:
        with app.app_context():
            barrier.wait(60)
            wins.extend(runner.run_due(NOW, schedule))

    threads = [Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.engine.dispose()  # the threads' connections remember a schema that other tests change
    assert sorted(diary.names) == sorted(wins) == [job.name for job in schedule]
    assert {row["attempts"] for row in records()} == {1}


def test_a_clock_that_jumps_ahead_has_two_at_a_job_and_its_effects_once(app: Flask, make, schedule) -> None:
    """The living look dead until their next heartbeat; that does no harm, because effects are unique by key."""
    make.client(make.partner(), due_on=TODAY)

    def take_over() -> None:
        with at("2025-07-10T12:01:01-03:00") as later, app.app_context():
            assert "notices" in runner.run_due(later, (job,))

    def work(now: datetime) -> dict[str, int]:
        if not others:
            others.append(Thread(target=take_over))
            others[0].start()
            others[0].join(60)
        return expire_licenses.run(now)

    others: list[Thread] = []
    job = Job("notices", "Avisos", AT_SIX, work)
    assert runner.run_due(NOW, (job,)) == {}, "who was taken for dead does not write its end"
    db.engine.dispose()
    assert (record("notices")["state"], record("notices")["attempts"]) == (RunState.DONE, 2)
    assert db.session.scalar(select(func.count()).select_from(Notice)) == 1


def test_a_jobs_statements_have_a_limit_of_their_own(app: Flask) -> None:
    """PostgreSQL cuts a request's statement after 30 s; a night over a million rows may take longer. SQLite cuts none."""
    limits = []

    def limit() -> str:
        if db.engine.dialect.name == "sqlite":
            return "none"
        found = str(db.session.execute(text("SHOW statement_timeout")).scalar_one())
        db.session.rollback()
        return found

    def work(_now: datetime) -> dict[str, int]:
        limits.extend([limit(), limit()])
        return {}

    runner.run_due(NOW, (Job("long", "Longa", AT_SIX, work),))
    is_limited = db.engine.dialect.name == "postgresql"
    assert limits == (["1h"] * 2 if is_limited else ["none"] * 2)
    assert limit() == ("30s" if is_limited else "none")


def test_while_a_job_works_its_run_is_heard_of(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "TURN_SECONDS", 0.001)
    monkeypatch.setattr(runner, "TURNS_PER_BEAT", 1)
    heard, beat = Event(), claims.beat

    def noted(claim: claims.Claim) -> None:
        beat(claim)
        heard.set()

    monkeypatch.setattr(claims, "beat", noted)
    seen = []

    def work(_now: datetime) -> dict[str, int]:
        assert heard.wait(60)
        seen.append(record("working")["heartbeat_at"])
        return {}

    with at("10 12:00"):
        runner.run_due(NOW, (Job("working", "Working", AT_SIX, work),))
    assert seen == [NOW]
    assert record("working")["state"] == RunState.DONE


def test_a_heartbeat_moves_the_moment_and_nothing_else(app: Flask) -> None:
    claim = claims.take("first", TODAY)
    assert claim
    before = record()
    with at("10 12:05") as later:
        claims.beat(claim)
    assert record() == before | {"heartbeat_at": later}


# a process that stops


def test_a_process_that_stops_begins_nothing(app: Flask, schedule: Schedule, diary: Diary) -> None:
    stopping = Event()
    stopping.set()
    assert runner.run_due(NOW, schedule, stopping=stopping) == {}
    assert records() == []


def test_a_process_that_stops_lets_go_of_a_job_that_does_not_end(app, schedule, monkeypatch) -> None:
    monkeypatch.setattr(runner, "TURN_SECONDS", 0.001)
    stopping, ending = Event(), Event()

    def endless(_now: datetime) -> dict[str, int]:
        stopping.set()
        ending.wait(30)
        return {}

    jobs = (Job("endless", "Endless", AT_SIX, endless), schedule[1])
    assert runner.run_due(NOW, jobs, stopping=stopping) == {}
    row = record("endless")
    assert (row["state"], row["heartbeat_at"]) == (RunState.RUNNING, NOW - timedelta(seconds=55))
    ending.set()
    with at("2025-07-10T12:00:06-03:00") as later:  # five seconds on, another process may
        assert claims.take("endless", TODAY)
    assert record("endless")["started_at"] == later


# requested runs


def test_a_run_that_was_asked_for_is_run_at_the_next_tick_even_before_its_hour(app, schedule, diary) -> None:
    assert service.request_run("second", TODAY, now=NOW, actor=None)
    assert run_at("10 05:00", schedule) == ["second"]
    assert run_at("10 06:10", schedule) == ["first"], "it was the day's run"


def test_a_run_that_is_done_can_be_asked_for_again(app, schedule, diary: Diary) -> None:
    run_at("10 06:10", schedule)
    assert service.request_run("first", TODAY, now=NOW, actor=None)
    assert run_at("10 12:00", schedule) == ["first"]
    assert diary.names == ["first", "second", "first"]
    assert len(records("first")) == 1


def test_a_run_that_was_asked_for_before_midnight_is_run_after_it(app, schedule) -> None:
    assert service.request_run("first", TODAY, now=NOW, actor=None)
    assert run_at("11 00:00", schedule) == ["first"]
    assert record("first")["day"] == TODAY


def test_a_run_that_failed_too_often_begins_anew_when_asked_for(app, schedule, run_row: RunRow) -> None:
    run_row(state=RunState.FAILED, attempts=5, finished_at=NOW, error="x")
    assert run_at("10 23:00", schedule) == ["second"]
    assert service.request_run("first", TODAY, now=NOW, actor=None)
    assert run_at("10 23:01", schedule) == ["first"]
    assert record()["attempts"] == 1


@pytest.mark.parametrize("state", [RunState.REQUESTED, RunState.RUNNING])
def test_what_is_asked_for_or_under_way_is_not_asked_for_again(app, run_row: RunRow, state: RunState) -> None:
    run_row(state=state)
    before = record()
    assert not service.request_run("first", TODAY, now=NOW, actor=None)
    assert record() == before


# a database that is busy


def test_a_busy_database_delays_a_job_to_the_next_tick_and_stops_no_other(app, schedule, diary, monkeypatch) -> None:
    take = claims.take

    def busy(name: str, day: date) -> claims.Claim | None:
        if name == "first":
            raise runner.OperationalError("locked", None, Exception("database is locked"))
        return take(name, day)

    monkeypatch.setattr(claims, "take", busy)
    assert run_at("10 06:10", schedule) == ["second"]
    monkeypatch.undo()
    assert run_at("10 06:11", schedule) == ["first"]


def test_an_end_that_cannot_be_recorded_is_tried_again_and_then_left_to_a_take_over(app, schedule, monkeypatch) -> None:
    tries = []

    def busy(*_: object) -> bool:
        tries.append(1)
        raise runner.OperationalError("locked", None, Exception("database is locked"))

    monkeypatch.setattr(claims, "finish", busy)
    assert run_at("10 06:10", (schedule[0],)) == []
    assert len(tries) == 3
    monkeypatch.undo()
    assert run_at("10 06:12", (schedule[0],)) == ["first"]
