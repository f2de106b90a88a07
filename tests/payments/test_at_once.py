"""Confirmations side by side: one effect each, and all the money is somewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from werkzeug.test import TestResponse

from portal import clock
from portal.domain.invoices import PaymentEffect
from portal.domain.roles import Role
from portal.extensions import db
from portal.invoices import settling
from portal.models import Charge, Invoice
from portal.payments import returns, service
from portal.payments.service import Outcome
from tests.conftest import NOW
from tests.money import at
from tests.payments.conftest import PAY_DAY, RENEWED, dues, entries, payments, told
from tests.registrations.conftest import viewer_of

TIMES = 20


@pytest.fixture
def at_once(tell) -> Callable[[list[Any]], list[TestResponse]]:
    """Return what sends messages of one payment each from many threads, all let go at one moment."""

    def send_all(messages: list[Any]) -> list[TestResponse]:
        barrier = Barrier(len(messages))

        def send(entry: Any) -> TestResponse:
            barrier.wait(timeout=30)
            return tell(entry)

        db.session.rollback()
        with ThreadPoolExecutor(len(messages)) as threads:
            return list(threads.map(send, messages))

    return send_all


def test_the_same_webhook_at_once_has_one_effect(at_once, invoice, batch) -> None:
    answers = at_once([told(invoice)] * TIMES)
    assert {answer.status_code for answer in answers} == {200}
    assert sum(answer.json["booked"] for answer in answers) == 1
    assert [payment.effect for payment in payments()] == [PaymentEffect.SETTLED]
    assert (dues(batch), entries()) == (RENEWED, [])


def test_the_same_webhook_of_nobodys_money_at_once_is_kept_once(at_once, invoice) -> None:
    answers = at_once([told(invoice, txid="NOBODYS")] * TIMES)
    assert {answer.status_code for answer in answers} == {200}
    assert sum(answer.json["booked"] for answer in answers) == 1
    assert len(payments()) == 1


def test_different_confirmations_of_one_invoice_settle_it_once_and_the_rest_is_credit(at_once, invoice, batch) -> None:
    one, other = told(invoice), told(invoice)
    answers = at_once([one, other] * (TIMES // 2))
    assert {answer.status_code for answer in answers} == {200}
    assert Counter(payment.effect for payment in payments()) == {
        PaymentEffect.SETTLED: 1,
        PaymentEffect.CREDITED: 1,
    }
    assert (dues(batch), entries()) == (RENEWED, [("late", 14980)])


def test_parts_at_once_settle_once_and_the_excess_is_credit(at_once, invoice, batch) -> None:
    at_once([told(invoice, 5000) for _ in range(TIMES)])
    assert dues(batch) == RENEWED
    counted = Counter(payment.effect for payment in payments())
    assert counted == {PaymentEffect.PARTIAL: 2, PaymentEffect.SETTLED: 1, PaymentEffect.CREDITED: TIMES - 3}
    assert sum(cents for _kind, cents in entries()) == TIMES * 5000 - 14980


def test_paying_and_cancelling_at_once_leaves_the_money_in_one_place(tell, app, invoice, batch, purse) -> None:
    invoice_id, actor, barrier = invoice.id, purse.actor, Barrier(2)
    entry = told(invoice)

    def cancel() -> None:
        with app.app_context(), clock.frozen(NOW):
            barrier.wait(timeout=30)
            try:
                settling.cancel(invoice_id, now=at(PAY_DAY), actor=actor)
            except settling.InvoiceClosed:
                db.session.rollback()
            db.session.remove()

    def pay() -> None:
        barrier.wait(timeout=30)
        assert tell(entry).status_code == 200

    db.session.rollback()
    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(cancel), threads.submit(pay)]:
            done.result()
    is_cancelled = db.session.get(Invoice, invoice_id).cancelled_at is not None
    moved = dues(batch) == RENEWED
    assert is_cancelled is not moved
    assert entries() == ([("late", 14980)] if is_cancelled else [])


def test_invoices_of_one_partner_paid_twice_all_at_once_wait_for_each_other_in_one_order(
    at_once, make, partner, purse
) -> None:
    """A settled invoice moves clients and then credit, a late payment only credit: neither may wait for the other."""
    clients = [make.client(partner, due_on=date(2025, 7, 10)) for _ in range(8)]
    invoices = [purse.renew(client, date(2025, 7, 5)) for client in clients]
    answers = at_once([told(invoice, 10000) for invoice in invoices for _ in range(2)])
    assert {answer.status_code for answer in answers} == {200}
    assert dues(clients) == [date(2025, 8, 10)] * 8
    assert sum(cents for _kind, cents in entries()) == 16 * 10000 - 8 * 9990


@pytest.fixture
def by_staff(app, make) -> Callable[[Callable[[Any], Outcome]], list[Outcome]]:
    """Return what has somebody of the vendor's do the same from many threads at one moment."""
    actor, barrier = viewer_of(make.user(None, Role.OPERATOR)), Barrier(TIMES)

    def do(step: Callable[[Any], Outcome]) -> list[Outcome]:
        def once(_number: int) -> Outcome:
            with app.app_context():
                barrier.wait(timeout=30)
                try:
                    return step(actor)
                finally:
                    db.session.remove()

        db.session.rollback()
        with ThreadPoolExecutor(TIMES) as threads:
            return list(threads.map(once, range(TIMES)))

    return do


def test_a_destination_given_at_once_counts_once(tell, by_staff, invoice, batch) -> None:
    tell(told(invoice, txid="NOBODYS"))
    lost, txid = payments()[0].id, invoice.txid
    outcomes = by_staff(lambda actor: service.assign(lost, txid, now=NOW, actor=actor))
    assert sum(not outcome.is_repeat for outcome in outcomes) == 1
    assert (dues(batch), entries()) == (RENEWED, [])


def test_a_return_booked_at_once_is_owed_once(tell, by_staff, invoice, batch) -> None:
    tell(told(invoice))
    payment_id = payments()[0].id
    outcomes = by_staff(lambda actor: returns.book(payment_id, 14980, now=NOW, actor=actor))
    assert sum(not outcome.is_repeat for outcome in outcomes) == 1
    db.session.rollback()
    assert [charge.amount_cents for charge in db.session.scalars(db.select(Charge).order_by(Charge.id))] == [9990, 4990]
