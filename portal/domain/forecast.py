"""What will happen to a client if nobody does anything: the same rules as the night's, asked day by day (DOMAIN §1, §10)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from portal.domain import cycle
from portal.domain.notices import CERTIFICATE_DAYS, TOLD_OF_CERTIFICATES, NoticeKind
from portal.domain.silence import Answers, told_of
from portal.domain.statuses import LIVE_STATUSES, Facts, Status, derive_status


class Step(NamedTuple):
    """A day on which something happens by itself: a status begins, a notice comes, or it is the last one to renew."""

    on: date
    status: Status | None = None
    notice: NoticeKind | None = None
    is_muted: bool = False
    is_last_to_renew: bool = False


def steps(facts: Facts, today: date, muted: Collection[NoticeKind] = (), answers: Answers | None = None) -> list[Step]:
    """Return what comes after today, in order of days; nothing for clients whose license has ended or not begun.

    ``answers`` is what keeps its notices from being told.

    A client due in months is followed from the days before its due date on: nothing happens to it until then.
    """
    due_on = facts.due_on
    if due_on is None or derive_status(facts, today) not in LIVE_STATUSES:
        return []
    opens_on, last_on = cycle.renewal_window(due_on)
    begin = max(today + timedelta(days=1), opens_on)
    days = ((begin + timedelta(days=number)) for number in range((cycle.inactive_from(due_on) - begin).days + 1))
    return [step for day in days for step in _steps_on(facts, day, last_on, muted, answers)]


def certificate_steps(facts: Facts, through_on: date, today: date, muted: Collection[NoticeKind] = ()) -> list[Step]:
    """Return the notices that come after today about a certificate's last day, while its client is one to be told."""
    days = {kind: through_on - timedelta(days=count) for kind, count in CERTIFICATE_DAYS.items()}
    return [
        Step(day, notice=kind, is_muted=kind in muted)
        for kind, day in days.items()
        if day > today and derive_status(facts, day) in TOLD_OF_CERTIFICATES
    ]


def _steps_on(
    facts: Facts, day: date, last_on: date, muted: Collection[NoticeKind], answers: Answers | None
) -> Iterator[Step]:
    """Yield what differs from the day before."""
    before, status, notice = day - timedelta(days=1), derive_status(facts, day), told_of(facts, day, answers)
    if status is not derive_status(facts, before):
        yield Step(day, status=status)
    if notice is not None and notice is not told_of(facts, before, answers):
        yield Step(day, notice=notice, is_muted=notice in muted)
    if day == last_on:
        yield Step(day, is_last_to_renew=True)
