"""Crédito: the balance, where it came from and what it was used for ("extrato de resgate")."""

from __future__ import annotations

import csv
import io
import re
from datetime import date

import pytest

from portal import listing
from portal.credit import routes, service
from portal.credit.filters import CreditFilter, Way
from portal.credit.service import Origin
from portal.domain.invoices import CreditKind
from portal.domain.roles import Role
from portal.extensions import db
from portal.invoices import settling
from portal.models import Client, Partner
from tests.factories import Factory
from tests.money import Purse, at, pay
from tests.visitor import Visitor

JUNE, JULY = date(2025, 6, 20), date(2025, 7, 5)


def give(partner: Partner, cents: int, day: date = JUNE, client: Client | None = None) -> None:
    origin = Origin(client_id=client.id if client else None)
    kind = CreditKind.MARGIN if client else CreditKind.EXCESS
    service.move(partner.id, kind, cents, now=at(day), origin=origin)
    db.session.commit()


def plain(text: str) -> str:
    """Return what a page says, without markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).replace("\xa0", " ")


def lines(text: str) -> list[str]:
    return [plain(row).strip() for row in re.findall(r'<tbody id="entry-\d+">(.*?)</tbody>', text, re.DOTALL)]


def shown(text: str) -> list[int]:
    return [int(number) for number in re.findall(r'<tbody id="entry-(\d+)"', text)]


def test_credit_is_reserved_by_an_open_invoice_and_redeemed_by_a_paid_one(web, partner, purse: Purse, batch) -> None:
    give(partner, 6_000)
    invoice = purse.renew_month(JULY, credit=6_000)
    number, invoice_id = invoice.number, invoice.id
    text = web.get("/credit").text
    assert f'<a href="/invoices/{invoice_id}">fatura {number}</a>' in text
    assert "Crédito atual: R$ 0,00" in plain(text)
    assert lines(text) == [
        "05/07/2025 Reservado na fatura 1 − R$ 60,00 R$ 0,00",
        "20/06/2025 Pagamento a maior + R$ 60,00 R$ 60,00",
    ]
    pay(invoice, date(2025, 7, 6))
    db.session.commit()
    assert lines(web.get("/credit").text)[0] == "05/07/2025 Resgatado na fatura 1 − R$ 60,00 R$ 0,00"


def test_credit_of_a_cancelled_invoice_is_shown_with_its_return(web, partner, purse: Purse, batch) -> None:
    give(partner, 6_000)
    invoice = purse.renew_month(JULY, credit=6_000)
    settling.cancel(invoice.id, now=at(date(2025, 7, 6)), actor=purse.actor)
    assert lines(web.get("/credit").text)[:2] == [
        "06/07/2025 Fatura cancelada: crédito devolvido · fatura 1 + R$ 60,00 R$ 60,00",
        "05/07/2025 Reservado e devolvido · fatura 1 − R$ 60,00 R$ 0,00",
    ]


def test_a_payment_is_named_by_the_bank_s_own_name_for_it(web, purse: Purse, batch) -> None:
    payment = pay(purse.renew_month(JULY), date(2025, 7, 6), cents=26_500)
    name = payment.end_to_end_id
    assert lines(web.get("/credit").text) == [
        f"06/07/2025 Pagamento a maior · fatura 1 Pagamento {name} + R$ 0,70 R$ 0,70"
    ]


def test_a_margin_leads_to_its_client_unless_the_registration_was_undone(web, make: Factory, partner) -> None:
    shop, gone = make.client(partner, name="Bar do Zé"), make.client(partner, name="Sumido", archived_at=at(JULY))
    give(partner, 100, client=shop)
    give(partner, 100, client=gone)
    text = web.get("/credit").text
    assert f'<a href="/clients/{shop.id}">Bar do Zé</a>' in text
    assert "Sumido" in text
    assert f"/clients/{gone.id}" not in text


def test_ways_and_months_narrow_the_ledger_and_its_sums(web, partner, purse: Purse, batch) -> None:
    give(partner, 6_000)
    purse.renew_month(JULY, credit=5_000)
    for query, count, amounts in (
        ("", 2, ["R$ 60,00", "R$ 50,00"]),
        ("?way=in", 1, ["R$ 60,00", "R$ 50,00"]),
        ("?way=out", 1, ["R$ 60,00", "R$ 50,00"]),
        ("?month=2025-07", 1, ["R$ 0,00", "R$ 50,00"]),
        ("?month=2025-06&way=out", 0, ["R$ 60,00", "R$ 0,00"]),
        ("?way=sideways&month=13", 2, ["R$ 60,00", "R$ 50,00"]),
    ):
        text = web.get(f"/credit{query}").text
        assert len(lines(text)) == count, query
        assert not count or f"<caption>{count} movimento" in text, query
        sums = re.findall(r'id="t-[23]".*?<b>(.*?)</b>', text)
        assert [one.replace("\xa0", " ") for one in sums] == amounts, query
    assert "Nenhum movimento encontrado" in web.get("/credit?month=2025-01").text


def test_pages_lose_none_in_either_direction(web, partner, monkeypatch) -> None:
    monkeypatch.setattr(routes, "PAGE_SIZE", 2)
    for cents in range(1, 6):
        give(partner, cents)
    seen: list[list[int]] = []
    address, back = "/credit?way=in", ""
    while address:
        text = web.get(address).text
        seen.append(shown(text))
        previous, found = (re.search(rf'rel="{rel}" href="([^"]+)"', text) for rel in ("prev", "next"))
        back, address = (one[1].replace("&amp;", "&") if one else "" for one in (previous, found))
    every = [number for page in seen for number in page]
    assert every == sorted(every, reverse=True)
    assert len(every) == 5
    assert shown(web.get(back).text) == seen[1]
    assert shown(web.get(f"/credit?before={every[0]}").text) == seen[0], "nothing is newer: the first page"
    assert shown(web.get(f"/credit?after={every[-1]}").text) == seen[0]


def test_nothing_moved_yet_is_said(web) -> None:
    text = web.get("/credit").text
    assert "Nenhum crédito ainda" in text
    assert "R$\xa00,00" in text


def test_htmx_gets_the_table_alone_and_the_address_that_shows_it(web, partner) -> None:
    give(partner, 100)
    answer = web.fragment("/credit?way=in&after=")
    assert answer.text.startswith('<section id="credit-table"')
    assert answer.headers["HX-Push-Url"] == "/credit?way=in"


def test_an_unchanged_ledger_is_not_sent_again(web, partner) -> None:
    give(partner, 100)
    tag = web.get("/credit").headers["ETag"]
    assert web.get("/credit", headers={"If-None-Match": tag}).status_code == 304
    give(partner, 200)
    assert web.get("/credit", headers={"If-None-Match": tag}).status_code == 200


def test_the_file_has_ways_apart_and_no_live_formula(web, make: Factory, partner, monkeypatch) -> None:
    monkeypatch.setattr(listing, "ROWS_A_QUERY", 1)
    shop = make.client(partner, name="=HYPERLINK(1)")
    give(partner, 123_405, client=shop)
    service.move(partner.id, CreditKind.REDEMPTION, -50, now=at(JULY), origin=Origin())
    db.session.commit()
    answer = web.get("/credit/export")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="credito-2025-07-10.csv"'
    assert [row[1:] for row in rows[1:]] == [
        ["05/07/2025", "Uso em fatura", "", "", "", "", "", "0,50", "1233,55"],
        ["20/06/2025", "Margem de cobrança", "", str(shop.id), "'=HYPERLINK(1)", "", "1234,05", "", "1234,05"],
    ]
    assert len(web.get("/credit/export?way=in").text.splitlines()) == 2


@pytest.mark.parametrize("path", ["/credit", "/credit/export"])
def test_who_sees_no_invoices_sees_no_credit(web_of, visitor: Visitor, path) -> None:
    for role, status in ((Role.FINANCE, 200), (Role.SUPPORT, 403), (Role.READER, 403)):
        assert web_of(role).get(path).status_code == status
    assert web_of(Role.OPERATOR, at=None).get(path).status_code == 403
    assert visitor.get(path).status_code == 303


def test_another_partner_s_ledger_stays_its_own(stranger, make: Factory, partner) -> None:
    give(partner, 4_242, client=make.client(partner, name="Segredo"))
    for path in ("/credit", "/credit?after=999", "/credit/export"):
        answer = stranger.get(path)
        assert "Segredo" not in answer.text
        assert "42,42" not in answer.text


def test_criteria_go_round_trip() -> None:
    from werkzeug.datastructures import MultiDict

    criteria = CreditFilter(Way.OUT, date(2025, 7, 1), after=7)
    assert CreditFilter.from_args(MultiDict(criteria.to_args())) == criteria
    assert criteria.from_start() == "?way=out&month=2025-07"
