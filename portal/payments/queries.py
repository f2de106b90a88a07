"""Reading payments of all partners, for the vendor's staff, and what money can be for: invoices and retail charges."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, tuple_

from portal import listing
from portal.domain.errors import NotFound
from portal.domain.ids import parse_id
from portal.domain.invoices import InvoiceKind, PaymentEffect
from portal.extensions import db
from portal.listing import Page
from portal.models import Invoice, Partner, Payment, RetailCharge, User
from portal.models.types import AnyRow, AnySelect
from portal.payments.filters import PaymentFilter, Tab

PAYMENT, INVOICE, RETAIL = Payment.__table__.c, Invoice.__table__.c, RetailCharge.__table__.c

COLUMNS = (
    PAYMENT.id, PAYMENT.end_to_end_id, PAYMENT.txid, PAYMENT.amount_cents, PAYMENT.paid_at, PAYMENT.received_at,
    PAYMENT.source, PAYMENT.effect, PAYMENT.credit_cents, PAYMENT.note, PAYMENT.retail_charge_id, PAYMENT.returned_at,
    PAYMENT.returned_cents, PAYMENT.told_return_cents, INVOICE.number, Partner.name.label("partner_name"),
)  # fmt: skip

MOST_SUBJECTS = 20
_NUMBERED = re.compile(r"(?:(.*?\S)\s+)?(?:fatura\s+|n[º°.]*\s*|#)?([0-9]+)", re.IGNORECASE)


class Wanted(NamedTuple):
    """What a typed text may mean: an id of Pix, or a partner's name and the number of an invoice, either alone too."""

    text: str
    name: str
    number: int | None


def wanted(text: str) -> Wanted:
    """Read a search: "Gama 12" is invoice 12 of a partner whose name has "Gama" in it."""
    found = _NUMBERED.fullmatch(text)
    number = parse_id(found[2]) if found else None
    return Wanted(text, (found[1] or "") if found and number else text, number)


def payments_page(criteria: PaymentFilter, size: int) -> Page:
    """Return the page that the criteria ask for, by the moment of arrival and then id."""
    return listing.page_of(_read, criteria, size)


_PLACE = tuple_(PAYMENT.received_at, PAYMENT.id)


def _read(criteria: PaymentFilter, most: int) -> Sequence[AnyRow]:
    clauses = _matching(criteria)
    if criteria.before is not None:
        clauses.append(_PLACE > _place_of(criteria.before))
    elif criteria.after is not None:
        clauses.append(_PLACE < _place_of(criteria.after))
    keys = PAYMENT.received_at, PAYMENT.id
    order = keys if criteria.before is not None else tuple(key.desc() for key in keys)
    return db.session.execute(_joined(*COLUMNS).where(*clauses).order_by(*order).limit(most)).all()


def _place_of(payment_id: int) -> Any:
    """Return the place of a payment; nothing stands behind or in front of one that is forged or gone."""
    moment = select(PAYMENT.received_at).where(PAYMENT.id == payment_id)
    return tuple_(moment.correlate(None).scalar_subquery(), literal(payment_id))


def _joined(*columns: Any) -> AnySelect:
    return (
        select(*columns)
        .select_from(Payment)
        .outerjoin(Partner, Partner.id == PAYMENT.partner_id)
        .outerjoin(Invoice, INVOICE.id == PAYMENT.invoice_id)
    )


TABS: dict[Tab, ColumnElement[bool]] = {
    Tab.UNMATCHED: and_(PAYMENT.effect == PaymentEffect.UNMATCHED, PAYMENT.returned_at.is_(None)),
    Tab.RETURNED: or_(PAYMENT.returned_at.is_not(None), PAYMENT.told_return_cents.is_not(None)),
}


def _matching(criteria: PaymentFilter) -> list[ColumnElement[bool]]:
    clauses = [TABS[criteria.tab]] if criteria.tab else []
    if criteria.search:
        asked = wanted(criteria.search)
        ways = PAYMENT.end_to_end_id == asked.text, PAYMENT.txid == asked.text.upper(), and_(*_of_partner(asked))
        clauses.append(or_(*ways))
    return clauses


def _of_partner(asked: Wanted) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if asked.name:
        clauses.append(Partner.name.icontains(asked.name, autoescape=True))
    if asked.number is not None:
        clauses.append(INVOICE.number == asked.number)
    return clauses


def waiting() -> dict[Tab, int]:
    """Return how many payments ask for something: a destination, or the booking of a return that the bank told of."""
    told = and_(PAYMENT.told_return_cents.is_not(None), PAYMENT.returned_at.is_(None))
    open_ones = {Tab.UNMATCHED: TABS[Tab.UNMATCHED], Tab.RETURNED: told}
    counts = [func.count(case((clause, 1))) for clause in open_ones.values()]
    return dict(zip(open_ones, db.session.execute(select(*counts).select_from(Payment)).one(), strict=True))


def get_payment(payment_id: int) -> AnyRow:
    """Return a payment with whose it is and who of the vendor's registered it.

    Raises:
        NotFound: there is none with this id.
    """
    query = _joined(*COLUMNS, User.name.label("registered_by")).outerjoin(User, User.id == PAYMENT.user_id)
    row = db.session.execute(query.where(PAYMENT.id == payment_id)).one_or_none()
    if row is None:
        raise NotFound
    return row


@dataclass(frozen=True)
class Subject:
    """What money can be for; a retail charge has no number, and no kind.

    ``is_ended`` says that all that arrives for it is credit.
    """

    txid: str
    partner_name: str
    number: int | None
    kind: InvoiceKind | None
    id: int
    total_cents: int
    received_cents: int
    paid_at: Any
    cancelled_at: Any

    @property
    def is_ended(self) -> bool:
        """Whether it is paid or cancelled."""
        return self.paid_at is not None or self.cancelled_at is not None


_INVOICES = select(
    INVOICE.txid, Partner.name, INVOICE.number, INVOICE.kind, INVOICE.id, INVOICE.total_cents, INVOICE.received_cents,
    INVOICE.settled_at, INVOICE.cancelled_at,
).join(Partner, Partner.id == INVOICE.partner_id)  # fmt: skip
_RETAIL_CHARGES = select(
    RETAIL.txid, Partner.name, literal(None), literal(None), RETAIL.id, RETAIL.amount_cents, RETAIL.received_cents,
    RETAIL.paid_at, RETAIL.cancelled_at,
).join(Partner, Partner.id == RETAIL.partner_id)  # fmt: skip


def get_subject(txid: str) -> Subject:
    """Return what has a txid.

    Raises:
        NotFound: nothing has.
    """
    for query, column in ((_INVOICES, INVOICE.txid), (_RETAIL_CHARGES, RETAIL.txid)):
        if row := db.session.execute(query.where(column == txid)).one_or_none():
            return Subject(*row)
    raise NotFound


def subjects(text: str) -> list[Subject]:
    """Return what a search finds: by txid, or the invoices of partners, the open and the newest first."""
    with suppress(NotFound):
        return [get_subject(text.upper())]
    open_first = case((and_(INVOICE.settled_at.is_(None), INVOICE.cancelled_at.is_(None)), 0), else_=1)
    query = _INVOICES.where(*_of_partner(wanted(text))).order_by(open_first, INVOICE.id.desc())
    return [Subject(*row) for row in db.session.execute(query.limit(MOST_SUBJECTS))]
