"""Carries out the works that users started, chunk by chunk and by turns, beside the server's requests.

A kind of work is one line of ``STEPS`` and a step function. The contract of ``step(work, now) -> bool``:

- It does the next chunk: some hundred rows at most, because other writers wait as long as it takes. It finds by itself
  where the work stands, by what is done and not by a counter of its own, and returns True once nothing is left.
- It changes rows through ``db.session`` and does **not** commit. The runner has locked the work's row, and commits the
  chunk together with the heartbeat and the end: a chunk whose claim was lost meanwhile is not begun, and one whose
  process is killed (or that raises) leaves nothing. So every chunk is done once, whoever carries it out.
- It adds what it did to ``work.done``, of which ``work.total`` was given to ``works.service.enqueue``.
- ``now`` is the chunk's own moment; who asked is ``works.service.asker(work)``. Files, mails and other effects outside
  the database are no business of a step, since a chunk may be tried more than once.
- What takes longer than a chunk and writes nothing (reading a file) is begun by the step, goes on beside it, and is asked
  how far it is (``portal.navi_migration.preflight``).
- What it raises is logged, and told to the user in general words; the work is tried again later and later, and then
  waits for the user (``portal.domain.works``). What the user can mend is no exception but a result of a row.

The route that starts it calls ``works.service.enqueue`` in its own transaction, commits, calls
``works.waiting.wake_and_wait``, and shows how far the work is (docs/decisions/2026-11-22-works.md).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from threading import Event, Thread

from flask import Flask
from sqlalchemy.exc import OperationalError

from jobs import claims
from jobs.claims import Claim
from portal import clock
from portal.clients import bulk_execution
from portal.domain import works
from portal.domain.jobs import RunState
from portal.domain.works import WorkKind
from portal.extensions import db
from portal.imports import service as imports
from portal.models import Work
from portal.navi_migration import preflight
from portal.works import queries
from portal.works.queries import Seen
from portal.works.texts import Text

log = logging.getLogger(__name__)

Step = Callable[[Work, datetime], bool]
Steps = Mapping[WorkKind, Step]

STEPS: Steps = {
    WorkKind.BULK: bulk_execution.step,
    WorkKind.IMPORT: imports.step,
    WorkKind.PREFLIGHT: preflight.step,
}

PAUSE_SECONDS = 0.1
"""Between two chunks: a writer who waits for SQLite's lock looks again every tenth of a second at the latest."""

TICK_SECONDS = 5.0
"""How soon a work is found that another process was asked for, or let go of."""

TRIES = 3
"""Of a chunk that finds the database busy; each waits for the lock by itself."""

STOP_SECONDS = 10.0
"""What a chunk under way is given when the process stops."""

NEVER = Event()


@contextmanager
def running(app: Flask, steps: Steps = STEPS) -> Iterator[None]:
    """Carry works out while the block lasts; at its end the chunk under way ends too, and the rest is left to others."""
    wake, stopping = Event(), Event()
    runner = Thread(target=_run, args=(app, steps, wake, stopping), name="works", daemon=True)
    app.extensions["wake"] = wake
    runner.start()
    try:
        yield
    finally:
        app.extensions["wake"] = None
        stopping.set()
        wake.set()
        runner.join(STOP_SECONDS)


def _run(app: Flask, steps: Steps, wake: Event, stopping: Event) -> None:
    """Look at the start, whenever woken, and every few seconds."""
    while not stopping.is_set():
        try:
            with app.app_context():
                carry_out_waiting(steps, stopping=stopping)
        except Exception:
            log.exception("works: the round broke down")
        wake.wait(TICK_SECONDS)
        wake.clear()


def carry_out_waiting(steps: Steps = STEPS, *, stopping: Event = NEVER) -> None:
    """Carry out everything that waits, a chunk of each in turn, until nothing does or the process stops.

    Needs an application context whose session is not in use.
    """
    while not stopping.is_set() and (claim := _claim_next()):
        while _advance(claim, steps):
            if stopping.wait(PAUSE_SECONDS) or claims.read(queries.is_anybody_waiting):
                claims.release(claim)
                break


def _claim_next() -> Claim | None:
    """Claim the work that waits longest, and bury those that died too often; None where there is nothing to do."""
    now = clock.now()
    with claims.spared("works"):
        for seen in claims.read(queries.unended):
            if works.is_given_up(seen, now):
                claims.bury_seen(Work, seen, Text.INTERRUPTED.label)
            elif works.may_be_claimed(seen, now) and (claim := claims.take_seen(Work, seen, _name(seen), now)):
                log.info("%s: taken up at %d of %d", claim.name, seen.done, seen.total)
                return claim
    return None


def _name(seen: Seen) -> str:
    return f"work {seen.id} ({seen.kind.value} {seen.subject_id})"


def _advance(claim: Claim, steps: Steps) -> bool:
    """Do a work's next chunk; returns whether more is left to do here."""
    try:
        return _patiently(claim, steps)
    except OperationalError as error:
        log.error("%s: stopped, database unavailable: %s", claim.name, error.orig)
        _stop(claim, Text.BUSY)
    except Exception:
        log.exception("%s: stopped", claim.name)
        _stop(claim, Text.FAULT)
    return False


def _stop(claim: Claim, text: Text) -> None:
    """Leave nothing of the chunk, and tell the user."""
    db.session.rollback()
    with claims.spared(claim.name):
        claims.fail(claim, text.label)


def _patiently(claim: Claim, steps: Steps) -> bool:
    """Do a chunk, and again where the database was busy."""
    for _ in range(TRIES - 1):
        with suppress(OperationalError):
            return _chunk(claim, steps)
        db.session.rollback()
    return _chunk(claim, steps)


def _chunk(claim: Claim, steps: Steps) -> bool:
    """Do a chunk, and write down how far the work is, in one transaction; returns whether more is left to do here."""
    work = queries.claimed_work(claim.row_id, claim.token)
    if work is None:
        db.session.rollback()
        log.warning("%s: the claim was lost to another process", claim.name)
        return False
    now = clock.now()
    is_finished = steps[work.kind](work, now)
    work.heartbeat_at, work.attempts, work.error = now, 0, ""
    if is_finished:
        work.state, work.finished_at = RunState.DONE, now
        log.info("%s: done, %d of %d", claim.name, work.done, work.total)
    db.session.commit()
    return not is_finished
