"""Reading installations: those whose keys work, the one of a key, seats, what waits for a word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, select

from portal.codes.queries import living
from portal.domain.catalogue import Item
from portal.domain.installations import PAIRING_LIFE
from portal.extensions import db
from portal.models import AuditEvent, Client, Contact, Installation, Pairing, Seat
from portal.models.types import AnyRow

__all__ = ["by_key", "event_asked", "is_waiting", "last_seat", "living", "locked_client", "seats_of", "told", "waiting"]


def by_key(key: str) -> tuple[Installation, Client] | None:
    """Return the installation of a key, revoked ones too, with its client; None where nobody has such a key."""
    found = db.session.execute(_BY_KEY, {"asked_key": key}).one_or_none()
    return None if found is None else (found[0], found[1])


_BY_KEY = (
    select(Installation, Client)
    .join(Client, Client.id == Installation.client_id)
    .where(Installation.key == bindparam("asked_key"), Client.archived_at.is_(None))
)
"""Built once: it is asked at every check-in."""


def locked_client(client_id: int) -> Client:
    """Return a client as it stands, its row locked until the transaction ends: who wants its last seat comes one by one.

    Locked before any row of its own; those that only refer to it are added meanwhile.
    """
    query = select(Client).where(Client.id == client_id).with_for_update(key_share=True)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def seats_of(client_id: int, item: Item | None = None) -> Sequence[Seat]:
    """Return the seats of an item, or of all, that were neither given back nor freed, who came first first."""
    query = select(Seat).where(Seat.client_id == client_id, Seat.released_at.is_(None))
    if item is not None:
        query = query.where(Seat.item == item)
    return db.session.scalars(query.order_by(Seat.id)).all()


def last_seat(client_id: int, item: Item, device_id: str) -> Seat | None:
    """Return the last seat that a device had of an item, however it ended."""
    its = Seat.client_id == client_id, Seat.item == item, Seat.device_id == device_id
    return db.session.scalar(select(Seat).where(*its).order_by(Seat.id.desc()).limit(1))


def is_waiting(client_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of a Navi of a client that waits for its partner's word."""
    is_undecided = Pairing.refused_at.is_(None), Pairing.installation_id.is_(None)
    return Pairing.client_id == client_id, *is_undecided, Pairing.asked_at > now - PAIRING_LIFE


def waiting(client_id: int, now: datetime) -> Sequence[Pairing]:
    """Return the Navi programs of a client that wait for a word, who asked first first."""
    return db.session.scalars(select(Pairing).where(*is_waiting(client_id, now)).order_by(Pairing.id)).all()


def told(client_id: int) -> tuple[Contact | None, list[Installation]]:
    """Return what a client's programs last told, and those whose keys work: the main computer first."""
    works = Installation.client_id == Client.id, Installation.revoked_at.is_(None)
    query = select(Contact, Installation).select_from(Client).outerjoin(Contact, Contact.client_id == Client.id)
    query = query.outerjoin(Installation, and_(*works)).where(Client.id == client_id)
    rows: Sequence[AnyRow] = db.session.execute(query.order_by(Installation.item, Installation.id)).all()
    return rows[0][0], [one for _contact, one in rows if one is not None]


def event_asked(client_id: int, fingerprint: str) -> AuditEvent | None:
    """Return the record of a form that was sent before, by what it asked for."""
    which = AuditEvent.client_id == client_id, AuditEvent.fingerprint == fingerprint
    return db.session.scalar(select(AuditEvent).where(*which).order_by(AuditEvent.id).limit(1))
