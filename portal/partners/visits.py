"""Visits of the vendor's staff to a partner's clients: begun with a reason, over by themselves, shown to the partner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from portal import audit
from portal.audit import Actor
from portal.domain import visits
from portal.domain.errors import NotFound
from portal.extensions import db
from portal.models import Partner, StaffVisit

VISITED = "staff_visit"
"""What the record calls the beginning of one."""

SHOWN = 20


def begin(partner: Partner, reason: str, *, now: datetime, actor: Actor) -> StaffVisit:
    """Let somebody of the vendor's see a partner's clients for a while, and record why; one that lasts goes on. Commits."""
    if (lasting := current(partner.id, actor.user_id, now)) is not None:
        return lasting
    ends_at = now + visits.LENGTH
    visit = StaffVisit(
        partner_id=partner.id,
        user_id=actor.user_id,
        user_name=actor.name,
        reason=reason,
        began_at=now,
        ends_at=ends_at,
    )
    db.session.add(visit)
    after = {"ends_at": ends_at.isoformat()}
    audit.record(VISITED, actor=actor, now=now, partner_id=partner.id, after=after, reason=reason)
    db.session.commit()
    return visit


def current(partner_id: int, user_id: int, now: datetime) -> StaffVisit | None:
    """Return the visit that lets a user in now, or None."""
    which = StaffVisit.user_id == user_id, StaffVisit.partner_id == partner_id, StaffVisit.ends_at > now
    visit: StaffVisit | None = db.session.scalar(
        select(StaffVisit).where(*which).order_by(StaffVisit.id.desc()).limit(1)
    )
    return visit if visit is not None and visits.is_live(visit.began_at, visit.ends_at, now) else None


def ensure_visiting(partner_id: int, user_id: int, now: datetime) -> StaffVisit:
    """Return the visit that lets a user in.

    Raises:
        NotFound: none does: without a recorded act a partner's clients do not exist for the vendor's staff.
    """
    visit = current(partner_id, user_id, now)
    if visit is None:
        raise NotFound
    return visit


def recent(partner_id: int) -> Sequence[StaffVisit]:
    """Return the last visits to a partner, the newest first."""
    query = select(StaffVisit).where(StaffVisit.partner_id == partner_id).order_by(StaffVisit.id.desc())
    return db.session.scalars(query.limit(SHOWN)).all()
