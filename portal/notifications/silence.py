"""The rule of ``portal.domain.silence`` in SQL: clients whose due date has nothing left to decide."""

from __future__ import annotations

from functools import cache

from sqlalchemy import ColumnElement, and_, exists, or_

from portal.domain.catalogue import Product
from portal.domain.notices import NoticeKind
from portal.domain.renewals import Decision
from portal.domain.silence import AWAITING
from portal.models import Client, RenewalDecision, RetailCharge
from portal.notifications.days import TODAY

_LINK = Client.__table__.alias("link").c
"""The Link registration that a Navi client is compared with; one alias, because to make one costs more than a query."""


@cache
def is_answered(kind: NoticeKind) -> ColumnElement[bool]:
    """Return the condition that a client's due date has nothing to ask by a notice of a kind today."""
    is_skipped = _is_decided(RenewalDecision.decision == Decision.SKIP)
    reasons = [is_skipped, and_(_is_guarded(), ~_is_decided())]
    return or_(*reasons, _is_charged()) if kind in AWAITING else or_(*reasons)


def _is_decided(*how: ColumnElement[bool]) -> ColumnElement[bool]:
    of_due = RenewalDecision.client_id == Client.id, RenewalDecision.due_on == Client.due_on
    return exists().where(*of_due, *how)


def _is_charged() -> ColumnElement[bool]:
    is_open = RetailCharge.paid_at.is_(None), RetailCharge.cancelled_at.is_(None)
    return exists().where(RetailCharge.client_id == Client.id, RetailCharge.due_on == Client.due_on, *is_open)


def _is_guarded() -> ColumnElement[bool]:
    """Say that the partner's Link registration on a Navi client's document is Ativo or Suspenso (``renewals.guard_of``)."""
    same = _LINK.partner_id == Client.partner_id, _LINK.document == Client.document, _LINK.product == Product.LINK
    runs = _LINK.archived_at.is_(None), _LINK.pending_at.is_(None), _LINK.due_on >= TODAY
    return and_(Client.product == Product.NAVI, Client.uses_both_at.is_(None), exists().where(*same, *runs))
