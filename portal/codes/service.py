"""Handing codes on: each sending is recorded, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal import audit, clock
from portal.audit import Actor
from portal.domain.codes import SendingWay
from portal.domain.errors import CodeClosed
from portal.domain.statuses import LIVE_STATUSES, derive_status
from portal.extensions import db
from portal.models import Client, CodeSending, RegistrationCode


@dataclass(frozen=True)
class Sending:
    """What a form did: when it was recorded, and whether the same form had done so before."""

    id: int
    way: SendingWay
    sent_at: datetime
    is_repeat: bool = False


def is_open(code: RegistrationCode, client: Client, now: datetime) -> bool:
    """Say whether a code still activates something: unused, and its client Ativo, Suspenso or Expirado (DOMAIN §3)."""
    is_unused = code.consumed_at is None and code.revoked_at is None
    return is_unused and derive_status(client, clock.local_date(now)) in LIVE_STATUSES


def send(code: RegistrationCode, client: Client, way: SendingWay, *, seen: int, now: datetime, actor: Actor) -> Sending:
    """Record that a code was handed on; ``seen`` is the last sending that the form knew of (0 for none).

    The same person's same form sent again finds what it did: a later sending of that way by the same hand. The code's
    row is locked meanwhile, so that forms sent at once come one after the other.

    Raises:
        CodeClosed: the code was used or replaced, or its client's license ended.
    """
    db.session.refresh(code, with_for_update=True)
    if not is_open(code, client, now):
        raise CodeClosed
    mine = CodeSending.way == way, CodeSending.user_id == actor.user_id
    before = select(CodeSending).where(CodeSending.code_id == code.id, CodeSending.id > seen, *mine)
    if done := db.session.scalar(before.limit(1)):
        return Sending(done.id, done.way, done.sent_at, is_repeat=True)
    sent = CodeSending(code_id=code.id, way=way, sent_at=now, user_id=actor.user_id)
    db.session.add(sent)
    after = {"item": code.item.value, "code_id": code.id}
    audit.record(
        f"code_sent_{way}", actor=actor, now=now, partner_id=client.partner_id, client_id=client.id, after=after
    )
    recorded = Sending(sent.id, way, now)
    db.session.commit()
    return recorded
