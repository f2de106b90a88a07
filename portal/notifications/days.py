"""The days that the night's statements leave open, so that each is built once and serves every night."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, bindparam, case

from portal import clock
from portal.clients.conditions import ANY_DAY, status_days
from portal.domain.notices import CODE_AGES, EXPIRY_RULES, NoticeKind, ending_range, issued_range, oldest_due
from portal.models import Client
from portal.models.types import UtcDateTime

Days = dict[str, Any]
"""The parameters of the statements; one that a statement does not name is passed over."""

TODAY = bindparam("today", type_=Date)
NOW = bindparam("now", type_=UtcDateTime())
OLDEST = bindparam("oldest", type_=Date)
"""The first due date that any kind covers today."""

FIRST, LAST = bindparam("first", type_=Date), bindparam("last", type_=Date)
"""The due dates that a kind covers today."""

SINCE, UNTIL = bindparam("since", type_=UtcDateTime()), bindparam("until", type_=UtcDateTime())
"""The moments from which and before which, of codes and certificates, a kind covers today."""

MOST = 31
"""No kind covers more days than a month has."""


def of_kind(kind: NoticeKind, today: date, now: datetime) -> Days | None:
    """Return the days of a kind; None where it rests today."""
    if kind not in EXPIRY_RULES:
        return of_all(today) | _moments(kind, today) | {NOW.key: now}
    rule = EXPIRY_RULES[kind]
    due = rule.due(today)
    if due is None:
        return None
    days = of_all(today) | {NOW.key: now, FIRST.key: due.first, LAST.key: due.last}
    for one in (kind, *rule.answered_by):
        days |= _dated(one, due.days())
    return days


def of_all(today: date) -> Days:
    """Return the days that do not depend on a kind."""
    return {TODAY.key: today, OLDEST.key: oldest_due(today)} | status_days(today)


def effective_on(kind: NoticeKind) -> ColumnElement[date]:
    """Return the effective date of a due date in today's range, spelled out by the domain's own function."""
    told = ((_day(kind, "due", number), _day(kind, "told", number)) for number in range(MOST))
    return case(*told, value=Client.due_on)


def is_covered(moment: Any, kind: NoticeKind) -> list[ColumnElement[bool]]:
    """Return the conditions that a moment, of a code or a certificate, lies on the days that a kind covers today."""
    ends = {SINCE.key: moment >= SINCE, UNTIL.key: moment < UNTIL}
    return [ends[name] for name in _moments(kind, ANY_DAY)]


def _day(kind: NoticeKind, what: str, number: int) -> Any:
    return bindparam(f"{kind.value}_{what}_{number}", type_=Date)


def _dated(kind: NoticeKind, due: list[date]) -> Days:
    """Return due dates with their effective dates, the last one repeated until there are MOST."""
    filled = [*due, *due[-1:] * (MOST - len(due))]
    days: Days = {}
    for number, day in enumerate(filled):
        days[f"{kind.value}_due_{number}"] = day
        days[f"{kind.value}_told_{number}"] = EXPIRY_RULES[kind].effective_on(day)
    return days


def _moments(kind: NoticeKind, today: date) -> Days:
    covered, days = (issued_range if kind in CODE_AGES else ending_range)(kind, today), Days()
    if covered.first is not None:
        days[SINCE.key] = clock.moment_of(covered.first, time())
    if covered.last is not None:
        days[UNTIL.key] = clock.moment_of(covered.last + timedelta(days=1), time())
    return days
