"""Reading installations: those whose keys work, the one of a key, seats, what waits for a word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select

from portal.codes.queries import living
from portal.domain.catalogue import Item
from portal.domain.installations import PAIRING_LIFE
from portal.extensions import db
from portal.models import Client, Installation, Pairing, Seat

__all__ = ["by_key", "is_waiting", "last_seat", "living", "locked_client", "seats_of"]


def by_key(key: str) -> tuple[Installation, Client] | None:
    """Return the installation of a key, revoked ones too, with its client; None where nobody has such a key."""
    query = select(Installation, Client).join(Client, Client.id == Installation.client_id)
    found = db.session.execute(query.where(Installation.key == key, Client.archived_at.is_(None))).one_or_none()
    return None if found is None else (found[0], found[1])


def locked_client(client_id: int) -> Client:
    """Return a client as it stands, its row locked until the transaction ends: who wants its last seat comes one by one.

    Locked before any row of its own; those that only refer to it are added meanwhile.
    """
    query = select(Client).where(Client.id == client_id).with_for_update(key_share=True)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def seats_of(client_id: int, item: Item) -> Sequence[Seat]:
    """Return the seats of an item that were neither given back nor freed, who came first first."""
    unreleased = Seat.client_id == client_id, Seat.item == item, Seat.released_at.is_(None)
    return db.session.scalars(select(Seat).where(*unreleased).order_by(Seat.id)).all()


def last_seat(client_id: int, item: Item, device_id: str) -> Seat | None:
    """Return the last seat that a device had of an item, however it ended."""
    its = Seat.client_id == client_id, Seat.item == item, Seat.device_id == device_id
    return db.session.scalar(select(Seat).where(*its).order_by(Seat.id.desc()).limit(1))


def is_waiting(client_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of a Navi of a client that waits for its partner's word."""
    is_undecided = Pairing.refused_at.is_(None), Pairing.installation_id.is_(None)
    return Pairing.client_id == client_id, *is_undecided, Pairing.asked_at > now - PAIRING_LIFE
