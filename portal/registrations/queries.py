"""Reading what a registration depends on: who holds a document, the partner's due day, what a form did before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from portal.domain.catalogue import Product
from portal.domain.charges import OrderKind
from portal.domain.errors import NotFound
from portal.extensions import db
from portal.models import AuditEvent, Charge, ChargeLine, Client, LicenseOrder, Partner, RegistrationCode

REGISTER = "register"
"""What the record calls a registration."""


def due_day(partner_id: int) -> int:
    """Return the due day that new clients of a partner get."""
    return db.session.scalars(select(Partner.due_day).where(Partner.id == partner_id)).one()


def held_here(partner_id: int, document: str) -> dict[Product, Client]:
    """Return a partner's clients with a document, by product; undone registrations hold nothing."""
    query = select(Client).where(Client.partner_id == partner_id, Client.document == document)
    return {client.product: client for client in db.session.scalars(query.where(Client.archived_at.is_(None)))}


def is_held_elsewhere(partner_id: int, document: str, product: Product) -> bool:
    """Say whether another partner has a document with a product (DOMAIN §1); whoever it is stays in here."""
    held = Client.document == document, Client.product == product, Client.archived_at.is_(None)
    return db.session.scalar(select(Client.id).where(*held, Client.partner_id != partner_id).limit(1)) is not None


def get_registered(partner_id: int, client_id: int) -> Client:
    """Return a partner's client, one whose registration was given up too.

    Raises:
        NotFound: there is none with this id at this partner.
    """
    query = select(Client).where(Client.id == client_id, Client.partner_id == partner_id)
    client: Client | None = db.session.scalar(query)
    if client is None:
        raise NotFound
    return client


def made_by(key: str) -> tuple[Client, AuditEvent] | None:
    """Return what the form with a random key has registered, with its event, or None."""
    query = select(Client, AuditEvent).join(AuditEvent, AuditEvent.client_id == Client.id)
    row = db.session.execute(query.where(Client.creation_key == key, AuditEvent.action == REGISTER)).one_or_none()
    return (row[0], row[1]) if row else None


@dataclass(frozen=True)
class Receipt:
    """What a registration came to: its event, and the charge and the codes where it is not Pendente."""

    client: Client
    event: AuditEvent
    charge: Charge | None
    lines: Sequence[ChargeLine]
    codes: Sequence[RegistrationCode]


def receipt(partner_id: int, client_id: int) -> Receipt:
    """Return what the registration of a client came to.

    Raises:
        NotFound: no such client at this partner, or one that was not registered through the form.
    """
    mine = Client.partner_id == partner_id, Client.id == client_id, Client.archived_at.is_(None)
    query = select(Client, AuditEvent).join(AuditEvent, AuditEvent.client_id == Client.id)
    registered = AuditEvent.action == REGISTER, Client.creation_key.is_not(None)
    row = db.session.execute(query.where(*mine, *registered)).one_or_none()
    if row is None:
        raise NotFound
    charge, lines = _charged(client_id)
    return Receipt(row[0], row[1], charge, lines, _unused_codes(client_id))


def _charged(client_id: int) -> tuple[Charge | None, list[ChargeLine]]:
    """Return the charge of a client's registration with its lines."""
    query = select(Charge, ChargeLine).join(ChargeLine, ChargeLine.charge_id == Charge.id)
    query = query.join(LicenseOrder, LicenseOrder.id == Charge.order_id)
    of_registration = LicenseOrder.client_id == client_id, LicenseOrder.kind == OrderKind.REGISTRATION
    rows = db.session.execute(query.where(*of_registration)).all()
    return (rows[0][0] if rows else None), [line for _charge, line in rows]


def _unused_codes(client_id: int) -> Sequence[RegistrationCode]:
    unused = RegistrationCode.consumed_at.is_(None), RegistrationCode.revoked_at.is_(None)
    query = select(RegistrationCode).where(RegistrationCode.client_id == client_id, *unused)
    return db.session.scalars(query.order_by(RegistrationCode.id)).all()
