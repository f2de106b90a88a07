"""One invoice: its lines with their arithmetic, the Pix code while it is open, what arrived, what became of each line."""

from __future__ import annotations

import re
from datetime import date

import pytest

from portal.config import Pix
from portal.domain import pix
from portal.domain.catalogue import Item
from portal.domain.pix import Receiver
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Client, Invoice, InvoiceLine, Partner
from tests.conftest import NOW
from tests.factories import Factory
from tests.invoices.test_money import give
from tests.money import Purse, pay

RECEIVER = Receiver("pix@portal.test", "FORNECEDOR LTDA", "SAO PAULO")
TODAY = NOW.date()


@pytest.fixture
def receiver(app, monkeypatch) -> Receiver:
    """Have the portal paid by Pix."""
    from dataclasses import replace

    config = replace(app.extensions["portal_config"], pix=Pix(RECEIVER, "s" * 32))
    monkeypatch.setitem(app.extensions, "portal_config", config)
    return RECEIVER


@pytest.fixture
def bar(make: Factory, partner: Partner) -> Client:
    client = make.client(partner, name="Bar do Zé", document="11222333000181", due_on=date(2025, 7, 10))
    make.item(client, Item.WAITER, 2)
    return client


@pytest.fixture
def invoice(purse: Purse, partner: Partner, bar: Client) -> Invoice:
    give(partner, 1_000)
    return purse.renew(bar, TODAY, credit=1_000)


def said(answer) -> str:
    assert answer.status_code == 200
    return answer.text.replace("\xa0", " ")


def code_in(text: str) -> str:
    return re.search(r'<textarea id="pix-code"[^>]*>([^<]+)</textarea>', text)[1]


def test_an_open_invoice_says_what_it_asks_for_line_by_line(web, invoice, bar) -> None:
    text = said(web.get(f"/invoices/{invoice.id}"))
    for part in (
        "<h1>Fatura 1</h1>",
        '<b class="s suspended">Em aberto</b>',
        f"protocolo {invoice.event_id}",
        f'<a href="/clients/{bar.id}">Bar do Zé</a></p> <small>11.222.333/0001-81</small>',
        "Renovação: vencimento de 10/07/2025 para 10/08/2025",
        "<b>Licença</b> 1 × R$ 99,90 (mês inteiro)",
        "<b>Link Garçom</b> 2 × R$ 19,90 (mês inteiro) = R$ 39,80",
        "<dt>Valor</dt><dd>R$ 139,70</dd>",
        "<dt>Crédito usado</dt><dd>R$ 10,00</dd>",
        "<dt>Total</dt><dd><b>R$ 129,70</b></dd>",
    ):
        assert part in text, part
    assert "Comprovante" not in text


def test_additions_show_the_arithmetic_that_was_charged(web, purse, make, bar) -> None:
    charge = make.charge(bar)
    invoice = purse.pay_additionals([bar], TODAY)
    text = said(web.get(f"/invoices/{invoice.id}"))
    assert f'<a href="/charges/{charge.id}">Adicional de 10/07/2025</a>' in text
    assert "<b>Link Garçom</b> 2 × R$ 19,90 ÷ 31 × 26 dias = R$ 33,38" in text


def test_the_pix_code_asks_for_what_is_left_with_the_invoices_txid(web, invoice, receiver) -> None:
    text = said(web.get(f"/invoices/{invoice.id}"))
    parsed = pix.parse(code_in(text))
    assert (parsed.txid, parsed.amount_cents, parsed.key) == (invoice.txid, 12_970, receiver.key)
    assert "a <b>FORNECEDOR LTDA</b>" in text
    assert 'aria-label="QR Code do Pix da fatura 1"' in text
    assert f'data-copy="{code_in(text)}"' in text

    pay(invoice, TODAY, cents=2_970)

    text = said(web.get(f"/invoices/{invoice.id}"))
    assert pix.parse(code_in(text)).amount_cents == 10_000
    assert "<dt>Recebido</dt><dd>R$ 29,70</dd>" in text
    assert "<dt>Falta pagar</dt><dd><b>R$ 100,00</b></dd>" in text
    assert "<b>R$ 29,70</b> em 10/07/2025 12:00 · Pix · Parcial" in text


def test_without_a_receiver_it_says_whom_to_ask(web, invoice) -> None:
    text = said(web.get(f"/invoices/{invoice.id}"))
    assert "Pix não configurado: fale com o fornecedor para pagar R$ 129,70." in text
    assert "pix-code" not in text


def test_once_paid_it_shows_outcomes_and_leads_to_the_receipt(web, invoice, receiver) -> None:
    payment = pay(invoice, TODAY)
    text = said(web.get(f"/invoices/{invoice.id}"))
    assert '<b class="s active">Paga</b>' in text
    assert '<b class="s active">Concluída</b>' in text
    assert "pix-code" not in text
    assert "Cancelar fatura" not in text
    assert f'href="/invoices/{invoice.id}/receipt"' in text

    text = said(web.get(f"/invoices/{invoice.id}/receipt"))
    for part in (
        "Comprovante de pagamento",
        f"protocolo {invoice.event_id}",
        payment.end_to_end_id,
        invoice.txid,
        "<dt>Paga em</dt><dd>10/07/2025 12:00</dd>",
        "<dt>Quem recebeu</dt><dd>FORNECEDOR LTDA</dd>",
        "<dt>Pago com crédito</dt><dd>R$ 10,00</dd>",
        "<dt>Pago por Pix</dt><dd><b>R$ 129,70</b></dd>",
    ):
        assert part in text, part


def test_what_could_not_be_renewed_says_that_it_became_credit(web, invoice) -> None:
    pay(invoice, date(2025, 8, 2))
    text = said(web.get(f"/invoices/{invoice.id}"))
    assert '<b class="s suspended">Virou crédito</b>' in text
    assert "R$ 139,70 viraram crédito" in text


def test_there_is_no_receipt_before_payment_nor_after_cancelling(web, invoice) -> None:
    assert web.get(f"/invoices/{invoice.id}/receipt").status_code == 404
    web.post(f"/invoices/{invoice.id}/cancellation")
    assert web.get(f"/invoices/{invoice.id}/receipt").status_code == 404


def test_paper_holds_every_line_and_the_code_and_no_way_out(web, make, purse, partner, receiver) -> None:
    clients = [make.client(partner, due_on=TODAY) for _ in range(60)]
    invoice = purse.renew_month(TODAY)
    text = said(web.get(f"/invoices/{invoice.id}"))
    assert text.count('<div class="row"><p>') == 50
    rest = said(web.get(re.search(r'rel="next" href="([^"#]+)', text)[1]))
    assert rest.count('<div class="row"><p>') == 10
    paper = said(web.get(f"/invoices/{invoice.id}/paper"))
    assert paper.count('<div class="row"><p>') == 60
    assert code_in(paper) == code_in(text)
    assert f'href="/clients/{clients[0].id}"' not in paper


def test_an_unchanged_invoice_is_not_sent_again_and_a_paid_one_is(web, invoice) -> None:
    tag = web.get(f"/invoices/{invoice.id}").headers["ETag"]
    headers = {"If-None-Match": tag}
    assert web.browser.get(f"/invoices/{invoice.id}", headers=headers).status_code == 304
    pay(invoice, TODAY)
    assert web.browser.get(f"/invoices/{invoice.id}", headers=headers).status_code == 200


def test_an_unchanged_tag_is_no_way_to_another_partners_invoice(web, stranger, invoice) -> None:
    tag = web.get(f"/invoices/{invoice.id}").headers["ETag"]
    assert stranger.browser.get(f"/invoices/{invoice.id}", headers={"If-None-Match": tag}).status_code == 404


def test_a_client_whose_registration_was_undone_has_no_page_to_lead_to(web, invoice, bar) -> None:
    bar.archived_at = NOW
    db.session.commit()
    assert f'href="/clients/{bar.id}"' not in said(web.get(f"/invoices/{invoice.id}"))


PAGES = ["", "/paper", "/receipt", "/cancellation/new"]


@pytest.mark.parametrize("page", PAGES)
def test_another_partners_invoice_is_not_found(stranger, invoice, page) -> None:
    if page == "/receipt":
        pay(invoice, TODAY)
    answer = stranger.get(f"/invoices/{invoice.id}{page}")
    assert answer.status_code == 404
    assert "Zé" not in answer.text


def test_administrador_and_financeiro_see_invoices_the_others_do_not(web_of, invoice) -> None:
    expected = {Role.ADMIN: 200, Role.FINANCE: 200, Role.SUPPORT: 403, Role.READER: 403}
    for page in ("", f"/{invoice.id}", f"/{invoice.id}/paper", f"/{invoice.id}/cancellation/new"):
        assert {role: web_of(role).get(f"/invoices{page}").status_code for role in expected} == expected, page


def test_the_lines_of_an_invoice_are_those_of_its_day(web, invoice, bar) -> None:
    bar.name = "Boteco do Zé"
    db.session.commit()
    text = said(web.get(f"/invoices/{invoice.id}"))
    assert "Bar do Zé" in text
    assert "Boteco" not in text


def test_names_are_inert(web, invoice) -> None:
    db.session.scalar(db.select(InvoiceLine)).client_name = "<img src=x onerror=alert(1)>"
    db.session.commit()
    assert "<img" not in web.get(f"/invoices/{invoice.id}").text
