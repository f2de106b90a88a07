"""The 1st: renewal invoices that nobody paid are cancelled, once, and all that they held comes back."""

from __future__ import annotations

from datetime import date

import pytest

from jobs import cancel_invoices
from portal.domain.errors import InvoiceClosed
from portal.domain.invoices import InvoiceState, state_of
from portal.extensions import db
from portal.invoices import queries, settling
from portal.models import AuditEvent, Invoice
from tests.invoices.conftest import actor, admin, partner, prices, purse
from tests.invoices.test_money import give
from tests.money import at, pay

__all__ = ["actor", "admin", "partner", "prices", "purse"]

JULY_10, LAST, FIRST = date(2025, 7, 10), date(2025, 7, 31), date(2025, 8, 1)


@pytest.fixture
def invoice(purse, make, partner) -> Invoice:
    give(partner, 1_000)
    return purse.renew(make.client(partner, due_on=JULY_10), JULY_10, credit=1_000)


def state(invoice: Invoice) -> InvoiceState:
    db.session.rollback()
    return state_of(db.session.get_one(Invoice, invoice.id))


def test_on_the_first_it_is_cancelled_and_not_a_day_before(invoice, purse) -> None:
    pay(invoice, LAST, cents=500)
    assert cancel_invoices.preview(at(LAST)) == {"cancelled": 0}
    assert cancel_invoices.run(at(LAST)) == {"cancelled": 0, "failed": 0}
    assert state(invoice) is InvoiceState.OPEN

    assert cancel_invoices.preview(at(FIRST)) == {"cancelled": 1}
    assert cancel_invoices.run(at(FIRST)) == {"cancelled": 1, "failed": 0}

    assert state(invoice) is InvoiceState.CANCELLED
    assert purse.credit == 1_500, "credit used, and what had arrived"
    event = db.session.scalars(db.select(AuditEvent).where(AuditEvent.action == settling.CANCELLED)).one()
    assert (event.actor_name, event.reason) == ("Portal", "Vencida sem pagamento")


def test_a_second_run_and_a_missed_first_do_the_same_once(invoice, purse) -> None:
    late = at(date(2025, 9, 3))
    assert cancel_invoices.run(late)["cancelled"] == 1
    assert cancel_invoices.run(late) == {"cancelled": 0, "failed": 0}
    assert purse.credit == 1_000


def test_the_turn_of_the_year_and_february_are_like_any_month(purse, make, partner) -> None:
    for due_on, last, first in (
        (date(2025, 12, 28), date(2025, 12, 31), date(2026, 1, 1)),
        (date(2025, 2, 28), date(2025, 2, 28), date(2025, 3, 1)),
        (date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1)),
    ):
        invoice = purse.renew(make.client(partner, due_on=due_on), due_on)
        assert cancel_invoices.run(at(last))["cancelled"] == 0
        assert cancel_invoices.run(at(first))["cancelled"] == 1
        assert state(invoice) is InvoiceState.CANCELLED


def test_additions_paid_and_later_invoices_stay(invoice, purse, make, partner) -> None:
    client = make.client(partner, due_on=JULY_10)
    make.charge(client)
    additions = purse.pay_additionals([client], JULY_10)
    later = purse.renew(make.client(partner, due_on=date(2025, 8, 5)), LAST)
    pay(invoice, JULY_10)
    assert cancel_invoices.run(at(FIRST)) == {"cancelled": 0, "failed": 0}
    assert [state(one) for one in (invoice, additions, later)] == [
        InvoiceState.PAID,
        InvoiceState.OPEN,
        InvoiceState.OPEN,
    ]


def test_one_that_fails_stops_no_other(invoice, purse, make, partner, monkeypatch) -> None:
    other = purse.renew(make.client(partner, due_on=JULY_10), JULY_10)
    cancel = settling.cancel

    def failing(invoice_id: int, **facts):
        if invoice_id == invoice.id:
            raise RuntimeError("broken")
        return cancel(invoice_id, **facts)

    monkeypatch.setattr(settling, "cancel", failing)
    assert cancel_invoices.run(at(FIRST)) == {"cancelled": 1, "failed": 1}
    monkeypatch.undo()
    assert state(other) is InvoiceState.CANCELLED
    assert cancel_invoices.run(at(FIRST)) == {"cancelled": 1, "failed": 0}, "the next night"


def test_one_that_was_paid_or_cancelled_meanwhile_is_left(invoice, monkeypatch) -> None:
    def paid(invoice_id: int, **facts):
        raise InvoiceClosed(InvoiceState.PAID)

    monkeypatch.setattr(settling, "cancel", paid)
    assert cancel_invoices.run(at(FIRST)) == {"cancelled": 0, "failed": 0}
    monkeypatch.setattr(settling, "cancel", lambda *_which, **_facts: None)
    assert cancel_invoices.run(at(FIRST)) == {"cancelled": 0, "failed": 0}


def test_money_that_arrives_afterwards_is_credit(invoice, purse) -> None:
    cancel_invoices.run(at(FIRST))
    pay(invoice, FIRST, paid_at=at(LAST))
    assert purse.credit == 1_000 + 8_990
    assert {line.outcome for line in queries.lines_of(invoice.id)} == {None}
