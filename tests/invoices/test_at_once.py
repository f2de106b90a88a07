"""Many hands at the same moment: one invoice for one form, one for one charge, one end for each."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from portal.domain.invoices import InvoiceState, state_of
from portal.extensions import db
from portal.invoices import queries
from portal.models import CreditEntry, Invoice
from tests.conftest import NOW
from tests.invoices.test_making_routes import fields_of, new, said
from tests.invoices.test_money import give
from tests.visitor import Visitor

TIMES, TODAY = 12, NOW.date()


@pytest.fixture
def at_once(app, admin):
    """Return what posts forms from as many browsers of one user at the same moment."""
    browsers = [Visitor(app).sign_in(admin) for _ in range(TIMES)]

    def post(path: str, forms: list[dict]) -> list:
        barrier = Barrier(TIMES)

        def send(number: int):
            barrier.wait(timeout=30)
            return browsers[number].post(path, **forms[number])

        db.session.rollback()
        with ThreadPoolExecutor(TIMES) as threads:
            return list(threads.map(send, range(TIMES)))

    return post


def invoices() -> list[Invoice]:
    db.session.rollback()
    return list(db.session.scalars(db.select(Invoice)))


def test_one_form_sent_at_once_makes_one_invoice_and_leads_everybody_to_it(web, at_once, make, partner) -> None:
    client = make.client(partner)
    make.charge(client)
    give(partner, 1_000)
    form = fields_of(said(web.get(new(client))))
    answers = at_once("/invoices", [form] * TIMES)
    [invoice] = invoices()
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, f"/invoices/{invoice.id}")}
    assert (invoice.number, len(queries.lines_of(invoice.id))) == (1, 1)
    assert db.session.scalar(db.select(db.func.count()).select_from(CreditEntry)) == 2


def test_several_forms_for_one_charge_make_one_invoice_and_tell_the_others(web, at_once, make, partner) -> None:
    client = make.client(partner)
    make.charge(client)
    forms = [fields_of(said(web.get(new(client)))) for _ in range(TIMES)]
    answers = at_once("/invoices", forms)
    [invoice] = invoices()
    assert sorted(answer.status_code for answer in answers) == [303] + [409] * (TIMES - 1)
    assert all(
        f'/invoices/{invoice.id}">Fatura 1</a>' in answer.text for answer in answers if answer.status_code == 409
    )


def test_a_cancellation_sent_at_once_gives_back_once(at_once, purse, make, partner) -> None:
    give(partner, 1_000)
    invoice = purse.renew(make.client(partner, due_on=TODAY), TODAY, credit=1_000)
    answers = at_once(f"/invoices/{invoice.id}/cancellation", [{}] * TIMES)
    assert {answer.status_code for answer in answers} == {303}
    assert purse.credit == 1_000
    assert state_of(invoices()[0]) is InvoiceState.CANCELLED
