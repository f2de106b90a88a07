"""Long work that a user started: when it may be begun, is taken for dead, is tried again; when it is worth watching.

A work goes through the states of a daily job's run, on a shorter leash: somebody waits for it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.domain import jobs
from portal.domain.jobs import Attempted, RunState
from portal.domain.labels import LabelEnum

DEAD_AFTER = timedelta(seconds=20)
"""A work under way is heard of with every chunk; one not heard of for so long has lost its process.

To be wrong about that does no harm: whoever lost a claim cannot write another chunk (``jobs/works.py``).
"""

BACK_OFF = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 600))
"""How long to wait after the first, the second and every later failure in a row."""

MOST_ATTEMPTS = 5
"""Claims in a row without a chunk done; then only the user sets the work going again."""

WATCHED = timedelta(minutes=5)
"""A work not heard of for so long is not looked at again and again: the runners are off everywhere."""


class WorkKind(LabelEnum):
    """What a work is about; its ``subject_id`` is an id of that."""

    BULK = "bulk", "Alteração em lote"
    IMPORT = "import", "Importação de clientes"
    PREFLIGHT = "preflight", "Conferência de backup"


def is_dead(work: Attempted, now: datetime) -> bool:
    """Say whether a work lost its process."""
    return jobs.is_dead(work, now, DEAD_AFTER)


def is_given_up(work: Attempted, now: datetime) -> bool:
    """Say whether a work took its process along so often that nobody takes it over any more."""
    return is_dead(work, now) and work.attempts >= MOST_ATTEMPTS


def may_be_claimed(work: Attempted, now: datetime) -> bool:
    """Say whether a process may take a work up now: asked for, its process dead, or time for a retry."""
    if work.state is RunState.REQUESTED:
        return True
    if work.attempts >= MOST_ATTEMPTS:
        return False
    if work.state is RunState.FAILED and work.finished_at is not None:
        return now >= work.finished_at + BACK_OFF[min(max(work.attempts, 1), len(BACK_OFF)) - 1]
    return is_dead(work, now)


def is_moving(work: Attempted, now: datetime) -> bool:
    """Say whether a work may get on by itself any moment, so that its page looks again."""
    is_open = work.state in {RunState.REQUESTED, RunState.RUNNING}
    return is_open and work.heartbeat_at is not None and now - work.heartbeat_at < WATCHED
