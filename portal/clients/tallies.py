"""The counters of a partner's list, from the kept tallies: some hundred rows read, a dozen returned, whatever it holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import bindparam, case, func, select

from portal.clients.filters import DUE_WITHIN_DAYS, SOON_DAYS, ClientFilter
from portal.domain.statuses import DEFAULT_STATUSES, LIVE_STATUSES, RULES, DueRange, Status, derive_status, to_renew
from portal.extensions import db
from portal.models import ClientTally
from portal.models.types import AnyRow, AnySelect

NARROWING = 16


class Group(NamedTuple):
    """Clients that share flags and a stretch of due dates, in the shape that the status rule reads.

    ``due_on`` is their earliest due date; status and the filter "Vencimento" are the same for all of them.
    """

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
        return None if _is_narrowed(criteria) else self.expected(criteria, due)

    def is_sorting_cheaper(self, criteria: ClientFilter, due: DueRange | None) -> bool:
        """Say whether collecting all matching rows and sorting them beats walking the sorted index past the others.

        A walk meets one match in every total ÷ expected rows and needs a page of them; collecting reads every match.
        What the counters do not know is taken to leave one match in NARROWING: the walk is as much longer.
        """
        expected = self.expected(criteria, due)
        longer = NARROWING if _is_narrowed(criteria) else 1
        return expected * expected < self.total * criteria.size * longer


def _is_narrowed(criteria: ClientFilter) -> bool:
    """Say whether the criteria ask for something that the counters do not know."""
    return bool(
        criteria.search
        or criteria.product
        or criteria.method
        or criteria.uf
        or criteria.is_code_unused
        or criteria.has_open_charge
        or criteria.silent_days
        or criteria.notice
    )


def cuts(today: date, more: Iterable[DueRange] = ()) -> list[date]:
    """Return the due dates at which an answer of the rules, of the filter "Vencimento" or of ``more`` changes."""
    ranges = [*more, to_renew(today), *(rule.due(today) for rule in RULES.values() if rule.due)]
    ranges += [DueRange(today, today + timedelta(days=days)) for days in DUE_WITHIN_DAYS]
    firsts = {due.first for due in ranges if due.first}
    return sorted(firsts | {due.last + timedelta(days=1) for due in ranges if due.last})


@lru_cache(maxsize=16)
def _statement(stretches: int) -> AnySelect:
    """Return the query for a number of stretches between dates c0, c1, ...; one object, so that its SQL is made once."""
    tally = ClientTally.__table__.c
    flags = (tally.is_pending, tally.is_hidden, tally.is_suspended)
    whens = [(tally.due_on < bindparam(f"c{number}", type_=tally.due_on.type), number) for number in range(stretches)]
    return (
        select(func.min(tally.due_on), *flags, func.sum(tally.clients), func.sum(tally.with_unused_code))
        .where(tally.partner_id == bindparam("partner_id"), tally.clients > 0)
        .group_by(*flags, case(*whens, else_=stretches))
    )


def read(partner_id: int, today: date, more: Iterable[DueRange] = ()) -> Counters:
    """Return a partner's counters as they stand today; ``more`` names due dates that are asked for beside the filter's."""
    dates = cuts(today, more)
    values = {"partner_id": partner_id} | {f"c{number}": day for number, day in enumerate(dates)}
    groups = [_group(row, today) for row in db.session.execute(_statement(len(dates)), values)]
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
