"""Where a request meets the runner: it wakes it, and may wait a moment for what it started."""

from __future__ import annotations

from threading import Event

from flask import current_app

from portal import database
from portal.domain.jobs import RunState
from portal.domain.works import WorkKind
from portal.extensions import db
from portal.works import queries
from portal.works.queries import Seen

TURNS, TURN_SECONDS = 20, 0.05
"""At most a second: an answer that is worth waiting for spares the page that would ask for it."""

MOST_TOTAL = 300
"""What is larger takes longer than that anyhow."""

_pausing = Event()  # never set


def wake_and_wait(kind: WorkKind, subject_id: int) -> None:
    """Wake this process' runner for a work that was committed, and give it a moment if it is small.

    Without a runner here (``app.extensions["wake"]``, set by ``jobs.works``) another process finds it by itself.
    """
    wake: Event | None = current_app.extensions["wake"]
    if wake is None:
        return
    wake.set()
    for _ in range(TURNS):
        seen = _look(kind, subject_id)
        if seen is None or seen.total > MOST_TOTAL or seen.state in {RunState.DONE, RunState.FAILED}:
            return
        _pausing.wait(TURN_SECONDS)


def _look(kind: WorkKind, subject_id: int) -> Seen | None:
    """Look at a work in a transaction of its own that takes no write lock: the runner needs it."""
    with database.reading():
        seen = queries.work_of(kind, subject_id)
        db.session.rollback()
    return seen
