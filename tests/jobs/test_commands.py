"""``flask --app app job list`` and ``job run``: the scheduler's path and record, by hand."""

from __future__ import annotations

from datetime import date

import click.testing
import pytest
from flask import Flask

from jobs import commands
from portal.domain.jobs import RunState
from tests.conftest import NOW
from tests.jobs.conftest import TODAY, Diary, record, records


@pytest.fixture
def run(app: Flask, schedule, monkeypatch: pytest.MonkeyPatch):
    """Return what runs a command of the group against the two-line schedule."""
    monkeypatch.setitem(app.extensions, "schedule", schedule)

    def invoke(*arguments: str) -> click.testing.Result:
        return app.test_cli_runner().invoke(commands.group, list(arguments))

    return invoke


def test_the_entry_point_gives_the_application_the_schedule_and_the_commands(tmp_path) -> None:
    app = Flask("empty")
    commands.init_app(app, ())
    assert app.extensions["schedule"] == ()
    assert "job" in app.cli.commands


def test_the_list_tells_hours_and_last_successes(run) -> None:
    assert run("run", "first").exit_code == 0
    lines = run("list").output.splitlines()
    assert lines[0].split() == ["first", "06:10", "last", "done", "2025-07-10", "12:00"]
    assert lines[1].split() == ["second", "06:10", "never", "done"]


def test_a_job_is_run_recorded_and_its_counts_printed(run, diary: Diary) -> None:
    result = run("run", "first")
    assert (result.exit_code, result.output) == (0, "first: things 3\n")
    assert diary.runs == [("first", NOW)]
    assert (record()["state"], record()["day"]) == (RunState.DONE, TODAY)


def test_a_job_that_is_done_is_run_again_and_keeps_its_one_row(run, diary: Diary) -> None:
    run("run", "first")
    assert run("run", "first").exit_code == 0
    assert diary.names == ["first", "first"]
    assert len(records()) == 1


def test_with_a_date_it_runs_as_of_that_day_at_its_hour(run, diary: Diary) -> None:
    assert run("run", "first", "--date", "2025-07-08").exit_code == 0
    assert [moment.isoformat() for _, moment in diary.runs] == ["2025-07-08T09:10:00+00:00"]
    assert record()["day"] == date(2025, 7, 8)
    assert record()["finished_at"] == NOW


def test_a_failure_ends_with_its_reason(run, diary: Diary) -> None:
    diary.failing = {"first"}
    result = run("run", "first")
    assert result.exit_code == 1
    assert "first: ValueError: first is out of order" in result.output


def test_an_unknown_name_is_answered_with_those_that_exist(run) -> None:
    result = run("run", "third")
    assert result.exit_code == 1
    assert "third: no such job; known are first, second" in result.output
    assert records() == []


def test_what_another_process_is_at_is_not_run_twice(run, run_row, diary: Diary) -> None:
    run_row()
    result = run("run", "first")
    assert result.exit_code == 1
    assert "another process is at it" in result.output
    assert diary.runs == []
