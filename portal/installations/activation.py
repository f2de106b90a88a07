"""Activation: a document and a code become a key and a signed license; a Navi, which needs no code, waits for a word."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, union_all, update
from sqlalchemy.exc import IntegrityError

from portal import audit
from portal.codes import reissue
from portal.codes.queries import UNUSED
from portal.domain.catalogue import Item, Product
from portal.domain.errors import ProgramRefused
from portal.domain.installations import MOST_PAIRINGS, PAIRING_LIFE, Program, Reason
from portal.extensions import db
from portal.installations import contacts, queries, standing
from portal.installations.standing import License, Settings
from portal.models import Client, Installation, Pairing, RegistrationCode

ACTIVATED = "activated"
"""What the record calls it."""


@dataclass(frozen=True)
class Device:
    """A machine: the program's own name for it, which does not change, and what people call it."""

    id: str
    name: str


@dataclass(frozen=True)
class Asking:
    """What a program sends to be activated, normalised; ``request_key`` is random and makes sending it twice harmless."""

    program: Program
    document: str
    code: str
    device: Device
    version: str
    request_key: str

    @property
    def request_hash(self) -> str:
        """What the tables keep of the random key."""
        return hashlib.sha256(self.request_key.encode()).hexdigest()


@dataclass(frozen=True)
class Waiting:
    """A Navi that has to be authorised by its partner, who is told this number."""

    number: str
    expires_at: datetime


def activate(asking: Asking, *, now: datetime, settings: Settings) -> License | Waiting:
    """Use a code, once, and return the license of what it activated; the same request again finds the same. Commits.

    Raises:
        ProgramRefused: ACTIVATION_REFUSED for a wrong document, a wrong code and a used one alike (DOMAIN R19); for
            the right ones, why the client's programs may not run.
    """
    answer = _paired if asking.program is Program.NAVI else _activated
    try:
        return answer(asking, now, settings)
    except IntegrityError:  # the same random key at this very moment: what it did is there now
        db.session.rollback()
        return answer(asking, now, settings)


def is_known(asking: Asking) -> bool:
    """Say whether this very request was answered before: asking again tries nothing."""
    known = (select(model.id).where(model.request_hash == asking.request_hash) for model in (Installation, Pairing))
    return db.session.scalar(union_all(*known).limit(1)) is not None


def install(
    client: Client, item: Item, device: Device, version: str, request_hash: str, *, now: datetime
) -> Installation:
    """Add an installation with a key of its own, and record it. Does not commit."""
    made = Installation(
        client_id=client.id,
        item=item,
        key=secrets.token_hex(16).upper(),
        device=device.name,
        device_id=device.id,
        version=version,
        activated_at=now,
        last_seen_at=now,
        request_hash=request_hash,
    )
    db.session.add(made)
    db.session.flush()
    contacts.note(client, now=now)
    after = {"item": item.value, "device": device.name, "version": version}
    audit.record(ACTIVATED, actor=None, now=now, partner_id=client.partner_id, client_id=client.id, after=after)
    return made


def _activated(asking: Asking, now: datetime, settings: Settings) -> License:
    """Return the license of what a code activates; rows are locked in the house's order: client, code, keys, contact."""
    code_id, client = _locked(asking)
    done = db.session.scalar(select(Installation).where(Installation.request_hash == asking.request_hash))
    if done is not None:
        return _again(done, asking, now, settings)
    code = _code_of(asking, code_id, client)
    standing.ensure_running(client, now, settings)
    holding = standing.holding_at(client, now)
    _ensure_seat(client, code, holding.now.get(asking.program.item, 0))
    _consume(code, now)
    ended = reissue.end_keys_of(code, now=now)
    made = install(client, asking.program.item, asking.device, asking.version, asking.request_hash, now=now)
    made.leaves_on = next((one.leaves_on for one in ended), None)  # who was chosen to leave gains nothing by a new code
    license_ = standing.license_for(client, made, holding, now, settings)
    db.session.commit()
    return license_


def _again(done: Installation, asking: Asking, now: datetime, settings: Settings) -> License:
    """Return the license of what this very request activated: its answer was lost on the way."""
    client = db.session.get_one(Client, done.client_id)
    if done.device_id != asking.device.id or client.document != asking.document or client.archived_at is not None:
        raise ProgramRefused(Reason.ACTIVATION_REFUSED)
    if done.revoked_at is not None:
        raise ProgramRefused(Reason.KEY_REPLACED)
    standing.ensure_running(client, now, settings)
    license_ = standing.license_for(client, done, standing.holding_at(client, now), now, settings)
    db.session.commit()
    return license_


def _locked(asking: Asking) -> tuple[int, Client]:
    """Return a code's id and its client, whose row is locked before the code's, as orders lock them."""
    found = select(RegistrationCode.id, RegistrationCode.client_id).where(RegistrationCode.code == asking.code)
    row = db.session.execute(found).one_or_none()
    if row is None:
        raise ProgramRefused(Reason.ACTIVATION_REFUSED)
    return row.id, queries.locked_client(row.client_id)


def _code_of(asking: Asking, code_id: int, client: Client) -> RegistrationCode:
    """Return the code if it is unused and everything that was asked with it is right."""
    code, program = db.session.get_one(RegistrationCode, code_id), asking.program
    is_right = (client.document, client.product, code.item) == (asking.document, program.product, program.item)
    is_open = code.consumed_at is None and code.revoked_at is None and client.archived_at is None
    if not (is_right and is_open):
        raise ProgramRefused(Reason.ACTIVATION_REFUSED)
    return code


def _ensure_seat(client: Client, code: RegistrationCode, quantity: int) -> None:
    """Refuse a Link Móvel without a seat: one that was cut, or that a device sits on which this code does not replace."""
    if code.item is not Item.MOBILE:
        return
    others = [one for one in queries.living(client.id, Item.MOBILE) if one.id != code.supersedes_id]
    if len(others) >= quantity:
        raise ProgramRefused(Reason.NOT_LICENSED)


def _consume(code: RegistrationCode, now: datetime) -> None:
    """Use the code if nobody did at this very moment."""
    statement = update(RegistrationCode).where(RegistrationCode.id == code.id, *UNUSED).values(consumed_at=now)
    done = db.session.execute(statement, execution_options={"synchronize_session": False})
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise ProgramRefused(Reason.ACTIVATION_REFUSED)


# Navi


def _paired(asking: Asking, now: datetime, settings: Settings) -> License | Waiting:
    """Return the license of a Navi that its partner authorised, or let it wait; who asks learns nothing by asking."""
    pairing = db.session.scalar(select(Pairing).where(Pairing.request_hash == asking.request_hash))
    if pairing is None:
        pairing = _ask(asking, now)
    if pairing.installation_id is not None:
        return _again(db.session.get_one(Installation, pairing.installation_id), asking, now, settings)
    if pairing.refused_at is not None or now - pairing.asked_at >= PAIRING_LIFE:
        raise ProgramRefused(Reason.PAIRING_REFUSED)
    db.session.commit()
    return Waiting(pairing.number, pairing.asked_at + PAIRING_LIFE)


def _ask(asking: Asking, now: datetime) -> Pairing:
    """Write down that a Navi asks; of a client that nobody registered, or for which too many ask, nobody is told."""
    client_id = db.session.scalar(
        select(Client.id).where(
            Client.document == asking.document,
            Client.product == Product.NAVI,
            Client.archived_at.is_(None),
            Client.pending_at.is_(None),
        )
    )
    if client_id is not None:
        client_id = queries.locked_client(client_id).id
        waiting = select(func.count()).where(*queries.is_waiting(client_id, now))
        if (db.session.scalar(waiting) or 0) >= MOST_PAIRINGS:
            client_id = None
    number = f"{secrets.randbelow(1_000_000):06d}"
    pairing = Pairing(
        client_id=client_id,
        request_hash=asking.request_hash,
        number=f"{number[:3]}-{number[3:]}",
        device=asking.device.name,
        device_id=asking.device.id,
        version=asking.version,
        asked_at=now,
    )
    db.session.add(pairing)
    db.session.flush()
    return pairing
