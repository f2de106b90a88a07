"""Clients that a group of open notices is about: the filter that the banner leads to."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, or_, select

from portal.domain.notices import EXPIRY_RULES, NoticeKind
from portal.domain.statuses import DueRange
from portal.models import AuditEvent, Client, Notice
from portal.models.notice import IS_UNSETTLED

SETTLING = frozenset({"due_on", "pending_at", "hidden_at"})
"""A client's columns whose change closes notices about it; the schema's triggers watch the same ones."""


def has_settled(event: AuditEvent | None) -> bool:
    """Say whether a change may have closed notices, so that the banner counts fewer."""
    return event is not None and not SETTLING.isdisjoint(event.after or {})


def open_notices(partner_id: int, kind: NoticeKind, today: date) -> list[ColumnElement[bool]]:
    """Return the conditions of a partner's notices of a kind that wait for a decision today; one partial index holds them."""
    is_shown = or_(Notice.postponed_to.is_(None), Notice.postponed_to <= today)
    return [IS_UNSETTLED, Notice.dismissed_at.is_(None), Notice.partner_id == partner_id, Notice.kind == kind, is_shown]


def is_told_of(partner_id: int, kind: NoticeKind, today: date) -> ColumnElement[bool]:
    """Return the condition that an open notice of a kind is about the client."""
    return Client.id.in_(select(Notice.client_id).where(*open_notices(partner_id, kind, today)))


def due_range(kind: NoticeKind, today: date) -> DueRange | None:
    """Return the due dates that the notices of a kind are about today; none where they are not about a due date."""
    rule = EXPIRY_RULES.get(kind)
    return rule.due(today) if rule else None
