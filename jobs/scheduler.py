"""The clockwork of ``python app.py``: a tick at the start and every minute, and an end that leaves no claim behind."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, timedelta
from threading import Event

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger
from flask import Flask

from jobs import runner
from jobs.job import Job
from portal import clock

TICK = timedelta(seconds=60)


@contextmanager
def running(app: Flask, schedule: Sequence[Job], every: timedelta = TICK) -> Iterator[None]:
    """Run what is due while the block lasts; at its end the job under way ends too, or its claim is let go."""
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it tells of every tick, and of those a long job skips
    stopping = Event()

    def tick() -> None:
        app.extensions["ticks"]["last"] = clock.now()
        with app.app_context():
            runner.run_due(clock.now(), schedule, stopping=stopping)

    scheduler = _clockwork()
    at_once_and_then = OrTrigger(
        [DateTrigger(timezone=UTC), IntervalTrigger(seconds=every.total_seconds(), timezone=UTC)]
    )
    scheduler.add_job(tick, at_once_and_then, id="tick")
    scheduler.start()
    try:
        yield
    finally:
        stopping.set()
        scheduler.shutdown()


def _clockwork() -> BackgroundScheduler:
    """Return a scheduler that drops no late tick, makes one of several missed, and never runs two at once."""
    return BackgroundScheduler(
        timezone=UTC,
        daemon=True,
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
