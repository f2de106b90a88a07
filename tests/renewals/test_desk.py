"""The desk over HTTP: whom it lists, what it says of each, months, filters, pages, who may see it."""

from __future__ import annotations

import re
from datetime import date, datetime

import pytest
from sqlalchemy import insert

from portal import clock
from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.domain.renewals import Decision
from portal.domain.roles import Role
from portal.domain.statuses import Status
from portal.extensions import db
from portal.models import Client, LicenseItem, PendingChange
from portal.renewals import filters
from tests.money import pay
from tests.visitor import Visitor

TODAY = date(2025, 7, 10)


def names(web: Visitor, query: str = "") -> list[str]:
    """Return whom the desk lists, in its order."""
    return re.findall(r'<th scope="row"><a href="/clients/\d+">([^<]+)', web.get(f"/renewals{query}").text)


def row(web: Visitor, client: Client, query: str = "") -> str:
    found = re.search(rf'<tbody id="client-{client.id}".*?</tbody>', web.get(f"/renewals{query}").text, re.DOTALL)
    assert found, "not on the desk"
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).replace("\xa0", " ").split())


def total(web: Visitor, query: str = "") -> str:
    found = re.search(r'<span id="sum"[^>]*>(.*?)</span>', web.get(f"/renewals{query}").text, re.DOTALL)
    assert found
    return re.sub(r"<[^>]+>", "", found[1]).replace("\xa0", " ").strip()


def test_it_lists_the_manual_clients_of_the_month_by_due_date_and_name(web, due, make, partner, prices) -> None:
    due(name="Zé")
    due(name="Ana")
    due(name="Cedo", due_on=date(2025, 7, 9))
    due(name="De cobrança", renewal_method=RenewalMethod.BILLING)
    due(name="De agosto", due_on=date(2025, 8, 10))
    due(name="De junho", due_on=date(2025, 6, 10))
    make.client(make.partner(), name="De outro", due_on=date(2025, 7, 10))
    assert names(web) == ["Cedo", "Ana", "Zé"]
    assert names(web, "?month=2025-08") == ["De agosto"]
    assert names(web, "?month=2025-06") == names(web), "a month that nothing of can be renewed"


def test_a_row_says_what_is_renewed_with_its_changes_until_when_and_for_how_much(web, due, make, prices) -> None:
    client = due(name="Bar do Zé")
    for item, units in ((Item.CLOUD, 1), (Item.WAITER, 3), (Item.MOBILE, 1)):
        make.item(client, item, units)
    db.session.add(PendingChange(client_id=client.id, item=Item.WAITER, effective_on=date(2025, 7, 16), quantity=2))
    db.session.commit()
    told = row(web, client)  # R8: the renewal bills two
    assert "Licença, Cloud, Garçom 3 → 2, Móvel" in told
    assert "15/07 Ativo" in told
    assert "R$ 194,50" in told
    assert total(web) == "Uma fatura agora: 1 cliente, R$ 194,50"


def test_open_charges_block_a_row_and_say_how_to_pay_them(web, due, make, prices, purse) -> None:
    client = due()
    make.charge(client, 3338)  # R11
    assert "Tem adicionais em aberto: R$ 33,38 — Pagar adicionais" in row(web, client)
    assert f'href="/invoices/new?kind=additions&amp;client={client.id}"' in web.get("/renewals").text
    assert total(web) == "Nada a faturar agora"
    pay(purse.pay_additionals([client], TODAY), TODAY)
    assert "adicionais" not in row(web, client)
    assert total(web) == "Uma fatura agora: 1 cliente, R$ 99,90"


def test_a_client_on_an_invoice_says_which_and_has_nothing_to_decide(web, due, prices, purse) -> None:
    client = due()
    invoice = purse.renew_month(TODAY)
    assert "Já está na fatura 1" in row(web, client)
    assert f'href="/invoices/{invoice.id}"' in web.get("/renewals").text
    assert f'name="d{client.id}"' not in web.get("/renewals").text
    pay(invoice, TODAY)
    assert names(web) == []
    assert "1 renovação de julho de 2025 já foi paga." in web.get("/renewals").text


def test_a_window_that_has_not_opened_says_when_it_does(web, web_of, due, prices) -> None:
    client = due(due_on=date(2025, 8, 10))
    assert "abre em 31/07" in row(web, client, "?month=2025-08")
    assert total(web, "?month=2025-08") == "Nada a faturar agora"
    with clock.frozen(datetime.fromisoformat("2025-07-31T12:00:00-03:00")):
        web = web_of()
        assert "abre em" not in row(web, client, "?month=2025-08")
        assert total(web, "?month=2025-08") == "Uma fatura agora: 1 cliente, R$ 99,90"


def test_the_next_month_is_shown_by_itself_once_its_windows_open_and_this_one_is_done(
    web_of, due, prices, purse
) -> None:
    client = due()
    due(due_on=date(2025, 8, 2), name="De agosto")
    with clock.frozen(datetime.fromisoformat("2025-07-25T12:00:00-03:00")):
        web = web_of()
        assert names(web) == [client.name]
        pay(purse.renew(client, date(2025, 7, 25)), date(2025, 7, 25))
        assert names(web)[0] == "De agosto"


def test_what_holds_where_nobody_decided(web, due, twins, prices) -> None:
    asleep = due(suspended_at=clock.now())
    navi, _link = twins
    page = web.get("/renewals").text
    assert f'name="d{asleep.id}"' in page
    assert chosen(page, asleep) is Decision.LATER
    assert chosen(page, navi) is Decision.SKIP
    assert "Já usa o Link" in row(web, navi)


def chosen(page: str, client: Client) -> Decision:
    found = re.search(rf'name="d{client.id}".*?<option value="(\w+)" selected>', page)
    assert found
    return Decision(found[1])  # type: ignore[call-arg]


def test_a_link_whose_code_is_unused_is_warned_about(web, twins, make, prices) -> None:
    navi, link = twins
    make.code(link)
    assert "o código de registro não foi usado" in row(web, navi)


@pytest.mark.parametrize(
    ("query", "found"),
    [("?q=padaria", ["Padaria"]), ("?product=navi", ["Navi"]), ("?place=blocked", ["Devedora"]),
     ("?place=later", ["Suspensa"]), ("?place=ready&q=padaria", ["Padaria"]), ("?place=nada&product=x", None)],
)  # fmt: skip
def test_search_and_filters_narrow_the_list(web, due, make, prices, query, found) -> None:
    due(name="Padaria")
    due(name="Navi", product=Product.NAVI)
    due(name="Suspensa", suspended_at=clock.now())
    make.charge(due(name="Devedora"))
    assert names(web, query) == (found or ["Devedora", "Navi", "Padaria", "Suspensa"])
    assert total(web, query) == "Uma fatura agora: 2 clientes, R$ 149,80", "the total is the month's, whatever is shown"


def test_tabs_count_and_add_up(web, due, prices) -> None:
    due()
    due(suspended_at=clock.now())
    page = web.get("/renewals").text.replace("\xa0", " ")
    assert '<b id="n-all">2 · R$ 199,80</b>' in page
    assert '<b id="n-ready">1 · R$ 99,90</b>' in page
    assert '<b id="n-later">1 · R$ 99,90</b>' in page
    assert '<b id="n-skip">0</b>' in page


def test_more_rows_than_a_page_are_paged_by_key(web, due, partner, prices, monkeypatch) -> None:
    monkeypatch.setattr("portal.renewals.queries.PAGE_SIZE", 2)
    for name in "CABED":
        due(name=name)
    assert names(web) == ["A", "B"]
    seen, address = [], "/renewals"
    while address:
        page = web.get(address).text
        seen += re.findall(r'<th scope="row"><a [^>]+>(\w)<', page)
        found = re.search(r'id="next" [^>]*href="([^"]+)"', page)
        address = found[1].replace("&amp;", "&") if found else ""
    assert seen == list("ABCDE")
    assert names(web, "?after=999999") == ["A", "B"], "whoever is gone or forged leads to the first page"
    assert filters.PAGE_SIZE == 300


def test_an_empty_desk_says_so(web, prices) -> None:
    assert "Nenhum cliente de Renovação manual vence em julho de 2025." in web.get("/renewals").text
    assert "Limpar filtros" in web.get("/renewals?q=ninguem").text


def test_an_unchanged_desk_is_known_before_it_is_read_and_a_decision_changes_it(web, due, prices) -> None:
    client = due()
    tag = web.get("/renewals").headers["ETag"]
    assert web.get("/renewals", headers={"If-None-Match": tag}).status_code == 304
    web.post("/renewals/decisions", month="2025-07", **{f"d{client.id}": "skip"})
    web.get("/renewals")
    assert web.get("/renewals", headers={"If-None-Match": tag}).status_code == 200


def test_who_may_see_it_and_who_may_decide(web_of, stranger, due, prices) -> None:
    client = due()
    for role in (Role.SUPPORT, Role.READER):
        assert web_of(role).get("/renewals").status_code == 403
    assert f'name="d{client.id}"' in web_of(Role.FINANCE).get("/renewals").text
    assert names(stranger) == []


def test_a_name_is_text_and_nothing_else(web, due, prices) -> None:
    due(name="<b>\"Bar\" & 'Cia'</b>")
    page = web.get("/renewals").text
    assert "&lt;b&gt;" in page
    assert "<b>&#34;Bar" not in page


def test_renovar_in_the_row_menu_leads_to_the_clients_row(web, due, client_in, stranger, prices) -> None:
    client = due()
    assert f'href="/renewals/{client.id}"' in web.fragment(f"/clients/{client.id}/menu").text
    answer = web.get(f"/renewals/{client.id}")
    assert answer.location == f"/renewals?month=2025-07&q={client.id}#client-{client.id}"
    assert stranger.get(f"/renewals/{client.id}").status_code == 404
    billed = due(renewal_method=RenewalMethod.BILLING)
    assert web.get(f"/renewals/{billed.id}").location == f"/invoices/new?kind=renewal&client={billed.id}"
    ahead = client_in(due_on=date(2025, 10, 10))
    assert web.get(f"/renewals/{ahead.id}").location == f"/clients/{ahead.id}"
    assert "a renovação ainda não abriu" in web.get(f"/clients/{ahead.id}").text
    assert web.get(f"/renewals/{client_in(Status.INACTIVE).id}").status_code == 409


def test_the_row_menu_of_the_desk_replaces_no_row_of_clientes(web, due, prices) -> None:
    client = due()
    menu = web.fragment(f"/clients/{client.id}/menu?away=1").text
    assert f'href="/clients/{client.id}/revision/new"' in menu
    assert f"#client-{client.id}" not in menu
    assert f"#client-{client.id}" in web.fragment(f"/clients/{client.id}/menu").text


def test_editar_leads_back_to_the_desk(web, due, prices) -> None:
    client = due()
    page = web.get(f"/clients/{client.id}/revision/new", headers={"Referer": "http://localhost/renewals?month=2025-07"})
    assert f'href="/renewals?month=2025-07#client-{client.id}"' in page.text


def test_three_hundred_rows_cost_as_many_queries_as_one(web, due, partner, prices) -> None:
    from tests.test_budgets import counted

    def cost() -> int:
        with counted() as sent:
            assert web.get("/renewals?month=2025-07").status_code == 200
        return len(sent)

    first = due()
    alone = cost()
    rows = [_facts(partner.id, number) for number in range(299)]
    ids = db.session.scalars(insert(Client).returning(Client.id), rows).all()
    items = [{"client_id": one, "item": Item.BASE, "quantity": 1, "since_on": first.registered_on} for one in ids]
    db.session.execute(insert(LicenseItem), items)
    db.session.commit()
    assert cost() == alone


def _facts(partner_id: int, number: int) -> dict[str, object]:
    return {"partner_id": partner_id, "name": f"Loja {number}", "search_key": f"loja {number}", "uf": "SP", "city": "Santos",
            "document": f"{number:014d}", "product": Product.LINK, "registered_on": TODAY, "due_on": TODAY,
            "city_code": "3548500"}  # fmt: skip
