"""Taking a decision about notices back ("Desfazer"), as far as nothing has changed since."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, exists, select, update

from portal.clients.undo import reason_of
from portal.domain.errors import NotFound
from portal.domain.ids import LARGEST_ID
from portal.domain.notices import NoticeKind
from portal.extensions import db
from portal.models import AuditEvent, Notice, NoticeMute
from portal.models.notice import IS_UNSETTLED
from portal.notifications.decisions import Facts, Order, Outcome, changed

ACTIONS = frozenset({"notice_dismissed", "notices_dismissed", "notice_postponed", "notices_postponed"})
"""What can be taken back; silence about a client has its own way back, in sight of the inbox."""


def get_event(partner_id: int, event_id: int) -> AuditEvent:
    """Return the event of a decision of a partner.

    Raises:
        NotFound: the partner has no such event, or it is of another kind.
    """
    event: AuditEvent | None = None
    if event_id <= LARGEST_ID:
        query = select(AuditEvent).where(AuditEvent.id == event_id, AuditEvent.partner_id == partner_id)
        event = db.session.scalar(query)
    if event is None or event.action not in ACTIONS:
        raise NotFound
    return event


def kind_of(event: AuditEvent) -> NoticeKind:
    """Return the kind of the notices that a decision was about.

    Raises:
        NotFound: there is no such kind any more.
    """
    kind = NoticeKind.parse(str((event.after or {}).get("kind", "")))
    if kind is None:
        raise NotFound
    return kind


def decided(event: AuditEvent) -> int:
    """Return how many notices a decision was about."""
    return int((event.after or {}).get("notices", 1))


def undo(event: AuditEvent, order: Order) -> Outcome:
    """Have the notices of a decision wait again. Commits.

    Left as they are: what was decided about again since, what needs no decision any more, what is not to be told of. So a
    decision is taken back once, however often that is asked for.
    """
    values = _undone(event) | {"decision_id": None}
    done = changed(update(Notice).where(*_still_decided(event)).values(values))
    undone = _record(event, done, order) if done else None
    db.session.commit()
    return Outcome(done, undone)


def _still_decided(event: AuditEvent) -> list[ColumnElement[bool]]:
    is_muted = exists().where(NoticeMute.client_id == Notice.client_id, NoticeMute.kind == Notice.kind)
    same = [Notice.partner_id == event.partner_id, Notice.kind == kind_of(event), Notice.decision_id == event.id]
    return [*same, IS_UNSETTLED, ~is_muted]


def _undone(event: AuditEvent) -> Facts:
    """Return what the columns held before; a group that was put off had been shown, so that it shows again."""
    if "postponed_to" not in (event.after or {}):
        return {"dismissed_at": None, "dismissed_by_id": None}
    earlier = (event.before or {}).get("postponed_to")
    return {"postponed_to": date.fromisoformat(earlier) if earlier else None}


def _record(event: AuditEvent, done: int, order: Order) -> AuditEvent:
    after: Facts = {"kind": kind_of(event).value}
    if event.client_id:
        return order.record("notice_reopened", event.client_id, after, reason=reason_of(event.id))
    return order.record("notices_reopened", None, after | {"notices": done}, reason=reason_of(event.id))
