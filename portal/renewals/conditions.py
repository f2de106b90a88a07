"""Where the desk lists whom, as conditions: the rules of ``portal.domain.renewals`` in SQL, which a test holds together."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, exists, or_, type_coerce

from portal.clients.conditions import CLIENT, DUE
from portal.domain import cycle, search
from portal.domain.catalogue import Product, RenewalMethod
from portal.domain.charges import ChargeKind
from portal.domain.prices import PriceTable
from portal.domain.renewals import Decision, Place
from portal.models import Charge, Client, InvoiceLine, LicenseItem, PendingChange, RenewalDecision, RetailCharge
from portal.renewals.filters import RenewalFilter

DECIDED = RenewalDecision.__table__.c
_LINE, _RETAIL, _ITEM = InvoiceLine.__table__.c, RetailCharge.__table__.c, LicenseItem.__table__.c
_CHARGE, _PENDING = Charge.__table__.c, PendingChange.__table__.c
_LINK = Client.__table__.alias("link").c


def due_in(partner_id: int, month: date) -> list[ColumnElement[bool]]:
    """Return the conditions of a partner's manual clients that are due in a month."""
    return [
        CLIENT.partner_id == partner_id,
        CLIENT.archived_at.is_(None),
        CLIENT.renewal_method == RenewalMethod.MANUAL,
        DUE.between(month, cycle.last_of_month(month)),
    ]


def matching(partner_id: int, criteria: RenewalFilter) -> list[ColumnElement[bool]]:
    """Return the conditions of the criteria, the place apart."""
    clauses = due_in(partner_id, criteria.month)
    if criteria.search:
        wanted = search.sought(criteria.search)
        ways: list[ColumnElement[bool]] = [CLIENT.search_key.contains(part, autoescape=True) for part in wanted.parts]
        clauses.append(or_(*ways, *([CLIENT.id == wanted.client_id] if wanted.client_id else [])))
    if criteria.product:
        clauses.append(CLIENT.product == criteria.product)
    return clauses


def decided_join() -> Any:
    """Return the clients with what was decided about their due date, where something was."""
    of_cycle = and_(DECIDED.client_id == CLIENT.id, DECIDED.due_on == CLIENT.due_on)
    return Client.__table__.outerjoin(RenewalDecision.__table__, of_cycle)


def decision(today: date) -> ColumnElement[str]:
    """Return what is decided about a client of ``decided_join``, or holds by default: ``decision_of``, as its value.

    The desk knows no due date before this month's: who is not Pendente there is Ativo, Suspenso or Expirado.
    """
    is_suspended = CLIENT.pending_at.is_(None), CLIENT.suspended_at.is_not(None), CLIENT.due_on >= today
    return case(
        (DECIDED.decision.is_not(None), type_coerce(DECIDED.decision, String)),
        (is_guarded(today), Decision.SKIP.value),
        (and_(*is_suspended), Decision.LATER.value),
        else_=Decision.RENEW.value,
    )


def place(today: date, prices: PriceTable) -> ColumnElement[str]:
    """Return where a client of ``decided_join`` stands: ``place_of``, as its value.

    A price that is missing counts where the client holds the item today.
    """
    decided = decision(today)
    whens: list[tuple[Any, str]] = [
        (and_(CLIENT.pending_at.is_(None), is_invoiced()), Place.INVOICED.value),
        (decided == Decision.SKIP.value, Place.SKIP.value),
        (decided == Decision.LATER.value, Place.LATER.value),
        (or_(CLIENT.pending_at.is_not(None), _has_retail_charge(), CLIENT.open_charges > 0), Place.BLOCKED.value),
        (CLIENT.due_on > today + timedelta(days=cycle.RENEWAL_WINDOW_DAYS), Place.WAITING.value),
    ]
    if prices.missing:
        whens.append((_lacks_price(prices), Place.BLOCKED.value))
    return case(*whens, else_=Place.READY.value)


def is_invoiced() -> ColumnElement[bool]:
    """Say that an open invoice asks for a client's coming cycle."""
    return exists().where(_LINE.client_id == CLIENT.id, _LINE.due_on == CLIENT.due_on, _LINE.is_open)


def _has_retail_charge() -> ColumnElement[bool]:
    of_cycle = _RETAIL.client_id == CLIENT.id, _RETAIL.due_on == CLIENT.due_on
    return exists().where(*of_cycle, _RETAIL.paid_at.is_(None), _RETAIL.cancelled_at.is_(None))


def is_guarded(today: date) -> ColumnElement[bool]:
    """Say that a client is a Navi whose Link on the same document is Ativo or Suspenso: what ``guard_of`` says (R17)."""
    link = exists().where(
        _LINK.partner_id == CLIENT.partner_id,
        _LINK.document == CLIENT.document,
        _LINK.product == Product.LINK,
        _LINK.archived_at.is_(None),
        _LINK.pending_at.is_(None),
        _LINK.due_on >= today,
    )
    return and_(CLIENT.product == Product.NAVI, CLIENT.uses_both_at.is_(None), link)


def _lacks_price(prices: PriceTable) -> ColumnElement[bool]:
    unpriced = or_(*(and_(CLIENT.product == product, _ITEM.item == item) for product, item in prices.missing))
    return exists().where(_ITEM.client_id == CLIENT.id, unpriced)


def is_special() -> ColumnElement[bool]:
    """Say that a client's renewal bills something else than what it holds today: changes are pending, or units are paid ahead."""
    changes = exists().where(_PENDING.client_id == CLIENT.id)
    ahead = exists().where(
        _CHARGE.client_id == CLIENT.id,
        _CHARGE.kind == ChargeKind.ADDITION,
        _CHARGE.reversed_at.is_(None),
        _CHARGE.through_on > CLIENT.due_on,
    )
    return or_(changes, ahead)
