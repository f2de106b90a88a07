"""The list of invoices: newest first, sums that are those of what is shown, every page, the export."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta

import pytest

from portal import listing
from portal.domain.invoices import InvoiceState, state_of
from portal.domain.roles import Role
from portal.extensions import db
from portal.invoices import queries, routes, settling
from portal.invoices.filters import InvoiceFilter
from portal.models import Invoice
from tests.conftest import NOW
from tests.invoices.test_money import give
from tests.money import at, pay

TODAY = NOW.date()


@pytest.fixture
def invoices(purse, make, partner) -> dict[str, Invoice]:
    """Return an open, a paid and a cancelled invoice, each of another client and month."""
    give(partner, 990)
    make.client(partner, name="Bar do Zé", due_on=TODAY)
    bakery = make.client(partner, name="Padaria São João")
    make.charge(bakery, 2_000)
    paid = purse.pay_additionals([bakery], date(2025, 6, 30))
    pay(paid, date(2025, 6, 30))
    make.charge(bakery, 4_000)
    cancelled = purse.pay_additionals([bakery], TODAY)
    settling.cancel(cancelled.id, now=NOW, actor=purse.actor)
    return {"paid": paid, "cancelled": cancelled, "open": purse.renew_month(TODAY, credit=990)}


def shown(text: str) -> list[int]:
    return [int(number) for number in re.findall(r'<tbody id="invoice-(\d+)"', text)]


def sums(text: str) -> list[str]:
    return [amount.replace("\xa0", " ") for amount in re.findall(r'id="t-\d".*?>[^<]+ <b>([^<]+)</b></a>', text)]


def test_each_invoice_says_number_day_what_for_for_how_many_how_much_and_its_state(web, invoices) -> None:
    text = web.get("/invoices").text.replace("\xa0", " ")
    row = re.search(rf'<tbody id="invoice-{invoices["open"].id}".*?</tbody>', text, re.DOTALL)[0]
    for part in (
        f'<a href="/invoices/{invoices["open"].id}">Fatura 3</a>',
        "<td>10/07/2025</td>",
        "<td>Renovação de julho de 2025</td>",
        "<td>1 cliente</td>",
        "<td>R$ 9,90 <span",
        "<td>R$ 90,00</td>",
        '<b class="s suspended">Em aberto</b>',
    ):
        assert part in row, part
    assert "3 faturas<" in text


@pytest.mark.parametrize(
    ("query", "names", "amounts"),
    [
        ("", ["open", "cancelled", "paid"], ("3", "90,00", "20,00", "40,00")),
        ("?state=open", ["open"], ("3", "90,00", "20,00", "40,00")),
        ("?state=paid", ["paid"], ("3", "90,00", "20,00", "40,00")),
        ("?state=cancelled", ["cancelled"], ("3", "90,00", "20,00", "40,00")),
        ("?month=2025-06", ["paid"], ("1", "0,00", "20,00", "0,00")),
        ("?q=sao+joao", ["cancelled", "paid"], ("2", "0,00", "20,00", "40,00")),
        ("?q=3", ["open"], None),
        ("?q=bar+do+z%C3%A9&state=open", ["open"], ("1", "90,00", "0,00", "0,00")),
        ("?q=ninguem", [], ("0", "0,00", "0,00", "0,00")),
    ],
)
def test_states_months_numbers_and_clients_narrow_the_list_and_its_sums(web, invoices, query, names, amounts) -> None:
    text = web.get(f"/invoices{query}").text
    found = shown(text)
    assert set(found) >= {invoices[name].id for name in names}
    if amounts:
        assert found == [invoices[name].id for name in names]
        assert sums(text) == [amounts[0], *(f"R$ {amount}" for amount in amounts[1:])]


def test_pages_lose_none_in_either_direction(web, purse, make, partner, monkeypatch) -> None:
    monkeypatch.setattr(routes, "PAGE_SIZE", 2)
    made = [purse.renew(make.client(partner, due_on=TODAY), TODAY).id for _ in range(5)]
    seen, address, back = [], "/invoices", ""
    while address:
        text = web.get(address).text
        seen += shown(text)
        previous = re.search(r'rel="prev" href="([^"]+)"', text)
        back = previous[1] if previous else ""
        found = re.search(r'rel="next" href="([^"]+)"', text)
        address = found[1] if found else ""
    assert seen == made[::-1]
    assert shown(web.get(back).text) == made[2:0:-1]
    assert shown(web.get("/invoices?after=1").text) == made[:-3:-1], "a place that is no more is the beginning"


def test_sql_and_python_agree_on_the_state_of_every_invoice(invoices) -> None:
    for state in InvoiceState:
        found = set(db.session.scalars(db.select(Invoice.id).where(*queries.state_clauses(state))))
        assert found == {one.id for one in invoices.values() if state_of(one) is state}
    [partner_id] = {one.partner_id for one in invoices.values()}
    assert sum(total.count for total in queries.totals(partner_id, InvoiceFilter()).values()) == 3


def test_nothing_to_show_says_why(web, purse, make, partner) -> None:
    assert "Nenhuma fatura ainda" in web.get("/invoices").text
    purse.renew(make.client(partner, due_on=TODAY), TODAY)
    assert "Nenhuma fatura encontrada" in web.get("/invoices?state=paid").text


def test_a_fragment_is_the_table_alone_at_its_canonical_address(web, invoices) -> None:
    answer = web.fragment("/invoices?month=x&state=open")
    assert answer.text.startswith('<section id="invoice-table"')
    assert answer.headers["HX-Push-Url"] == "/invoices?state=open"


def test_an_unchanged_list_is_not_sent_again_and_a_changed_one_is(web, invoices) -> None:
    headers = {"If-None-Match": web.get("/invoices").headers["ETag"]}
    assert web.browser.get("/invoices", headers=headers).status_code == 304
    assert web.browser.get("/invoices?state=open", headers=headers).status_code == 200
    pay(invoices["open"], TODAY)
    assert web.browser.get("/invoices", headers=headers).status_code == 200


def test_the_export_holds_all_pages_of_what_is_shown_in_numbers_that_add_up(web, invoices, monkeypatch) -> None:
    monkeypatch.setattr(listing, "ROWS_A_QUERY", 1)
    answer = web.get("/invoices/export")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="faturas-2025-07-10.csv"'
    assert rows[1:] == [
        ["3", "10/07/2025", "Renovação de julho de 2025", "1", "99,90", "9,90", "90,00", "0,00", "Em aberto", "", ""],
        ["2", "10/07/2025", "Adicionais", "1", "40,00", "0,00", "40,00", "0,00", "Cancelada", "", "10/07/2025"],
        ["1", "30/06/2025", "Adicionais", "1", "20,00", "0,00", "20,00", "20,00", "Paga", "30/06/2025", ""],
    ]
    assert web.get("/invoices/export?state=paid").text.count("\r\n") == 2


def test_the_list_is_for_administrador_and_financeiro_also_of_a_suspended_partner(web_of, partner) -> None:
    expected = {Role.ADMIN: 200, Role.FINANCE: 200, Role.SUPPORT: 403, Role.READER: 403}
    for is_suspended in (False, True):
        partner.suspended_at = NOW if is_suspended else None
        db.session.commit()
        for address in ("/invoices", "/invoices/export"):
            assert {role: web_of(role).get(address).status_code for role in expected} == expected
    assert web_of(Role.OPERATOR, at=None).get("/invoices").status_code == 403


def test_another_partner_sees_none_of_it_not_even_in_the_sums(stranger, invoices) -> None:
    for query in ("", "?q=bar", "?q=3", f"?after={invoices['open'].id + 1}"):
        text = stranger.get(f"/invoices{query}").text
        assert shown(text) == []
        assert sums(text) == ["0", "R$ 0,00", "R$ 0,00", "R$ 0,00"]
    assert stranger.get("/invoices/export").text.count("\r\n") == 1


def test_numbers_count_each_partners_invoices_by_themselves(purse, make, partner) -> None:
    first = purse.renew(make.client(partner, due_on=TODAY), TODAY)
    second = purse.renew(make.client(partner, due_on=TODAY + timedelta(days=1)), TODAY)
    assert (first.number, second.number, first.issued_at) == (1, 2, at(TODAY))
