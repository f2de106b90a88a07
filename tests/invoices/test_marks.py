"""Where else an open invoice is seen: at the charges that it asks for, on the pages of its clients, in the ledger's footer."""

from __future__ import annotations

import pytest

from portal.domain.errors import OrderFixed
from portal.domain.orders import Fixed
from portal.domain.roles import Role
from portal.invoices import settling
from tests.conftest import NOW
from tests.money import at, pay
from tests.registrations.conftest import hand_on

__all__ = ["hand_on"]

TODAY = NOW.date()


@pytest.fixture
def bar(make, partner):
    return make.client(partner, name="Bar do Zé", due_on=TODAY)


def test_a_charge_on_an_open_invoice_leads_to_it_until_that_ends(web, web_of, purse, make, bar) -> None:
    charge, other = make.charge(bar), make.charge(bar)
    invoice = purse.pay_additionals([bar], TODAY)
    mark = f'está na <a href="/invoices/{invoice.id}">fatura 1</a></span>'
    pages = {"/charges": 2, f"/charges/{charge.id}": 1, f"/clients/{bar.id}": 2}
    assert {page: web.get(page).text.count(mark) for page in pages} == pages
    assert mark in web.fragment(f"/charges/{other.id}").text
    assert "está na" not in web_of(Role.SUPPORT).get(f"/clients/{bar.id}").text
    settling.cancel(invoice.id, now=at(TODAY), actor=purse.actor)
    assert {page: web.get(page).text.count(mark) for page in pages} == dict.fromkeys(pages, 0)


def test_a_charge_is_one_row_however_many_invoices_asked_for_it(web, purse, make, bar) -> None:
    charge = make.charge(bar)
    for _ in range(2):
        settling.cancel(purse.pay_additionals([bar], TODAY).id, now=at(TODAY), actor=purse.actor)
    purse.pay_additionals([bar], TODAY)
    text = web.get("/charges").text
    assert text.count(f'<tbody id="charge-{charge.id}"') == 1
    assert ">fatura 3</a>" in text


def test_a_clients_page_mentions_its_open_invoices_to_who_may_see_them(web, web_of, purse, bar, make) -> None:
    invoice = purse.renew(bar, TODAY)
    pay(invoice, TODAY, cents=990)
    line = f'<a href="/invoices/{invoice.id}">Fatura 1</a> em aberto (Renovação): R$ 90,00'
    assert line in web.get(f"/clients/{bar.id}").text.replace("\xa0", " ")
    assert "em aberto (Renovação)" not in web_of(Role.SUPPORT).get(f"/clients/{bar.id}").text
    pay(invoice, TODAY, cents=9_000)
    text = web.get(f"/clients/{bar.id}").text
    assert "em aberto (Renovação)" not in text
    assert "<b>Renovação</b>" in text
    assert "Motivo: Fatura 1" in text


def test_the_ledger_offers_to_pay_what_is_open_of_what_is_shown(web, web_of, make, bar) -> None:
    assert "Pagar adicionais em aberto" not in web.get("/charges").text
    make.charge(bar)
    assert 'href="/invoices/new?q=bar"' in web.get("/charges?q=bar&state=paid&month=2025-07").text
    assert 'href="/invoices/new"' in web.get("/charges?state=open").text


def test_an_order_whose_charge_is_on_an_open_invoice_cannot_be_undone_and_says_why(web, hand_on, purse) -> None:
    hand = hand_on(waiter=1)
    hand.change(TODAY, waiter=3)
    purse.pay_additionals([hand.client], TODAY)
    assert "Estornar pedido" not in web.get(f"/clients/{hand.client.id}").text
    with pytest.raises(OrderFixed) as refused:
        hand.reverse(TODAY)
    assert refused.value.why is Fixed.INVOICED
    hand.refresh()
    path = f"/clients/{hand.client.id}/orders/{hand.last_order().id}/reversal"
    answer = web.post(path, version=hand.client.version)
    assert answer.status_code == 409
    assert "está em uma fatura em aberto: cancele a fatura antes" in answer.text
