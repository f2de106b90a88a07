"""Is this process able to work? For load balancers and watchdogs: no session, no names, no secrets."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from portal import clock
from portal.domain import jobs
from portal.domain.jobs import ScheduledJob
from portal.extensions import db
from portal.operations import queries
from portal.operations.queries import Success

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Health:
    """What /healthz answers, and whether the process can work at all."""

    is_able: bool
    facts: dict[str, Any]


def check(schedule: Sequence[ScheduledJob], ticked_at: datetime | None, now: datetime) -> Health:
    """Ask the database one question, and look at scheduler and jobs; a late job is named, but is no reason to restart."""
    began = monotonic()
    try:
        successes = queries.last_successes()
    except SQLAlchemyError as error:
        db.session.rollback()
        log.error("health: the database does not answer: %s", type(error).__name__)
        return Health(False, {"status": "unavailable", "database": {"ok": False}})
    took = {"ok": True, "milliseconds": round((monotonic() - began) * 1000, 1)}
    late = [job.name for job in schedule if _is_late(job, successes.get(job.name), now)]
    return Health(
        True,
        {
            "status": "late" if late else "ok",
            "database": took,
            "scheduler": {"is_running": ticked_at is not None, "last_tick_seconds": _age(ticked_at, now)},
            "jobs": {job.name: _age_of(successes.get(job.name), now) for job in schedule},
            "late": late,
        },
    )


def _is_late(job: ScheduledJob, success: Success | None, now: datetime) -> bool:
    today = clock.local_date(now)
    is_done = success is not None and success.day >= today
    return not is_done and jobs.is_late(None, clock.moment_of(today, job.hour), now)


def _age_of(success: Success | None, now: datetime) -> int | None:
    return _age(success.finished_at, now) if success else None


def _age(moment: datetime | None, now: datetime) -> int | None:
    """Return a moment's age in whole seconds."""
    return int((now - moment).total_seconds()) if moment else None
