"""Asking for a work, and forgetting old ones. Who carries it out is the runner (``jobs.works``), never a request."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from portal.audit import Actor
from portal.domain import retention
from portal.domain.jobs import RunState
from portal.domain.works import WorkKind
from portal.extensions import db
from portal.models import Work


@dataclass(frozen=True)
class Asker:
    """The user who asked for a work; what is done for them later is recorded as theirs (``audit.Actor``)."""

    user_id: int
    name: str


def asker(work: Work) -> Asker:
    """Return who asked for a work."""
    return Asker(work.user_id, work.user_name)


def enqueue(kind: WorkKind, subject_id: int, *, partner_id: int, total: int, now: datetime, actor: Actor) -> None:
    """Ask for the work on a subject in the caller's transaction, which commits both or neither.

    Asked for again, it is the same work: one that failed is set going, where it stood; any other stays as it is.
    ``total`` is how many things there are to do, for the page that shows how far it is.
    """
    same = Work.kind == kind, Work.subject_id == subject_id
    again = update(Work).where(*same, Work.state == RunState.FAILED)
    result = db.session.execute(
        again.values(state=RunState.REQUESTED, attempts=0, heartbeat_at=now, finished_at=None, error=""),
        execution_options={"synchronize_session": False},
    )
    if cast(CursorResult[Any], result).rowcount or db.session.scalar(select(Work.id).where(*same)):
        return
    work = Work(
        key=secrets.token_urlsafe(18), kind=kind, subject_id=subject_id, partner_id=partner_id, total=total,
        user_id=actor.user_id, user_name=actor.name, state=RunState.REQUESTED, created_at=now, heartbeat_at=now,
    )  # fmt: skip
    try:
        with db.session.begin_nested():
            db.session.add(work)
    except IntegrityError:  # the same form, a moment earlier
        return


def forget(now: datetime) -> int:
    """Delete the works that ended long ago and return how many. Commits."""
    result = db.session.execute(delete(Work).where(*_forgettable(now)))
    db.session.commit()
    return cast(CursorResult[Any], result).rowcount


def count_forgettable(now: datetime) -> int:
    """Return how many works ``forget`` would delete."""
    return db.session.scalar(select(func.count()).select_from(Work).where(*_forgettable(now))) or 0


def _forgettable(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Work.state.in_((RunState.DONE, RunState.FAILED)), Work.finished_at < now - retention.WORKS
