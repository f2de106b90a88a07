"""Sending a request to the vendor, and writing about it: each once for each form, with its line of time (DOMAIN §9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from portal import audit, clock
from portal.audit import Actor
from portal.domain.actions import Action, ensure_allowed
from portal.domain.errors import NotFound, RepeatMismatch
from portal.domain.requests import ENDED, PRODUCTS, Obstacle, RequestKind, RequestRefused, RequestState, Side
from portal.domain.statuses import derive_status
from portal.extensions import db
from portal.models import Client, RequestEntry, RequestFile, RequestPiece, ServiceRequest
from portal.requests import service
from portal.requests.files import Upload
from portal.requests.service import Done

SENT, MESSAGE = "request_sent", "request_message"
"""What the record calls them."""


@dataclass(frozen=True)
class Asked:
    """What a form asks of the vendor: its random key, the kind, what was typed, the file that goes along."""

    kind: RequestKind
    key: str
    facts: Mapping[str, Any]
    upload: Upload | None = None

    def fingerprint(self, client: Client) -> str:
        """The same form sent again has the same fingerprint."""
        file = self.upload.sha256 if self.upload else ""
        return audit.fingerprint(SENT, {"kind": self.kind, "client": client.id, "file": file, **self.facts})


def ensure_askable(kind: RequestKind, client: Client, now: datetime) -> None:
    """Refuse a client of whom nothing of the kind can be asked: another product, or one that may not be edited.

    Raises:
        NotFound: its product has no such thing.
        ActionRefused: its status does not allow "Editar".
    """
    if client.product not in PRODUCTS[kind]:
        raise NotFound
    ensure_allowed(Action.EDIT, derive_status(client, clock.local_date(now)), client)


def send(client: Client, asked: Asked, *, now: datetime, actor: Actor) -> Done:
    """Send a request to the vendor. The same form sent again answers what was done. Commits.

    Raises:
        RepeatMismatch: the form was sent before with another content.
        NotFound, ActionRefused: as ``ensure_askable``.
    """
    if done := _sent_before(client, asked):
        return done
    ensure_askable(asked.kind, client, now)
    try:
        return _send(client, asked, now, actor)
    except IntegrityError:  # the same form, a moment ago
        db.session.rollback()
        if done := _sent_before(client, asked):
            return done
        raise


def _sent_before(client: Client, asked: Asked) -> Done | None:
    entry = db.session.scalar(select(RequestEntry).where(RequestEntry.key == asked.key))
    if entry is None:
        return None
    if entry.fingerprint != asked.fingerprint(client):
        raise RepeatMismatch
    return Done.build(entry, is_repeat=True)


def _send(client: Client, asked: Asked, now: datetime, actor: Actor) -> Done:
    request = ServiceRequest(
        **asked.facts, partner_id=client.partner_id, client_id=client.id, kind=asked.kind, state=RequestState.SENT,
        key=asked.key, sent_at=now, changed_at=now,
    )  # fmt: skip
    db.session.add(request)
    db.session.flush()
    if asked.upload:
        _keep(request, asked.upload)
    event = service.record(request, SENT, now, actor, after={"file": asked.upload.sha256 if asked.upload else ""})
    entry = service.entry_of(request, Side.PARTNER, event, actor, asked.fingerprint(client))
    entry.state, entry.key = RequestState.SENT, asked.key
    return _committed(request, entry)


def _keep(request: ServiceRequest, upload: Upload) -> None:
    """Store a file; its pieces are sealed already, so that the write lock is not held for that."""
    db.session.add(
        RequestFile(request_id=request.id, name=upload.name, size_bytes=upload.size_bytes, sha256=upload.sha256)
    )
    db.session.flush()
    pieces = [{"request_id": request.id, "number": n, "sealed": sealed} for n, sealed in enumerate(upload.pieces)]
    db.session.execute(insert(RequestPiece), pieces)


def write(request: ServiceRequest, text: str, *, key: str, side: Side, now: datetime, actor: Actor) -> Done:
    """Add a message to a request that has not ended. The same form sent again answers what was done. Commits.

    Raises:
        RequestRefused: the request has ended.
        RepeatMismatch: the form was sent before with another content.
    """
    asked = audit.fingerprint(MESSAGE, {"request": request.id, "text": text})
    request = service.locked(request.id)
    if entry := db.session.scalar(select(RequestEntry).where(RequestEntry.key == key)):
        if entry.fingerprint != asked:
            raise RepeatMismatch
        return Done.build(entry, is_repeat=True)
    if request.state in ENDED:
        raise RequestRefused(Obstacle.NOT_NOW)
    entry = service.entry_of(request, side, service.record(request, MESSAGE, now, actor), actor, asked)
    entry.key, entry.text = key, text
    request.changed_at, request.is_unanswered = now, side is Side.PARTNER
    return _committed(request, entry)


def _committed(request: ServiceRequest, entry: RequestEntry) -> Done:
    service.told(request, entry)
    done = Done.build(entry)
    db.session.commit()
    return done
