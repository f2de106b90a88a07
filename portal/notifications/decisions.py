"""What a partner decides about its notices: dismiss, put off, ask for silence. Each is one transaction with its event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, update
from sqlalchemy.dialects import postgresql, sqlite

from portal import audit, clock
from portal.audit import Actor
from portal.clients.noticed import open_notices
from portal.domain.notices import NoticeKind
from portal.extensions import db
from portal.models import AuditEvent, Notice, NoticeMute
from portal.models.notice import IS_UNSETTLED


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

    def record(self, action: str, client_id: int | None, after: dict[str, object]) -> AuditEvent:
        """Add the event of the decision."""
        return audit.record(
            action, actor=self.actor, now=self.now, partner_id=self.partner_id, client_id=client_id, after=after
        )


@dataclass(frozen=True)
class Outcome:
    """How many notices (or mutes) a form changed; none where it had been done before, or needed no decision any more."""

    count: int
    event: AuditEvent | None = None


def dismiss(notice: Notice, order: Order) -> Outcome:
    """Close a notice for good."""
    which = [Notice.id == notice.id, Notice.dismissed_at.is_(None), IS_UNSETTLED]
    return _decide(which, order, "notice_dismissed", notice, _dismissal(order))


def dismiss_group(kind: NoticeKind, upto: int, order: Order) -> Outcome:
    """Close the open notices of a kind that the page showed; ``upto`` is the newest there was then."""
    which = [*open_notices(order.partner_id, kind, order.today), Notice.id <= upto]
    return _decide_group(which, order, "notices_dismissed", kind, _dismissal(order))


def postpone(notice: Notice, to: date, order: Order) -> Outcome:
    """Put a notice off to a day (within domain's postponement_range)."""
    which = [Notice.id == notice.id, Notice.dismissed_at.is_(None), IS_UNSETTLED]
    which.append(Notice.postponed_to.is_distinct_from(to))
    return _decide(which, order, "notice_postponed", notice, {"postponed_to": to})


def postpone_group(kind: NoticeKind, upto: int, to: date, order: Order) -> Outcome:
    """Put off the open notices of a kind that the page showed."""
    which = [*open_notices(order.partner_id, kind, order.today), Notice.id <= upto]
    return _decide_group(which, order, "notices_postponed", kind, {"postponed_to": to})


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
    made = _changed(dialect.insert(NoticeMute).values(values).on_conflict_do_nothing())
    which = [Notice.client_id == notice.client_id, Notice.kind == notice.kind, Notice.dismissed_at.is_(None)]
    _changed(update(Notice).where(IS_UNSETTLED, *which).values(_dismissal(order)))
    event = order.record("notice_muted", notice.client_id, {"kind": notice.kind.value}) if made else None
    db.session.commit()
    return Outcome(made, event)


def unmute(client_id: int, kind: NoticeKind, order: Order) -> Outcome:
    """Hear of this kind about this client again, from the next notice on."""
    which = (NoticeMute.client_id == client_id, NoticeMute.kind == kind, NoticeMute.partner_id == order.partner_id)
    gone = _changed(delete(NoticeMute).where(*which))
    event = order.record("notice_unmuted", client_id, {"kind": kind.value}) if gone else None
    db.session.commit()
    return Outcome(gone, event)


def _dismissal(order: Order) -> dict[str, Any]:
    return {"dismissed_at": order.now, "dismissed_by_id": order.actor.user_id}


def _decide(
    which: list[ColumnElement[bool]], order: Order, action: str, notice: Notice, values: dict[str, Any]
) -> Outcome:
    """Change one notice if it still waits for the decision, and record it."""
    client_id, after = notice.client_id, _after(notice.kind, values)
    done = _changed(update(Notice).where(*which).values(values))
    event = order.record(action, client_id, after) if done else None
    db.session.commit()
    return Outcome(done, event)


def _decide_group(
    which: list[ColumnElement[bool]], order: Order, action: str, kind: NoticeKind, values: dict[str, Any]
) -> Outcome:
    """Change what is left of a group, and record how many."""
    done = _changed(update(Notice).where(*which).values(values))
    event = order.record(action, None, _after(kind, values) | {"notices": done}) if done else None
    db.session.commit()
    return Outcome(done, event)


def _after(kind: NoticeKind, values: dict[str, Any]) -> dict[str, object]:
    to = values.get("postponed_to")
    return {"kind": kind.value} | ({"postponed_to": to.isoformat()} if to else {})


def _changed(statement: Any) -> int:
    options = {"synchronize_session": False, "preserve_rowcount": True}
    return int(db.session.execute(statement, execution_options=options).rowcount)  # type: ignore[attr-defined]
