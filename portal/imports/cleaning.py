"""Forgetting imports: what was never confirmed, and the rows of files whose clients are registered long since."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, or_, select

from portal.domain import retention
from portal.domain.imports import ImportState
from portal.extensions import db
from portal.imports.service import CHECKABLE
from portal.models import ImportRow, ImportRun


def forget(now: datetime) -> int:
    """Delete the runs that were kept long enough, with their rows, and return how many. Commits."""
    old = list(db.session.scalars(select(ImportRun.id).where(_forgettable(now))))
    db.session.execute(delete(ImportRow).where(ImportRow.run_id.in_(old)))
    db.session.execute(delete(ImportRun).where(ImportRun.id.in_(old)))
    db.session.commit()
    return len(old)


def count_forgettable(now: datetime) -> int:
    """Return how many runs ``forget`` would delete."""
    return db.session.scalar(select(func.count()).select_from(ImportRun).where(_forgettable(now))) or 0


def _forgettable(now: datetime) -> ColumnElement[bool]:
    ended = ImportRun.state.in_((ImportState.FINISHED, ImportState.UNDONE))
    return or_(
        and_(ImportRun.state.in_(CHECKABLE), ImportRun.created_at < now - retention.IMPORT_DRAFTS),
        and_(ended, ImportRun.confirmed_at < now - retention.IMPORTS),
    )
