"""From the desk to an invoice: the values, "Confirmar", the same form again, and what changed in between."""

from __future__ import annotations

import re
from datetime import date, datetime

import pytest
from werkzeug.test import TestResponse

from portal import clock
from portal.credit import service as credit
from portal.credit.service import Origin
from portal.domain.catalogue import Item, Product
from portal.domain.invoices import CreditKind
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Client, CreditEntry, Invoice, InvoiceLine
from tests.money import pay
from tests.renewals.test_desk import row
from tests.visitor import Visitor

TODAY = date(2025, 7, 10)
ADDRESS = "/invoices/month/new?month=2025-07"


@pytest.fixture
def batch(due, make) -> tuple[Client, Client]:
    """Return the two clients of R12."""
    bar = due(name="Bar do Zé")
    for item, units in ((Item.CLOUD, 1), (Item.WAITER, 3), (Item.MOBILE, 1)):
        make.item(bar, item, units)
    return bar, due(name="Loja Navi", product=Product.NAVI)


def give(partner, cents: int) -> None:
    credit.move(partner.id, CreditKind.EXCESS, cents, now=clock.now(), origin=Origin())
    db.session.commit()


def form_on(page: TestResponse) -> dict[str, str]:
    """Return the fields of the page that confirms."""
    found = re.search(r'<form class="stack narrow".*?</form>', page.text, re.DOTALL)
    assert found, page.text
    fields = dict(re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', found[0]))
    return {name: value for name, value in fields.items() if name != "csrf_token"}


def confirm(web: Visitor, fields: dict[str, str]) -> TestResponse:
    return web.post("/invoices/month", **fields)


def invoices() -> list[Invoice]:
    db.session.rollback()
    return list(db.session.scalars(db.select(Invoice).order_by(Invoice.id)))


def told(answer: TestResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).replace("\xa0", " ").split())


def test_the_values_are_shown_with_their_arithmetic_and_the_credit_that_fits(web, partner, batch, prices) -> None:
    give(partner, 6000)  # R12
    text = told(web.get(ADDRESS))
    assert "Total: R$ 264,30 para 2 clientes." in text
    assert "Link Garçom 3 × R$ 19,90 (mês inteiro) = R$ 59,70" in text
    assert "Seu crédito: R$ 60,00" in text
    assert "A pagar: R$ 204,30" in text
    assert form_on(web.get(ADDRESS))["credit"] == "60,00"


def test_confirming_makes_one_invoice_and_payment_moves_both(web, partner, batch, prices) -> None:
    give(partner, 6000)
    answer = confirm(web, form_on(web.get(ADDRESS)))
    [invoice] = invoices()
    assert answer.location == f"/invoices/{invoice.id}"
    assert (invoice.total_cents, invoice.credit_cents) == (20430, 6000)
    said = told(web.get(answer.location))
    assert f"Fatura 1 emitida. Gravado às 12:00, protocolo {invoice.event_id}. Ninguém ficou de fora." in said
    assert "Já está na fatura 1" in row(web, batch[0])
    pay(invoice, TODAY)
    db.session.expire_all()
    assert [client.due_on for client in batch] == [date(2025, 8, 15)] * 2
    assert [e.kind for e in db.session.scalars(db.select(CreditEntry))] == [CreditKind.EXCESS, CreditKind.REDEMPTION]


def test_who_is_left_out_is_counted_with_the_reason(web, due, make, batch, prices) -> None:
    make.charge(due(name="Devedora"))
    due(name="Dormindo", suspended_at=clock.now())
    web.post("/renewals/decisions", month="2025-07", **{f"d{batch[1].id}": "skip"})
    text = told(web.get(ADDRESS))
    assert "Total: R$ 214,40 para 1 cliente." in text
    assert "Com impedimento: 1 Decidir depois: 1 Não renovar: 1" in text
    said = told(web.get(confirm(web, form_on(web.get(ADDRESS))).location))
    assert (
        "Ficaram de fora, com o motivo em Renovação manual: com impedimento: 1, decidir depois: 1, não renovar: 1."
        in said
    )
    assert "Tem adicionais em aberto" in told(web.get("/renewals?place=blocked"))


def test_the_same_form_again_answers_the_same_invoice_even_in_the_next_month(web, web_of, batch, prices) -> None:
    fields = form_on(web.get(ADDRESS))
    first, again = confirm(web, fields), confirm(web, fields)
    [invoice] = invoices()
    assert first.location == again.location
    assert f"Já estava feito (fatura 1): gravado às 12:00, protocolo {invoice.event_id}." in told(
        web.get(again.location)
    )
    with clock.frozen(datetime.fromisoformat("2025-08-01T12:00:00-03:00")):
        assert confirm(web_of(), fields).location == first.location
    assert len(invoices()) == 1
    assert confirm(web, fields | {"credit": "1,00"}).status_code == 409


def test_values_that_changed_are_shown_again_and_nothing_is_made(web, due, batch, prices) -> None:
    fields = form_on(web.get(ADDRESS))
    due(name="Chegou agora")
    answer = confirm(web, fields)
    assert answer.status_code == 409
    assert "O valor mudou: era R$ 264,30, agora R$ 364,20." in told(answer)
    assert invoices() == []
    again = form_on(answer)
    assert again["key"] == fields["key"]
    assert confirm(web, again).status_code == 303
    assert db.session.scalar(db.select(db.func.count()).select_from(InvoiceLine)) == 3


def test_more_credit_than_there_is_is_refused_and_an_amount_that_is_none(web, partner, batch, prices) -> None:
    give(partner, 6000)
    fields = form_on(web.get(ADDRESS))
    short = confirm(web, fields | {"credit": "60,01"})
    assert short.status_code == 409
    assert "O crédito é de R$ 60,00." in told(short)
    assert confirm(web, fields | {"credit": "muito"}).status_code == 422
    assert confirm(web, fields | {"key": ""}).status_code == 422
    assert invoices() == []
    assert confirm(web, fields | {"credit": "0"}).status_code == 303
    assert invoices()[0].total_cents == 26430


def test_credit_that_covers_everything_settles_at_once(web, partner, batch, prices) -> None:
    give(partner, 99_999)
    answer = confirm(web, form_on(web.get(ADDRESS)))
    assert "Fatura 1 quitada com crédito." in told(web.get(answer.location))
    db.session.expire_all()
    assert batch[0].due_on == date(2025, 8, 15)


def test_nobody_to_renew_says_so(web, due, prices) -> None:
    due(suspended_at=clock.now())
    page = web.get(ADDRESS)
    assert "está pronto para a fatura" in told(page)
    assert '<form class="stack narrow"' not in page.text
    asked = {"month": "2025-07", "key": "k" * 20, "seen": "0-" + "0" * 64, "credit": ""}
    answer = confirm(web, asked)
    assert answer.status_code == 409
    assert "Nada foi gravado." in told(answer)


def test_what_is_typed_into_the_credit_changes_what_is_left_to_pay(web, partner, batch, prices) -> None:
    give(partner, 6000)
    assert "A pagar: R$ 244,30" in told(web.fragment(f"{ADDRESS}&credit=20,00"))


def test_who_may_not(web_of, stranger, batch, prices, web) -> None:
    assert web_of(Role.SUPPORT).get(ADDRESS).status_code == 403
    assert web.get("/invoices/month/new?month=nada").status_code == 404
    assert web.post("/invoices/month", key="k" * 20).status_code == 404
    assert "Bar do Zé" not in stranger.get(ADDRESS).text
    fields = form_on(web.get(ADDRESS))
    assert confirm(stranger, fields).status_code == 409
    assert invoices() == []


def test_an_open_charge_that_is_paid_frees_the_client_for_the_next_invoice(web, make, batch, purse, prices) -> None:
    make.charge(batch[0], 3338)  # R11
    assert "Total: R$ 49,90 para 1 cliente." in told(web.get(ADDRESS))
    pay(purse.pay_additionals([batch[0]], TODAY), TODAY)
    assert "Total: R$ 264,30 para 2 clientes." in told(web.get(ADDRESS))
