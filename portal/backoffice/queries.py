"""Reading what waits for the vendor's staff: a handful of counts, each from an index of its own."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from portal.domain.jobs import RunState
from portal.domain.requests import RequestState
from portal.evaluations import queries as evaluations
from portal.evaluations.filters import Turn
from portal.extensions import db
from portal.models import JobRun
from portal.partners import queries as partners
from portal.partners.filters import State
from portal.payments import queries as payments
from portal.payments.filters import Tab
from portal.requests import queries as requests
from portal.requests.filters import RequestFilter
from portal.requests.queries import Whose


@dataclass(frozen=True)
class Waiting:
    """How much of what waits for somebody, and how many partners there are."""

    registrations: int
    requests: int
    unmatched: int
    returned: int
    failed_jobs: int
    partners: int
    suspended_partners: int


def waiting() -> Waiting:
    """Return the counts of today."""
    turns, tabs, states = evaluations.waiting(), payments.waiting(), partners.totals()
    return Waiting(
        turns[Turn.VENDOR],
        requests.counts(Whose(None, None), RequestFilter())[RequestState.SENT],
        tabs[Tab.UNMATCHED],
        tabs[Tab.RETURNED],
        failed_jobs(),
        sum(states.values()),
        states[State.SUSPENDED],
    )


def failed_jobs() -> int:
    """Return how many daily jobs failed when they were run last."""
    newer = aliased(JobRun)
    is_last = ~select(newer.day).where(newer.name == JobRun.name, newer.day > JobRun.day).exists()
    failed = select(func.count()).select_from(JobRun).where(JobRun.state == RunState.FAILED, is_last)
    return db.session.scalar(failed) or 0
