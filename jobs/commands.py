"""The commands ``job list`` and ``job run``: the same path, and the same record, as the scheduler's."""

from __future__ import annotations

from datetime import datetime

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from jobs import runner
from jobs.job import Job, Schedule
from jobs.runner import Outcome
from portal import clock
from portal.operations import queries, service

group = AppGroup("job", help="The daily jobs.")


def init_app(app: Flask, schedule: Schedule) -> None:
    """Give an application the commands, and the schedule as data for its page."""
    app.extensions["schedule"] = schedule
    app.cli.add_command(group)


@group.command("list")
def list_jobs() -> None:
    """Say what runs daily, when, and when it last ended well."""
    successes = queries.last_successes()
    for job in _schedule():
        last = successes.get(job.name)
        said = f"last done {clock.local(last.finished_at):%Y-%m-%d %H:%M}" if last else "never done"
        click.echo(f"{job.name:<20} {job.hour:%H:%M}  {said}")


@group.command("run")
@click.argument("name")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="As of that day, at the job's hour.")
def run_job(name: str, day: datetime | None) -> None:
    """Run the job NAME now, even if it is done, and print what it counted."""
    job, now = _job(name), clock.now()
    as_of = clock.moment_of(day.date(), job.hour) if day else now
    civil_date = clock.local_date(as_of)
    service.request_run(job.name, civil_date, now=now, actor=None)
    outcome = runner.run(job, civil_date, as_of)
    click.echo(_said(job, outcome))


def _said(job: Job, outcome: Outcome | None) -> str:
    if outcome is None:
        raise click.ClickException(f"{job.name}: not run here, another process is at it")
    if outcome.error:
        raise click.ClickException(f"{job.name}: {outcome.error}")
    return f"{job.name}: {', '.join(f'{name} {count}' for name, count in outcome.counts.items()) or 'done'}"


def _job(name: str) -> Job:
    for job in _schedule():
        if job.name == name:
            return job
    known = ", ".join(job.name for job in _schedule())
    raise click.ClickException(f"{name}: no such job; known are {known}")


def _schedule() -> Schedule:
    schedule: Schedule = current_app.extensions["schedule"]
    return schedule
