"""Reading works: what waits for a runner, how far one is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select

from portal.domain import works
from portal.domain.jobs import RunState
from portal.domain.works import WorkKind
from portal.extensions import db
from portal.models import Work

AT_ONCE = 100
"""Works that a runner looks at before it takes one."""


@dataclass(frozen=True)
class Seen:
    """A work as it stands at this moment; see ``Work``."""

    id: int
    kind: WorkKind
    subject_id: int
    state: RunState
    claimed_by: str
    heartbeat_at: datetime | None
    finished_at: datetime | None
    attempts: int
    done: int
    total: int
    error: str


def work_of(kind: WorkKind, subject_id: int) -> Seen | None:
    """Return the work on a subject, if there is one."""
    return next(iter(_seen(Work.kind == kind, Work.subject_id == subject_id)), None)


def unended() -> list[Seen]:
    """Return the works that a runner may have to do with: those asked for first, and whoever waits longest first."""
    is_open = Work.state.in_((RunState.REQUESTED, RunState.RUNNING))
    may_retry = and_(Work.state == RunState.FAILED, Work.attempts < works.MOST_ATTEMPTS)
    return _seen(or_(is_open, may_retry), limit=AT_ONCE)


def is_anybody_waiting() -> bool:
    """Say whether a work is asked for and not begun."""
    waiting = select(Work.id).where(Work.state == RunState.REQUESTED).limit(1)
    return db.session.scalar(waiting) is not None


def claimed_work(work_id: int, token: str) -> Work | None:
    """Return a work under a lock if a claim on it still holds."""
    held = Work.id == work_id, Work.claimed_by == token, Work.state == RunState.RUNNING
    work: Work | None = db.session.scalar(select(Work).where(*held).with_for_update())
    return work


def _seen(*clauses: ColumnElement[bool], limit: int | None = None) -> list[Seen]:
    columns = [getattr(Work, name) for name in Seen.__dataclass_fields__]
    in_turn = Work.state != RunState.REQUESTED, Work.heartbeat_at, Work.id
    query = select(*columns).where(*clauses).order_by(*in_turn).limit(limit)
    return [Seen(*row) for row in db.session.execute(query)]
