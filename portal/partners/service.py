"""Registering a partner, moving its due day, suspending it. Each is one transaction with its audit event."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal import audit
from portal.audit import Actor
from portal.domain.errors import Invalid, StaleState
from portal.extensions import db
from portal.models import AuditEvent, Partner
from portal.partners import queries
from portal.partners.texts import Text

REGISTERED, DUE_DAY, SUSPENDED, RESUMED = (
    "partner_registered",
    "partner_due_day",
    "partner_suspended",
    "partner_resumed",
)
CHANGES = (REGISTERED, DUE_DAY, SUSPENDED, RESUMED)
"""What the record calls what is done to a partner itself."""


@dataclass(frozen=True)
class NewPartner:
    """What the form asks for; the CNPJ is valid and normalised."""

    name: str
    document: str
    due_day: int


@dataclass(frozen=True)
class Outcome:
    """What a form did: its event (none where nothing differed), and whether it had done so before."""

    event: AuditEvent | None
    is_repeat: bool = False


def register(asked: NewPartner, *, now: datetime, actor: Actor) -> Partner:
    """Add a partner, or return the one that the same form added before. Commits.

    Raises:
        Invalid: another one has this CNPJ.
    """
    fingerprint = audit.fingerprint(REGISTERED, asdict(asked))
    if known := queries.by_document(asked.document):
        return _made_before(known, fingerprint)
    partner = Partner(**asdict(asked), created_at=now)
    db.session.add(partner)
    try:
        db.session.flush()
    except IntegrityError:  # somebody was faster by a moment
        db.session.rollback()
        known = queries.by_document(asked.document)
        if known is None:
            raise
        return _made_before(known, fingerprint)
    audit.record(REGISTERED, actor=actor, now=now, partner_id=partner.id, after=asdict(asked), asked=fingerprint)
    db.session.commit()
    return partner


def _made_before(partner: Partner, fingerprint: str) -> Partner:
    made = select(AuditEvent.id).where(AuditEvent.partner_id == partner.id, AuditEvent.fingerprint == fingerprint)
    if db.session.scalar(made) is None:
        raise Invalid({"document": [Text.KNOWN.label]})
    return partner


def move_due_day(partner: Partner, day: int, *, version: int, now: datetime, actor: Actor) -> Outcome:
    """Give later registrations and reactivations another due day; no client that is there moves (DOMAIN §5, Cycle).

    Raises:
        StaleState: the partner was changed since the form was rendered.
    """
    return _once(partner, DUE_DAY, {"due_day": day}, version=version, now=now, actor=actor)


def suspend(partner: Partner, *, version: int, reason: str, now: datetime, actor: Actor) -> Outcome:
    """Leave a partner's users only reading and paying; its clients' programs go on (DOMAIN §2).

    Raises:
        StaleState: the partner was changed since the form was rendered.
    """
    changes = {"suspended_at": partner.suspended_at or now}
    return _once(partner, SUSPENDED, changes, version=version, now=now, actor=actor, reason=reason)


def resume(partner: Partner, *, version: int, now: datetime, actor: Actor) -> Outcome:
    """Let a suspended partner's users work again.

    Raises:
        StaleState: the partner was changed since the form was rendered.
    """
    return _once(partner, RESUMED, {"suspended_at": None}, version=version, now=now, actor=actor)


def _once(
    partner: Partner,
    action: str,
    values: dict[str, Any],
    *,
    version: int,
    now: datetime,
    actor: Actor,
    reason: str = "",
) -> Outcome:
    """Set columns of the version that the form was rendered from, exactly once, and record it. Commits."""
    content = {"reason": reason} | {name: value for name, value in values.items() if name == "due_day"}
    fingerprint = audit.fingerprint(action, content)
    changes = {name: value for name, value in values.items() if value != getattr(partner, name)}
    if partner.version == version and not changes:
        return Outcome(None)
    before = {name: _kept(getattr(partner, name)) for name in changes}
    statement = update(Partner).where(Partner.id == partner.id, Partner.version == version)
    done = db.session.execute(
        statement.values(**changes, version=version + 1), execution_options={"synchronize_session": False}
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        db.session.rollback()
        return _done_before(partner, version, fingerprint)
    event = audit.record(
        action,
        actor=actor,
        now=now,
        partner_id=partner.id,
        before=before,
        after={name: _kept(value) for name, value in changes.items()},
        reason=reason,
        base_version=version,
        asked=fingerprint,
    )
    db.session.commit()
    return Outcome(event)


def _done_before(partner: Partner, version: int, fingerprint: str) -> Outcome:
    db.session.refresh(partner)
    same = AuditEvent.base_version == version, AuditEvent.fingerprint == fingerprint
    query = select(AuditEvent).where(AuditEvent.partner_id == partner.id, AuditEvent.client_id.is_(None), *same)
    event = db.session.scalar(query)
    if event is None:
        raise StaleState(partner.version)
    return Outcome(event, is_repeat=True)


def _kept(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
