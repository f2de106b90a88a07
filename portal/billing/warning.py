"""Telling a partner of what keeps a charge from being issued, and closing that notice when it is mended (DOMAIN §5)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, select

from portal.billing.bills import Bill
from portal.billing.conditions import CLIENT, coming_versions, sells_below
from portal.catalogue.queries import price_table
from portal.domain import cycle, retail
from portal.domain.catalogue import RenewalMethod
from portal.domain.notices import NoticeKind
from portal.domain.retail import Hindrance
from portal.extensions import db
from portal.models import Client, Notice
from portal.models.notice import IS_UNSETTLED
from portal.notifications import telling


class Case(NamedTuple):
    """A client that a notice is about, and the notice's date."""

    partner_id: int
    client_id: int
    effective_on: date


@dataclass
class Hindered:
    """The clients of a night whose charge waits for an additional charge to be paid."""

    blocked: list[Case] = field(default_factory=list)

    def add(self, bill: Bill) -> None:
        """Note a bill, if it is one of them; the notice is dated the day on which the charge was to be issued."""
        if bill.hindrance is Hindrance.OPEN_CHARGES:
            since = retail.issue_from(bill.case.due_on)
            self.blocked.append(Case(bill.client.partner_id, bill.client.id, since))


def tell(hindered: Hindered, today: date, now: datetime) -> int:
    """Tell of all that is held back and close what is mended, in the caller's transaction; returns how many were told."""
    told = _renew(NoticeKind.CHARGE_BLOCKED, hindered.blocked, now)
    return told + _renew(NoticeKind.RETAIL_BELOW_COST, _below_cost(today), now)


def review(client: Client, today: date, now: datetime) -> None:
    """Tell of one client's prices, or close what was told of them, in the caller's transaction."""
    found = _below_cost(today, CLIENT.id == client.id)
    if not found:
        telling.settle(NoticeKind.RETAIL_BELOW_COST, [client.id])
    for case in found:
        _tell(NoticeKind.RETAIL_BELOW_COST, case, now)


def settle(client_id: int) -> None:
    """Close what was told of a client's charge: it is issued."""
    telling.settle(NoticeKind.CHARGE_BLOCKED, [client_id])


def _renew(kind: NoticeKind, cases: Collection[Case], now: datetime) -> int:
    """Tell of the cases that nobody was told of, and close the notices of clients that are none any more."""
    open_ids = set(db.session.scalars(select(Notice.client_id).where(Notice.kind == kind, IS_UNSETTLED)))
    if mended := open_ids - {case.client_id for case in cases}:
        telling.settle(kind, mended)
    return sum(_tell(kind, case, now) for case in cases if case.client_id not in open_ids)


def _tell(kind: NoticeKind, case: Case, now: datetime) -> bool:
    return telling.tell(
        kind,
        partner_id=case.partner_id,
        client_id=case.client_id,
        subject_id=case.client_id,
        effective_on=case.effective_on,
        now=now,
    )


def _below_cost(today: date, *which: ColumnElement[bool]) -> list[Case]:
    """Return the clients that sell below cost now or by a price to come, each with the first day on which that holds."""
    now = price_table(today)
    found: dict[int, Case] = {}
    for valid_from, version in [(now.valid_from, now.version), *coming_versions(today)]:
        rows = db.session.execute(
            select(CLIENT.partner_id, CLIENT.id).where(*_billed(today), sells_below(version), *which)
        )
        for partner_id, client_id in rows:
            found.setdefault(client_id, Case(partner_id, client_id, valid_from))
    return list(found.values())


def _billed(today: date) -> list[ColumnElement[bool]]:
    """Return the conditions of a client that is to be charged sooner or later."""
    return [
        CLIENT.renewal_method == RenewalMethod.BILLING,
        CLIENT.due_on >= cycle.first_of_month(today),
        CLIENT.pending_at.is_(None),
        CLIENT.archived_at.is_(None),
        CLIENT.paused_at.is_(None),
    ]
