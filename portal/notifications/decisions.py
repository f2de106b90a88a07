"""What a partner decides about its notices: dismiss, put off, ask for silence. Each is one transaction with its event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal import audit, clock
from portal.audit import Actor
from portal.clients.noticed import open_notices
from portal.domain.notices import NoticeKind
from portal.extensions import db
from portal.models import AuditEvent, Notice, NoticeMute
from portal.models.notice import IS_UNSETTLED

Facts = dict[str, Any]

AT_ONCE = 1_000
"""So many notices one statement names."""


@dataclass(frozen=True)
class Order:
    """Who decides, for which partner, when."""

    partner_id: int
    actor: Actor
    now: datetime

    @property
    def today(self) -> date:
        """The civil date of the decision."""
        return clock.local_date(self.now)

    def record(
        self, action: str, client_id: int | None, after: Facts, before: Facts | None = None, reason: str = ""
    ) -> AuditEvent:
        """Add the event of the decision."""
        event = self.draft(action, client_id, after, before, reason)
        audit.keep(event)
        return event

    def draft(
        self, action: str, client_id: int | None, after: Facts, before: Facts | None = None, reason: str = ""
    ) -> AuditEvent:
        """Return the event of the decision, which may still be told how many notices it was about."""
        return audit.draft(
            action,
            actor=self.actor,
            now=self.now,
            partner_id=self.partner_id,
            client_id=client_id,
            before=before,
            after=after,
            reason=reason,
        )


@dataclass(frozen=True)
class Outcome:
    """How many notices (or mutes) a form changed; none where it had been done before, or needed no decision any more."""

    count: int
    event: AuditEvent | None = None


def dismiss(notice: Notice, order: Order) -> Outcome:
    """Close a notice for good."""
    event = order.record("notice_dismissed", notice.client_id, {"kind": notice.kind.value})
    which = [Notice.id == notice.id, Notice.dismissed_at.is_(None), IS_UNSETTLED]
    return _decide(which, _dismissal(order), event)


def dismiss_group(kind: NoticeKind, upto: int, order: Order) -> Outcome:
    """Close the open notices of a kind that the page showed; ``upto`` is the newest there was then."""
    event = order.draft("notices_dismissed", None, {"kind": kind.value})
    which = [*open_notices(order.partner_id, kind, order.today), Notice.id <= upto]
    return _decide_all(which, _dismissal(order), event)


def postpone(notice: Notice, to: date, order: Order) -> Outcome:
    """Put a notice off to a day (within domain's postponement_range)."""
    before = {"postponed_to": notice.postponed_to.isoformat()} if notice.postponed_to else None
    after = {"kind": notice.kind.value, "postponed_to": to.isoformat()}
    event = order.record("notice_postponed", notice.client_id, after, before)
    which = [Notice.id == notice.id, Notice.dismissed_at.is_(None), IS_UNSETTLED]
    return _decide([*which, Notice.postponed_to.is_distinct_from(to)], {"postponed_to": to}, event)


def postpone_group(kind: NoticeKind, upto: int, to: date, order: Order) -> Outcome:
    """Put off the open notices of a kind that the page showed."""
    event = order.draft("notices_postponed", None, {"kind": kind.value, "postponed_to": to.isoformat()})
    which = [*open_notices(order.partner_id, kind, order.today), Notice.id <= upto]
    return _decide_all(which, {"postponed_to": to}, event)


def mute(notice: Notice, order: Order) -> Outcome:
    """Hear no more of this kind about this client; what is open of it is dismissed with it."""
    dialect = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    values = {
        "client_id": notice.client_id,
        "kind": notice.kind,
        "partner_id": order.partner_id,
        "muted_at": order.now,
        "muted_by_id": order.actor.user_id,
    }
    made = changed(dialect.insert(NoticeMute).values(values).on_conflict_do_nothing())
    event = order.record("notice_muted", notice.client_id, {"kind": notice.kind.value}) if made else None
    which = [Notice.client_id == notice.client_id, Notice.kind == notice.kind, Notice.dismissed_at.is_(None)]
    decision = {"decision_id": event.id} if event else {}
    changed(update(Notice).where(IS_UNSETTLED, *which).values(_dismissal(order) | decision))
    db.session.commit()
    return Outcome(made, event)


def unmute(client_id: int, kind: NoticeKind, order: Order) -> Outcome:
    """Hear of this kind about this client again, from the next notice on."""
    which = (NoticeMute.client_id == client_id, NoticeMute.kind == kind, NoticeMute.partner_id == order.partner_id)
    gone = changed(delete(NoticeMute).where(*which))
    event = order.record("notice_unmuted", client_id, {"kind": kind.value}) if gone else None
    db.session.commit()
    return Outcome(gone, event)


def _dismissal(order: Order) -> Facts:
    return {"dismissed_at": order.now, "dismissed_by_id": order.actor.user_id}


def _decide(which: list[ColumnElement[bool]], values: Facts, event: AuditEvent) -> Outcome:
    """Change what still waits for the decision; the event of none is taken out again."""
    done = changed(update(Notice).where(*which).values(values | {"decision_id": event.id}))
    if not done:
        db.session.rollback()
        return Outcome(0)
    db.session.commit()
    return Outcome(done, event)


def _decide_all(which: list[ColumnElement[bool]], values: Facts, event: AuditEvent) -> Outcome:
    """Change those of a group that still wait for the decision; its event says how many they were."""
    ids = db.session.scalars(select(Notice.id).where(*which).order_by(Notice.id).with_for_update(of=Notice)).all()
    if not ids:
        db.session.rollback()
        return Outcome(0)
    event.after = {**(event.after or {}), "notices": len(ids)}
    values = values | {"decision_id": audit.keep(event)}
    for start in range(0, len(ids), AT_ONCE):
        changed(update(Notice).where(Notice.id.in_(ids[start : start + AT_ONCE])).values(values))
    db.session.commit()
    return Outcome(len(ids), event)


def changed(statement: Any) -> int:
    """Execute an UPDATE, INSERT or DELETE and return how many rows it touched."""
    options = {"synchronize_session": False, "preserve_rowcount": True}
    return int(db.session.execute(statement, execution_options=options).rowcount)  # type: ignore[attr-defined]
