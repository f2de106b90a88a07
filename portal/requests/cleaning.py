"""Forgetting the files of requests that ended, once they have been kept long enough; the requests themselves stay."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from portal import forgetting
from portal.domain import retention
from portal.forgetting import Forgettable
from portal.models import RequestFile, RequestPiece, ServiceRequest


def forget(now: datetime) -> dict[str, int]:
    """Delete them and return how many files. Commits after each table."""
    forgetting.forget({"pieces": _forgettable(RequestPiece, now)})
    return forgetting.forget(_files(now))


def count_forgettable(now: datetime) -> dict[str, int]:
    """Return how many files ``forget`` would delete."""
    return forgetting.count(_files(now))


def _files(now: datetime) -> Forgettable:
    return {"request_files": _forgettable(RequestFile, now)}


def _forgettable(model: type[RequestFile | RequestPiece], now: datetime) -> tuple[type[Any], ColumnElement[bool]]:
    ended = select(ServiceRequest.id).where(ServiceRequest.ended_at < now - retention.REQUEST_FILES)
    return model, model.request_id.in_(ended)
