"""Reading what belongs to one client or to the codes screen: items, code or key, history, unused codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, literal, select, tuple_, union_all
from sqlalchemy.orm import aliased

from portal import clock
from portal.clients.conditions import any_status
from portal.domain import devices
from portal.domain.catalogue import Item, Product
from portal.domain.devices import Use
from portal.domain.licenses import Holding
from portal.domain.notices import NoticeKind
from portal.domain.seats import SEAT_LEASE
from portal.domain.silence import Answers
from portal.domain.statuses import LIVE_STATUSES
from portal.extensions import db
from portal.licenses import queries as licenses
from portal.models import (
    AuditEvent,
    Certificate,
    Charge,
    Client,
    Installation,
    Invoice,
    InvoiceLine,
    LicenseOrder,
    NoticeMute,
    RegistrationCode,
    RenewalDecision,
    RetailCharge,
    Seat,
)
from portal.models.types import AnyRow

HISTORY_SIZE = 50
CODES_SIZE = 50


class Held(NamedTuple):
    """An item with its quantity."""

    item: Item
    quantity: int


@dataclass(frozen=True)
class Detail:
    """What a Link row expands to (DOMAIN §3): version, licenses, what is in use of them, auxiliary products, code or key.

    ``muted`` are the kinds of notices that the partner does not want about the client, ``answers`` what keeps others from
    being told; ``invoice`` and ``retail_charge`` ask for its coming cycle and are not paid yet.
    ``certificate_ends_at`` is its current certificate's end.
    """

    holding: Holding
    code: RegistrationCode | None
    installation: Installation | None
    muted: frozenset[NoticeKind] = frozenset()
    answers: Answers | None = None
    invoice: Invoice | None = None
    retail_charge: RetailCharge | None = None
    uses: Sequence[Use] = ()
    certificate_ends_at: datetime | None = None

    @property
    def licenses(self) -> int:
        """The quantity of the base license."""
        return self.holding.now.get(Item.BASE, 0)

    @property
    def auxiliaries(self) -> list[Held]:
        """The auxiliary products held today, in the catalogue's order."""
        held = self.holding.now
        return [Held(item, held[item]) for item in Item if held.get(item) and item is not Item.BASE]


def get_detail(client: Client, now: datetime) -> Detail:
    """Return what a client's row expands to: what it holds today, what is in use, and all that stands around it."""
    code = _newest(
        RegistrationCode, client, RegistrationCode.consumed_at.is_(None), RegistrationCode.revoked_at.is_(None)
    )
    installation = _newest(Installation, client, Installation.revoked_at.is_(None))
    twin = aliased(Client)
    rows: Sequence[AnyRow] = db.session.execute(
        select(
            RegistrationCode,
            Installation,
            NoticeMute.kind,
            RenewalDecision.decision,
            RetailCharge,
            Invoice,
            twin,
            Certificate.not_after,
        )
        .select_from(Client)
        .outerjoin(RegistrationCode, RegistrationCode.id == code)
        .outerjoin(Installation, Installation.id == installation)
        .outerjoin(NoticeMute, NoticeMute.client_id == Client.id)
        .outerjoin(RenewalDecision, _of_due(RenewalDecision))
        .outerjoin(
            RetailCharge, _of_due(RetailCharge) & RetailCharge.paid_at.is_(None) & RetailCharge.cancelled_at.is_(None)
        )
        .outerjoin(InvoiceLine, _of_due(InvoiceLine) & InvoiceLine.is_open)
        .outerjoin(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .outerjoin(twin, _is_twin(twin))
        .outerjoin(Certificate, (Certificate.client_id == Client.id) & Certificate.ended_at.is_(None))
        .where(Client.id == client.id)
    ).all()
    muted = frozenset(row[2] for row in rows if row[2])
    newest, installed, _muted, decision, charge, invoice, link, ends_at = rows[0]
    uses_both = client.uses_both_at is not None
    answers = Answers(client.product, decision, is_charged=charge is not None, twin=link, uses_both=uses_both)
    holding = licenses.holding_of(client.id, clock.local_date(now))
    uses = _uses(client, holding, now) if client.product is Product.LINK else ()
    return Detail(holding, newest, installed, muted, answers, invoice, charge, uses, ends_at)


def _uses(client: Client, holding: Holding, now: datetime) -> list[Use]:
    """Return what is in use of what a client holds: seats whose devices are heard of, keys that work."""
    heard = Seat.client_id == client.id, Seat.released_at.is_(None), Seat.heard_at > now - SEAT_LEASE
    works = Installation.client_id == client.id, Installation.revoked_at.is_(None)
    taken = select(literal("seat"), Seat.item, func.count()).where(*heard).group_by(Seat.item)
    keys = select(literal("key"), Installation.item, func.count()).where(*works).group_by(Installation.item)
    counts: dict[str, dict[Item, int]] = {"seat": {}, "key": {}}
    rows: Sequence[AnyRow] = db.session.execute(union_all(taken, keys)).all()
    for kind, item, count in rows:
        counts[kind][item] = count
    return devices.uses(holding.now, counts["seat"], counts["key"])


def _of_due(model: Any) -> ColumnElement[bool]:
    """Return the condition that a row is about the client's due date."""
    return and_(model.client_id == Client.id, model.due_on == Client.due_on)


def _is_twin(link: Any) -> ColumnElement[bool]:
    """Return the condition that a row is the partner's Link registration on a Navi client's document."""
    same = link.partner_id == Client.partner_id, link.document == Client.document, link.product == Product.LINK
    return and_(Client.product == Product.NAVI, *same, link.archived_at.is_(None))


def _newest(
    model: type[RegistrationCode | Installation], client: Client, *clauses: ColumnElement[bool]
) -> ScalarSelect[int]:
    """Return the query for the newest id of what a client's base license has and a condition finds."""
    which = (model.client_id == client.id, model.item == Item.BASE, *clauses)
    return select(func.max(model.id)).where(*which).correlate(None).scalar_subquery()


def history(client: Client, before: int | None = None) -> Sequence[AnyRow]:
    """Return a client's events with the orders that they made and what those cost, newest first, one more than a page."""
    query = (
        select(AuditEvent, LicenseOrder, Charge)
        .outerjoin(LicenseOrder, LicenseOrder.event_id == AuditEvent.id)
        .outerjoin(Charge, Charge.order_id == LicenseOrder.id)
        .where(AuditEvent.client_id == client.id)
    )
    if before is not None:
        query = query.where(AuditEvent.id < before)
    return db.session.execute(query.order_by(AuditEvent.id.desc()).limit(HISTORY_SIZE + 1)).all()


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
