"""The counters of a partner's list, from the kept tallies: a few dozen rows, whatever the number of clients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import select

from portal.clients.filters import SOON_DAYS, ClientFilter
from portal.domain.statuses import DEFAULT_STATUSES, LIVE_STATUSES, DueRange, Status, derive_status
from portal.extensions import db
from portal.models import ClientTally
from portal.models.types import AnyRow


class Group(NamedTuple):
    """Clients that share due date and flags, in the shape that the status rule reads."""

    due_on: date | None
    pending_at: bool | None
    hidden_at: bool | None
    suspended_at: bool | None
    clients: int
    with_unused_code: int
    status: Status | None = None


@dataclass(frozen=True)
class Counters:
    """How many clients there are of each status, today."""

    groups: list[Group]
    by_status: dict[Status, int]
    with_unused_code: int
    due_soon: int

    @property
    def listed(self) -> int:
        """The clients that the list shows before anybody filters."""
        return sum(self.by_status[status] for status in DEFAULT_STATUSES)

    @property
    def total(self) -> int:
        """All clients of the partner, hidden ones included."""
        return sum(self.by_status.values())

    def expected(self, criteria: ClientFilter, due: DueRange | None) -> int:
        """Return how many clients have the statuses and the due dates of the criteria (other criteria apart)."""
        return sum(
            group.clients
            for group in self.groups
            if group.status in criteria.statuses
            and (due is None or (group.pending_at is None and due.holds(group.due_on)))
        )

    def exact(self, criteria: ClientFilter, due: DueRange | None) -> int | None:
        """Return how many rows the list holds, where the counters alone can tell."""
        is_counted = not (criteria.search or criteria.product or criteria.method or criteria.uf)
        return self.expected(criteria, due) if is_counted and not criteria.is_code_unused else None

    def is_sorting_cheaper(self, criteria: ClientFilter, due: DueRange | None) -> bool:
        """Say whether collecting all matching rows and sorting them beats walking the sorted index past the others.

        A walk meets one match in every total ÷ expected rows and needs a page of them; collecting reads every match.
        """
        expected = self.expected(criteria, due)
        return expected * expected < self.total * criteria.size


def read(partner_id: int, today: date) -> Counters:
    """Return a partner's counters as they stand today."""
    tally = ClientTally.__table__.c
    query = select(
        tally.due_on, tally.is_pending, tally.is_hidden, tally.is_suspended, tally.clients, tally.with_unused_code
    ).where(tally.partner_id == partner_id, tally.clients > 0)
    groups = [_group(row, today) for row in db.session.execute(query)]
    by_status = dict.fromkeys(Status, 0)
    for group in groups:
        by_status[group.status] += group.clients  # type: ignore[index]
    unused = sum(group.with_unused_code for group in groups if group.status in LIVE_STATUSES)
    soon = DueRange(today, today + timedelta(days=SOON_DAYS))
    due_soon = sum(group.clients for group in groups if group.pending_at is None and soon.holds(group.due_on))
    return Counters(groups, by_status, unused, due_soon)


def _group(row: AnyRow, today: date) -> Group:
    due_on, is_pending, is_hidden, is_suspended, clients, unused = row
    group = Group(due_on, is_pending or None, is_hidden or None, is_suspended or None, clients, unused)
    return group._replace(status=derive_status(group, today))  # type: ignore[arg-type]
