"""The operator's page "Rotinas", and what a load balancer asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from flask import Blueprint, Response, current_app, jsonify, render_template, url_for

from portal import clock, htmx
from portal.access import public, requires, viewer
from portal.domain.errors import NotFound
from portal.domain.jobs import ScheduledJob
from portal.domain.roles import Permission
from portal.operations import health, queries, service
from portal.operations.rows import JobCard
from portal.operations.texts import Text

bp = Blueprint("operations", __name__)


@bp.get("/operations")
@requires(Permission.RUN_JOBS)
def index() -> str:
    """List the daily jobs."""
    return render_template("operations/index.html", cards=[_card(job) for job in _schedule()])


@bp.get("/operations/<name>")
@requires(Permission.RUN_JOBS)
def job(name: str) -> Response:
    """Show one job alone: what the page asks for again while the job runs."""
    return _answer(_job(name))


@bp.post("/operations/<name>/runs")
@requires(Permission.RUN_JOBS)
def run_create(name: str) -> Response:
    """Ask for today's run; a scheduler begins it, here or in another process."""
    asked, now = _job(name), clock.now()
    is_asked = service.request_run(name, clock.local_date(now), now=now, actor=viewer())
    text = Text.REQUESTED if is_asked else Text.UNDER_WAY
    return _answer(asked, text.label.format(label=asked.label))


@bp.get("/healthz")
@public
def healthz() -> Response:
    """Say whether this process can work: 200, or 503 where its database does not answer."""
    found = health.check(_schedule(), current_app.extensions["ticks"].get("last"), clock.now())
    response = jsonify(found.facts)
    response.status_code = 200 if found.is_able else 503
    response.headers["Cache-Control"] = "no-store"
    return response


def _schedule() -> Sequence[ScheduledJob]:
    return cast(Sequence[ScheduledJob], current_app.extensions["schedule"])


def _job(name: str) -> ScheduledJob:
    """Return the job of a name.

    Raises:
        NotFound: the schedule has none of that name.
    """
    for one in _schedule():
        if one.name == name:
            return one
    raise NotFound


def _card(shown: ScheduledJob) -> JobCard:
    return JobCard.build(shown, queries.recent_runs(shown.name), clock.now())


def _answer(shown: ScheduledJob, said: str = "") -> Response:
    return htmx.fragment_or_redirect("operations/_job.html", url_for("operations.index"), said=said, card=_card(shown))
