"""Cancelling an invoice over HTTP: asked first, with what comes back; once, whatever is sent twice."""

from __future__ import annotations

import pytest

from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Invoice
from tests.conftest import NOW
from tests.invoices.test_money import give
from tests.money import pay

TODAY = NOW.date()


@pytest.fixture
def invoice(purse, partner, make) -> Invoice:
    give(partner, 1_000)
    return purse.renew(make.client(partner, due_on=TODAY), TODAY, credit=1_000)


def address(invoice: Invoice) -> str:
    return f"/invoices/{invoice.id}/cancellation"


def test_the_page_says_what_comes_back(web, invoice) -> None:
    pay(invoice, TODAY, cents=500)
    text = web.get(f"{address(invoice)}/new").text.replace("\xa0", " ")
    assert "Cancelar a fatura 1?" in text
    assert "As renovações de 1 cliente deixam" in text
    assert "R$ 10,00 de crédito usado voltam para o seu crédito." in text
    assert "R$ 5,00 que já chegaram viram crédito." in text
    assert web.fragment(f"{address(invoice)}/new").text.startswith('<section id="cancellation"')


def test_the_page_of_additions_says_that_the_charges_are_open_again(web, purse, make, partner) -> None:
    client = make.client(partner)
    make.charge(client)
    make.charge(client)
    invoice = purse.pay_additionals([client], TODAY)
    assert "2 cobranças voltam a ficar em aberto" in web.get(f"{address(invoice)}/new").text


def test_cancelling_gives_credit_and_money_back_and_says_so_with_a_protocol(web, invoice, purse) -> None:
    pay(invoice, TODAY, cents=500)
    answer = web.post(address(invoice))
    assert (answer.status_code, answer.location) == (303, f"/invoices/{invoice.id}")
    text = web.get(answer.location).text
    assert "Fatura 1 cancelada. Gravado às 12:00, protocolo" in text
    assert '<b class="s inactive">Cancelada</b>' in text
    assert purse.credit == 1_500


def test_sent_again_it_answers_that_it_was_cancelled_and_returns_nothing_twice(web, invoice, purse) -> None:
    web.post(address(invoice))
    answer = web.post(address(invoice), htmx=True)
    assert answer.headers["HX-Redirect"] == f"/invoices/{invoice.id}"
    assert "A fatura 1 já estava cancelada desde 10/07/2025 12:00." in web.get(f"/invoices/{invoice.id}").text
    assert purse.credit == 1_000


def test_a_paid_invoice_is_not_cancelled(web, invoice, purse) -> None:
    pay(invoice, TODAY)
    for answer in (web.get(f"{address(invoice)}/new"), web.post(address(invoice))):
        assert answer.status_code == 409
        assert "Esta fatura já está paga. Nada mudou." in answer.text
    db.session.refresh(invoice)
    assert invoice.cancelled_at is None


def test_who_may_not_cancels_nothing(web_of, stranger, invoice, partner) -> None:
    assert stranger.post(address(invoice)).status_code == 404
    assert web_of(Role.SUPPORT).post(address(invoice)).status_code == 403
    assert web_of(Role.READER).post(address(invoice)).status_code == 403
    partner.suspended_at = NOW
    db.session.commit()
    suspended = web_of(Role.FINANCE)
    assert suspended.get(f"/invoices/{invoice.id}").status_code == 200
    assert "Cancelar fatura" not in suspended.get(f"/invoices/{invoice.id}").text
    assert suspended.post(address(invoice)).status_code == 403
    db.session.refresh(invoice)
    assert invoice.cancelled_at is None
