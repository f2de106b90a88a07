"""A client's certificate: taken in, replaced, removed, invalidated. Each is one transaction with its audit event.

What is secret is sealed before it is stored, and goes when a certificate is not the current one any more.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import update

from portal import clock
from portal.audit import Actor
from portal.certificates import fence, queries
from portal.clients import service as clients
from portal.clients.service import Order, Outcome
from portal.domain.actions import Action, ensure_allowed
from portal.domain.certificates import CertificateRefused, Ended, Facts, Fault, ensure_fitting
from portal.domain.errors import NotFound
from portal.domain.statuses import derive_status
from portal.extensions import db
from portal.models import AuditEvent, Certificate, Client
from portal.notifications import telling
from portal.sealing import SealError, sealer

REMOVED = "certificate_removed"


@dataclass(frozen=True, repr=False)
class Upload:
    """What a form sent: the file, its password, a CSC with its id or "" for none, and whether the former one's CSC stays.

    It has no repr, so that no log ever shows it.
    """

    content: bytes
    password: str
    csc_id: str = ""
    csc: str = ""
    keeps_csc: bool = False

    @property
    def asked(self) -> dict[str, Any]:
        """What tells the form from another one, with nothing that could be guessed back from it."""
        csc = sealer().digest(self.csc.encode()) if self.csc else ""
        file = hashlib.sha256(self.content).hexdigest()
        return {"file": file, "csc_id": self.csc_id, "csc": csc, "keeps_csc": self.keeps_csc}


def upload(client: Client, sent: Upload, *, version: int, now: datetime, actor: Actor) -> Outcome:
    """Make a certificate the client's current one, in place of the one that it had.

    Raises:
        CertificateRefused: it does not open, does not hold today, or is another's.
        StaleState, RepeatMismatch, ActionRefused: as every change.
    """
    order = _order(sent, version, now, actor)
    if client.version != version:
        return clients.done_before(order, client)
    clients.ensure_possible(order, client)
    document = client.document
    db.session.rollback()  # reading takes seconds, for which the gate's transaction would hold SQLite's write lock
    facts = fence.read_certificate(sent.content, sent.password)
    ensure_fitting(facts, document, now)
    return keep(client, sent, facts, version=version, now=now, actor=actor)


def keep(client: Client, sent: Upload, facts: Facts, *, version: int, now: datetime, actor: Actor) -> Outcome:
    """Do so with a certificate whose facts are known to fit.

    Raises:
        StaleState, RepeatMismatch, ActionRefused: as every change.
    """
    order = _order(sent, version, now, actor)
    return clients.apply(order, client, {}, lambda event: _put(client, sent, facts, event, actor))


def _order(sent: Upload, version: int, now: datetime, actor: Actor) -> Order:
    return Order(Action.CERTIFICATE, version, actor, now, sent.asked)


def remove(client: Client, *, version: int, now: datetime, actor: Actor) -> Outcome:
    """Forget a client's current certificate.

    Raises:
        NotFound: it has none.
        StaleState, RepeatMismatch, ActionRefused: as every change.
    """
    if client.version == version:
        ensure_allowed(Action.CERTIFICATE, derive_status(client, clock.local_date(now)), client)
        if queries.current_of(client.id) is None:
            raise NotFound
    order = Order(REMOVED, version, actor, now, {})
    return clients.once(order, client, {}, lambda event: _take_away(client, event))


def invalidate(client: Client, now: datetime) -> bool:
    """End a client's certificate because its document changed; says whether it had one. Does not commit."""
    current = queries.current_of(client.id)
    if current is not None:
        _end(current, Ended.INVALIDATED, now)
    return current is not None


def _put(client: Client, sent: Upload, facts: Facts, event: AuditEvent, actor: Actor) -> None:
    before = queries.current_of(client.id)
    csc_id, csc = _csc(sent, before)
    event.before = _recorded(before)
    if before is not None:
        _end(before, Ended.REPLACED, event.at)
    new = _added(client, facts, csc_id, event.at, actor)
    event.after = _recorded(new)
    _seal(new, sent, csc)


def _csc(sent: Upload, before: Certificate | None) -> tuple[str, bytes]:
    """Return the CSC that goes with a new certificate: the form's or, where it asks for that, the former one's.

    Raises:
        CertificateRefused: the former one was sealed with a key that is gone.
    """
    if sent.csc or not sent.keeps_csc or before is None or before.sealed_csc is None:
        return sent.csc_id, sent.csc.encode()
    try:
        return before.csc_id, sealer().unseal(before.sealed_csc, _place("csc", before))
    except SealError:
        raise CertificateRefused(Fault.CSC_LOST) from None


def _added(client: Client, facts: Facts, csc_id: str, now: datetime, actor: Actor) -> Certificate:
    new = Certificate(
        **vars(facts), partner_id=client.partner_id, client_id=client.id, csc_id=csc_id, uploaded_at=now,
        uploaded_by_id=actor.user_id,
    )  # fmt: skip
    db.session.add(new)
    db.session.flush()
    return new


def _seal(new: Certificate, sent: Upload, csc: bytes) -> None:
    """Store what is secret; only now does the row have the id that is part of the place."""
    new.sealed_content = sealer().seal(sent.content, _place("content", new))
    new.sealed_password = sealer().seal(sent.password.encode(), _place("password", new))
    new.sealed_csc = sealer().seal(csc, _place("csc", new)) if csc else None


def _place(what: str, certificate: Certificate) -> str:
    return f"certificates:{what}:{certificate.id}"


def _take_away(client: Client, event: AuditEvent) -> None:
    current = queries.current_of(client.id)
    event.before, event.after = _recorded(current), _recorded(None)
    if current is not None:
        _end(current, Ended.REMOVED, event.at)


def _end(current: Certificate, how: Ended, now: datetime) -> None:
    """Close a certificate: what it says stays, what was sealed goes, and nobody is told of its end any more."""
    gone = {"sealed_content": None, "sealed_password": None, "sealed_csc": None}
    statement = update(Certificate).where(Certificate.id == current.id)
    db.session.execute(statement.values(ended_at=now, ended_as=how, **gone))
    telling.settle_certificates(current.client_id)


def _recorded(certificate: Certificate | None) -> dict[str, Any]:
    """Return what the history keeps of a certificate."""
    if certificate is None:
        return {"holder": "", "valid_through_on": ""}
    through: date = clock.local_date(certificate.not_after)
    return {"holder": certificate.holder, "valid_through_on": through.isoformat(), "certificate_id": certificate.id}
