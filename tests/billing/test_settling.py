"""What becomes of a charge: paid, paid late, twice, partly; on own account; cancelled (DOMAIN §5, R13)."""

from __future__ import annotations

from datetime import date, time

import pytest
from sqlalchemy import select

from portal.billing import settling
from portal.domain import retail
from portal.domain.catalogue import Item
from portal.domain.invoices import CreditKind, PaymentEffect
from portal.domain.retail import RetailState
from portal.domain.statuses import Status, derive_status
from portal.extensions import db
from portal.licenses import queries
from portal.models import AuditEvent, CreditEntry, RetailCharge
from tests.billing.conftest import DUE, FIRST_DAY, charges, night
from tests.conftest import NOW
from tests.money import at, pay

PAID_DAY = date(2025, 7, 5)
NEXT = date(2025, 8, 10)


@pytest.fixture
def charge(client) -> RetailCharge:
    """Return R13's charge, issued by the night."""
    night()
    [charge] = charges()
    return charge


def kinds() -> list[tuple[CreditKind, int]]:
    rows = db.session.scalars(select(CreditEntry).order_by(CreditEntry.id))
    return [(row.kind, row.amount_cents) for row in rows]


def test_payment_renews_and_the_margin_is_credit(charge, client, purse) -> None:
    payment = pay(charge, PAID_DAY)
    assert payment.effect is PaymentEffect.SETTLED
    assert client.due_on == NEXT
    assert (purse.credit, kinds()) == (10560, [(CreditKind.MARGIN, 10560)])
    assert retail.state_of(charge) is RetailState.PAID
    actions = set(db.session.scalars(select(AuditEvent.action).where(AuditEvent.client_id == client.id)))
    assert {"retail_charge_issued", "retail_charge_paid", "renewed"} <= actions


def test_without_a_margin_there_is_nothing_to_credit(billed, purse) -> None:
    client = billed()
    night()
    pay(charges()[0], PAID_DAY)
    assert (client.due_on, kinds()) == (NEXT, [])


def test_on_own_account_first_then_the_late_payment_is_credit_whole(charge, client, purse) -> None:
    invoice = purse.renew(client, PAID_DAY)
    assert invoice.lines_cents == 21440, "at cost"
    pay(invoice, PAID_DAY)
    assert client.due_on == NEXT
    pay(charge, DUE)
    assert (client.due_on, purse.credit, kinds()) == (NEXT, 32000, [(CreditKind.RETAIL, 32000)])


def test_what_is_owed_after_an_own_account_renewal_does_not_lapse(charge, client, purse) -> None:
    pay(purse.renew(client, PAID_DAY), PAID_DAY)
    assert night(date(2025, 8, 1))["issued"] == 1
    first, second = charges()
    assert (first.cancelled_at, second.due_on) == (None, NEXT)


def test_what_is_owed_of_an_old_cycle_does_not_fix_the_orders_of_the_next(charge, client, purse) -> None:
    assert queries.is_invoiced(client, None)
    pay(purse.renew(client, PAID_DAY), PAID_DAY)
    assert not queries.is_invoiced(client, None)


def test_the_end_client_is_faster_than_the_own_account_s_invoice(charge, client, purse) -> None:
    invoice = purse.renew(client, PAID_DAY)
    pay(charge, PAID_DAY)
    pay(invoice, DUE)
    assert client.due_on == NEXT
    assert kinds() == [(CreditKind.MARGIN, 10560), (CreditKind.NOT_RENEWED, 21440)]


def test_paid_by_an_inativo_it_is_credit(charge, client, purse) -> None:
    pay(charge, date(2025, 8, 1))
    assert (client.due_on, kinds()) == (DUE, [(CreditKind.NOT_RENEWED, 32000)])


def test_moved_on_the_last_evening_it_renews_though_the_news_come_later(charge, client) -> None:
    pay(charge, date(2025, 8, 1), paid_at=at(date(2025, 7, 31), time(23, 30)))
    assert client.due_on == NEXT


def test_paid_twice_the_second_is_credit(charge, client, purse) -> None:
    pay(charge, PAID_DAY)
    assert pay(charge, PAID_DAY).effect is PaymentEffect.CREDITED
    assert (client.due_on, purse.credit) == (NEXT, 10560 + 32000)


def test_in_parts_nothing_moves_before_the_last_and_too_much_is_credit(charge, client, purse) -> None:
    assert pay(charge, PAID_DAY, cents=30000).effect is PaymentEffect.PARTIAL
    assert (client.due_on, purse.credit) == (DUE, 0)
    pay(charge, PAID_DAY, cents=2100)
    assert (client.due_on, purse.credit) == (NEXT, 10560 + 100)


def test_an_additional_charge_made_meanwhile_does_not_stop_it(charge, client, make) -> None:
    make.charge(client, 3338)
    pay(charge, PAID_DAY)
    assert client.due_on == NEXT


def test_a_suspended_client_is_renewed_and_stays_suspended(charge, client) -> None:
    client.suspended_at = NOW
    db.session.commit()
    pay(charge, PAID_DAY)
    assert derive_status(client, DUE) is Status.SUSPENDED
    assert client.due_on == NEXT


def test_a_cancelled_one_moves_nothing_and_what_arrives_is_credit(charge, client, purse, actor) -> None:
    pay(charge, PAID_DAY, cents=5000)
    assert settling.cancel(charge.id, now=at(PAID_DAY), actor=actor)
    db.session.commit()
    assert purse.credit == 5000
    assert not settling.cancel(charge.id, now=at(PAID_DAY), actor=actor)
    pay(charge, DUE)
    assert (client.due_on, purse.credit) == (DUE, 37000)
    assert retail.state_of(charges()[0]) is RetailState.CANCELLED


def test_a_paid_one_cannot_be_cancelled(charge, actor) -> None:
    pay(charge, PAID_DAY)
    assert not settling.cancel(charge.id, now=at(PAID_DAY), actor=actor)


def test_prices_set_later_leave_what_was_issued(charge, client, sell) -> None:
    sell(client, {Item.BASE: 19990}, FIRST_DAY)
    assert charges()[0].amount_cents == 32000
