"""Deleting what has been kept long enough, kind by kind: what is forgotten of each is its feature's to say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, delete, func, select

from portal.extensions import db

Forgettable = Mapping[str, tuple[type[Any], ColumnElement[bool]]]
"""By the name that a job counts it under: the table, and the condition of what goes."""


def forget(kinds: Forgettable) -> dict[str, int]:
    """Delete it and return how much of each kind. Commits after each kind."""
    counts = {}
    for name, (model, clause) in kinds.items():
        result = db.session.execute(delete(model).where(clause))
        counts[name] = cast(CursorResult[Any], result).rowcount
        db.session.commit()
    return counts


def count(kinds: Forgettable) -> dict[str, int]:
    """Return how much ``forget`` would delete."""
    return {
        name: db.session.scalar(select(func.count()).select_from(model).where(clause)) or 0
        for name, (model, clause) in kinds.items()
    }
