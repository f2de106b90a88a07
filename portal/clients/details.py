"""Reading what belongs to one client or to the codes screen: items, code or key, history, unused codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import literal, select, tuple_

from portal.clients.conditions import any_status
from portal.domain.catalogue import Item
from portal.domain.statuses import LIVE_STATUSES
from portal.extensions import db
from portal.models import AuditEvent, Client, Installation, LicenseItem, RegistrationCode
from portal.models.types import AnyRow

HISTORY_SIZE = 50
CODES_SIZE = 50


@dataclass(frozen=True)
class Detail:
    """What a Link row expands to (DOMAIN §3): version, licenses, auxiliary products, code or key."""

    items: Sequence[LicenseItem]
    code: RegistrationCode | None
    installation: Installation | None

    @property
    def licenses(self) -> int:
        """The quantity of the base license."""
        return next((item.quantity for item in self.items if item.item is Item.BASE), 0)

    @property
    def auxiliaries(self) -> list[LicenseItem]:
        """The auxiliary products held, in the catalogue's order."""
        held = {item.item: item for item in self.items}
        return [held[item] for item in Item if item in held and item is not Item.BASE]


def get_detail(client: Client) -> Detail:
    """Return what a client's row expands to; three queries."""
    items = db.session.scalars(select(LicenseItem).where(LicenseItem.client_id == client.id)).all()
    code = db.session.scalar(
        select(RegistrationCode)
        .where(
            RegistrationCode.client_id == client.id,
            RegistrationCode.item == Item.BASE,
            RegistrationCode.consumed_at.is_(None),
            RegistrationCode.revoked_at.is_(None),
        )
        .order_by(RegistrationCode.id.desc())
        .limit(1)
    )
    installation = db.session.scalar(
        select(Installation)
        .where(Installation.client_id == client.id, Installation.item == Item.BASE, Installation.revoked_at.is_(None))
        .order_by(Installation.id.desc())
        .limit(1)
    )
    return Detail(items, code, installation)


def history(client: Client, before: int | None = None) -> Sequence[AuditEvent]:
    """Return a client's events, newest first, one more than a page shows."""
    query = select(AuditEvent).where(AuditEvent.client_id == client.id)
    if before is not None:
        query = query.where(AuditEvent.id < before)
    return db.session.scalars(query.order_by(AuditEvent.id.desc()).limit(HISTORY_SIZE + 1)).all()


def _issued(partner_id: int, code_id: int | None) -> AnyRow | None:
    """Return when a code was issued, with its id; a forged or vanished one counts as none."""
    if code_id is None:
        return None
    query = select(RegistrationCode.issued_at, RegistrationCode.id)
    return db.session.execute(
        query.where(RegistrationCode.id == code_id, RegistrationCode.partner_id == partner_id)
    ).one_or_none()


def unused_codes(partner_id: int, today: date, after: int | None = None) -> Sequence[AnyRow]:
    """Return (code, client) pairs that wait for activation, oldest first, one more than a page shows.

    Only Ativo, Suspenso and Expirado clients count (DOMAIN §3). ``after`` is the code id that the page begins behind.
    """
    key = tuple_(RegistrationCode.issued_at, RegistrationCode.id)
    query = (
        select(RegistrationCode, Client)
        .join(Client, Client.id == RegistrationCode.client_id)
        .where(
            RegistrationCode.partner_id == partner_id,
            RegistrationCode.consumed_at.is_(None),
            RegistrationCode.revoked_at.is_(None),
            *any_status(LIVE_STATUSES, today),
        )
    )
    if begin := _issued(partner_id, after):
        issued_at, code_id = begin
        query = query.where(key > tuple_(literal(issued_at, RegistrationCode.issued_at.type), literal(code_id)))
    return db.session.execute(
        query.order_by(RegistrationCode.issued_at, RegistrationCode.id).limit(CODES_SIZE + 1)
    ).all()
