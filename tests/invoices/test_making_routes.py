"""The page "Nova fatura" over HTTP: values first, one invoice for one form, refusals that say why."""

from __future__ import annotations

import re
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from portal.domain.catalogue import Item
from portal.domain.roles import Role
from portal.extensions import db
from portal.invoices import queries, subjects
from portal.models import Invoice, UserSession
from tests.conftest import NOW
from tests.invoices.test_money import give
from tests.money import pay

TODAY = NOW.date()


@pytest.fixture
def bar(make, partner):
    client = make.client(partner, name="Bar do Zé", due_on=TODAY)
    make.charge(client, 3_338)
    return client


@pytest.fixture
def bakery(make, partner):
    client = make.client(partner, name="Padaria São João")
    make.charge(client, 1_000)
    make.charge(client, 500)
    return client


def said(answer, status: int = 200) -> str:
    assert answer.status_code == status
    return answer.text.replace("\xa0", " ")


def fields_of(text: str) -> dict[str, list[str]]:
    """Return what the form of the page sends, the token apart."""
    form = re.search(r'<form class="stack narrow".*?</form>', text, re.DOTALL)[0]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input(?=[^>]* name="([^"]+)")[^>]* value="([^"]*)"', form):
        found.setdefault(name, []).append(value)
    del found["csrf_token"]
    return found


def invoices() -> list[Invoice]:
    db.session.rollback()
    return list(db.session.scalars(db.select(Invoice).order_by(Invoice.id)))


def charges_on(invoice: Invoice) -> int:
    return len(queries.lines_of(invoice.id))


def new(*clients, kind: str = "additions") -> str:
    return f"/invoices/new?kind={kind}" + "".join(f"&client={client.id}" for client in clients)


def test_the_page_shows_every_line_with_its_arithmetic_and_the_total(web, bar, bakery) -> None:
    text = said(web.get(new(bar, bakery)))
    for part in (
        '<h1 id="new-title">Pagar adicionais</h1>',
        "uma fatura para 2 clientes",
        "<b>Link Garçom</b> 2 × R$ 19,90 ÷ 31 × 26 dias = R$ 33,38",
        "Adicional de 10/07/2025",
        "<b>Total: R$ 48,38</b>",
        "A pagar: <b>R$ 48,38</b>",
    ):
        assert part in text, part
    assert "Usar crédito" not in text, "there is none"
    assert invoices() == []


def test_confirming_makes_one_invoice_for_all_open_ones_of_the_ticked_clients(web, bar, bakery) -> None:
    answer = web.post("/invoices", **fields_of(said(web.get(new(bar, bakery)))))
    [invoice] = invoices()
    assert (answer.status_code, answer.location) == (303, f"/invoices/{invoice.id}")
    assert (invoice.total_cents, charges_on(invoice)) == (4_838, 3)
    assert f"Fatura 1 emitida. Gravado às 12:00, protocolo {invoice.event_id}." in web.get(answer.location).text


def test_the_same_form_again_leads_to_the_same_invoice(web, bar) -> None:
    form = fields_of(said(web.get(new(bar))))
    web.post("/invoices", **form)
    again = web.post("/invoices", **form, htmx=True)
    [invoice] = invoices()
    assert again.headers["HX-Redirect"] == f"/invoices/{invoice.id}"
    text = web.get(f"/invoices/{invoice.id}").text
    assert f"Já estava feito (fatura 1): gravado às 12:00, protocolo {invoice.event_id}." in text
    pay(invoice, TODAY)
    assert web.post("/invoices", **form).location == f"/invoices/{invoice.id}", "even when nothing is open any more"


def test_the_same_key_with_another_content_is_refused(web, bar, partner) -> None:
    give(partner, 5_000)
    form = fields_of(said(web.get(new(bar))))
    web.post("/invoices", **form)
    assert "Valeu o primeiro envio." in said(web.post("/invoices", **(form | {"credit": "1,00"})), 409)
    assert len(invoices()) == 1


def test_credit_is_offered_as_far_as_it_can_be_used_and_taken_as_typed(web, bar, partner, purse) -> None:
    give(partner, 2_000)
    text = said(web.get(new(bar)))
    assert "Seu crédito: <b>R$ 20,00</b>" in text
    assert fields_of(text)["credit"] == ["20,00"]
    assert "A pagar: <b>R$ 13,38</b>" in text
    assert "A pagar: <b>R$ 23,38</b>" in said(web.fragment(f"{new(bar)}&credit=10,00"))
    web.post("/invoices", **(fields_of(text) | {"credit": "R$ 5,5"}))
    [invoice] = invoices()
    assert (invoice.credit_cents, invoice.total_cents, purse.credit) == (550, 2_788, 1_450)


def test_what_credit_covers_whole_is_settled_at_once(web, bar, partner) -> None:
    give(partner, 10_000)
    text = said(web.get(new(bar)))
    assert "O crédito cobre tudo: a fatura é quitada na hora" in text
    answer = web.post("/invoices", **fields_of(text))
    assert "Fatura 1 quitada com crédito." in web.get(answer.location).text
    assert invoices()[0].settled_at is not None


@pytest.mark.parametrize(
    ("credit", "status", "words"),
    [("dez", 422, "Informe um valor em reais."), ("1.5", 422, "Informe um valor em reais."),
     ("30,00", 409, "O crédito é de R$ 20,00. Nada foi gravado.")],
)  # fmt: skip
def test_credit_that_is_no_amount_or_too_much_is_said_at_its_field(web, bar, partner, credit, status, words) -> None:
    give(partner, 2_000)
    form = fields_of(said(web.get(new(bar))))
    text = said(web.post("/invoices", **(form | {"credit": credit})), status)
    assert words in text
    assert f'value="{credit}"' in text
    assert fields_of(text)["key"] == form["key"]
    assert invoices() == []


def test_values_that_changed_are_asked_again_with_the_difference(web, bar, make) -> None:
    form = fields_of(said(web.get(new(bar))))
    make.charge(bar, 1_000)
    text = said(web.post("/invoices", **form), 409)
    assert "O valor mudou: era R$ 33,38, agora R$ 43,38. Nada foi gravado" in text
    assert invoices() == []
    web.post("/invoices", **fields_of(text))
    assert invoices()[0].total_cents == 4_338


def test_charges_that_somebody_else_put_on_an_invoice_meanwhile_are_not_asked_twice(web, bar, purse) -> None:
    form = fields_of(said(web.get(new(bar))))
    first = purse.pay_additionals([bar], TODAY)
    text = said(web.post("/invoices", **form), 409)
    assert "Nenhum adicional em aberto fora de fatura." in text
    assert f'<a href="/invoices/{first.id}">Fatura 1</a> · Adicionais · falta pagar R$ 33,38' in text
    assert len(invoices()) == 1


def test_a_form_without_its_key_is_shown_again(web, bar) -> None:
    form = fields_of(said(web.get(new(bar)))) | {"key": "short"}
    text = said(web.post("/invoices", **form), 422)
    assert "O formulário está incompleto." in text
    assert fields_of(text)["key"] != ["short"]


def test_without_names_everything_open_of_the_filter_is_meant(web, bar, bakery, make, partner) -> None:
    hidden = make.client(partner, due_on=TODAY - timedelta(days=60), hidden_at=NOW)
    make.charge(hidden, 2_000)
    make.client(partner)
    assert "<b>Total: R$ 68,38</b>" in said(web.get("/invoices/new"))
    text = said(web.get("/invoices/new?q=padaria"))
    assert "<b>Total: R$ 15,00</b>" in text
    web.post("/invoices", **fields_of(text))
    assert charges_on(invoices()[0]) == 2


def test_the_list_leads_there_with_ticked_rows_or_all_of_its_filter(web, bar, bakery, make, partner) -> None:
    make.charge(make.client(partner, name="Bar da Ana", due_on=TODAY - timedelta(days=60), hidden_at=NOW), 9_000)
    ticked = web.post("/invoices/selection", id=[str(bar.id), str(bakery.id)], criteria="?q=x")
    assert ticked.location == f"/invoices/new?kind=additions&client={bar.id}&client={bakery.id}"
    everybody = web.post("/invoices/selection", all="1", criteria="?q=bar&sort=-due&size=50")
    asked = parse_qs(urlsplit(everybody.location).query)
    assert asked.keys() == {"kind", "q", "status"}
    assert "<b>Total: R$ 33,38</b>" in said(web.get(everybody.location)), "hidden ones are not in that list"
    assert web.post("/invoices/selection").status_code == 422


def test_more_lines_than_a_page_holds_are_counted(web, bar, make, monkeypatch) -> None:
    monkeypatch.setattr("portal.invoices.making_routes.LINES_SHOWN", 2)
    for _ in range(3):
        make.charge(bar, 100)
    assert "E mais 2, todos na fatura." in said(web.get(new(bar)))


def test_more_clients_than_an_invoice_holds_are_too_many(web, bar, bakery, monkeypatch) -> None:
    monkeypatch.setattr(subjects, "MOST_CLIENTS", 1)
    assert "o limite é 1" in said(web.get("/invoices/new"), 422)


def test_a_renewal_at_cost_is_shown_confirmed_and_moves_on_payment(web, make, partner, prices) -> None:
    client = make.client(partner, name="Bar do Zé", due_on=TODAY, renewal_method="billing")
    make.item(client, Item.WAITER, 2)
    text = said(web.get(new(client, kind="renewal")))
    assert "Renovação: vencimento de 10/07/2025 para 10/08/2025" in text
    assert "<b>Link Garçom</b> 2 × R$ 19,90 (mês inteiro) = R$ 39,80" in text
    web.post("/invoices", **fields_of(text))
    [invoice] = invoices()
    pay(invoice, TODAY)
    db.session.refresh(client)
    assert (invoice.total_cents, client.due_on) == (13_970, date(2025, 8, 10))


def test_open_charges_block_a_renewal_with_the_way_to_pay(web, bar) -> None:
    text = said(web.get(new(bar, kind="renewal")))  # R11
    assert "Tem adicionais em aberto: R$ 33,38." in text
    assert f'href="/invoices/new?kind=additions&amp;client={bar.id}"' in text
    form = {"key": "k" * 24, "seen": "0", "kind": "renewal", "client": str(bar.id)}
    assert "Tem adicionais em aberto" in said(web.post("/invoices", **form), 409)
    assert invoices() == []


def test_a_renewal_that_is_on_an_invoice_leads_to_it(web, make, partner, purse) -> None:
    client = make.client(partner, due_on=TODAY)
    purse.renew(client, TODAY)
    text = said(web.get(new(client, kind="renewal")))
    assert "Já está em uma fatura em aberto." in text
    assert ">Fatura 1</a> · Renovação" in text


def test_a_client_in_evaluation_pays_nothing(web, make, partner) -> None:
    client = make.client(partner, due_on=None, pending_at=NOW)
    make.charge(client)
    assert "“Pagar adicionais” não é possível agora" in said(web.get(new(client)), 409)
    assert "Nenhum adicional" in said(web.get("/invoices/new"))


def test_another_partners_clients_are_not_found_and_not_billed(stranger, bar, bakery) -> None:
    for kind in ("additions", "renewal"):
        assert stranger.get(new(bar, kind=kind)).status_code == 404
    assert stranger.get(new(bar, bakery)).status_code == 404
    form = {"key": "k" * 24, "seen": "0", "client": [str(bar.id)]}
    text = said(stranger.post("/invoices", **form), 409)
    assert "Zé" not in text
    assert invoices() == []


def test_a_forged_key_of_another_partner_leads_nowhere(web, stranger, bar) -> None:
    form = fields_of(said(web.get(new(bar))))
    web.post("/invoices", **form)
    assert stranger.post("/invoices", **form).status_code == 409
    assert len(invoices()) == 1


def test_who_may_pay_may_and_a_suspended_partner_too(web_of, bar, partner) -> None:
    expected = {Role.ADMIN: 200, Role.FINANCE: 200, Role.SUPPORT: 403, Role.READER: 403}
    for is_suspended in (False, True):
        partner.suspended_at = NOW if is_suspended else None
        db.session.commit()
        assert {role: web_of(role).get(new(bar)).status_code for role in expected} == expected
    finance = web_of(Role.FINANCE)
    assert finance.post("/invoices", **fields_of(said(finance.get(new(bar))))).status_code == 303


def test_a_session_that_ended_brings_back_to_the_same_values(web, admin, bar, bakery) -> None:
    form = fields_of(said(web.get(new(bar))))
    end_session(admin)
    answer = web.post("/invoices", **form)
    assert invoices() == []
    draft = re.search(r"draft%3D([\w-]+)", answer.location)[1]
    again = fields_of(said(web.sign_in(admin).get(f"/invoices/new?draft={draft}")))
    assert (again["key"], again["client"]) == (form["key"], [str(bar.id)])
    web.post("/invoices", **again)
    assert invoices()[0].total_cents == 3_338


def end_session(user) -> None:
    db.session.execute(db.update(UserSession).where(UserSession.user_id == user.id).values(ended_at=NOW))
    db.session.commit()


def test_the_menu_offers_it_where_something_is_open(web, web_of, bar, make, partner) -> None:
    link = f'<a class="btn" href="/invoices/new?kind=additions&amp;client={bar.id}">Pagar adicionais</a>'
    assert link in web.fragment(f"/clients/{bar.id}/menu").text
    assert link in web.get(f"/clients/{bar.id}").text
    assert link not in web_of(Role.SUPPORT).fragment(f"/clients/{bar.id}/menu").text
    other = make.client(partner)
    assert "Pagar adicionais" not in web.fragment(f"/clients/{other.id}/menu").text


def test_financeiro_ticks_rows_to_pay_and_nothing_else(web_of, bar) -> None:
    text = web_of(Role.FINANCE).get("/clients").text
    assert f'name="id" value="{bar.id}"' in text
    assert 'formaction="/invoices/selection"' in text
    assert 'value="suspend"' not in text
    assert 'formaction="/invoices/selection"' not in web_of(Role.SUPPORT).get("/clients").text
    assert 'name="id"' not in web_of(Role.READER).get("/clients").text
