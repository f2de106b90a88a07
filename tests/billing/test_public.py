"""The end client's page: who bills, for whom, what, how to pay; never the cost; light, kept by nobody (DOMAIN §5)."""

from __future__ import annotations

import html
import re
from datetime import date, time

import pytest

from portal import clock
from portal.billing import settling
from portal.billing.public_routes import masked
from portal.domain import pix
from portal.extensions import db
from portal.models import RetailCharge
from tests.billing.conftest import charges, night
from tests.money import at, pay
from tests.test_budgets import fetch, weight

LIGHT = 6 * 1024


@pytest.fixture
def charge(client) -> RetailCharge:
    night()
    return charges()[0]


def plain(text: str) -> str:
    return html.unescape(text).replace("\xa0", " ")


def test_it_says_who_bills_whom_for_what_and_until_when_and_no_cost(visitor, charge) -> None:
    answer = visitor.get(f"/c/{charge.token}")
    text = plain(answer.text)
    for part in (
        "<h1>Revenda Alfa</h1>",
        "Bar do Zé",
        "Link Garçom: 3 × R$ 29,90 = R$ 89,70",
        "Total R$ 320,00",
        "10/07/2025",
    ):
        assert part in text, part
    for hidden in ("214,40", "19,90", "105,60", "margem", "custo"):
        assert hidden not in text, hidden
    assert re.search(r"CPF/CNPJ \d\d\.\*\*\*\.\*\*\*/\*\*\*\*-\d\d", text)


def test_nobody_keeps_it_or_finds_it_by_searching(visitor, charge) -> None:
    answer = visitor.get(f"/c/{charge.token}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert 'name="robots" content="noindex,nofollow"' in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert visitor.browser.post(f"/c/{charge.token}").status_code == 405


def test_the_code_asks_for_what_is_left_with_the_charge_s_txid(visitor, charge, with_pix) -> None:
    for paid, cents in ((0, 32000), (2000, 30000)):
        if paid:
            pay(charge, date(2025, 7, 5), cents=paid)
        text = plain(visitor.get(f"/c/{charge.token}").text)
        code = re.search(r"<textarea[^>]*>([^<]+)</textarea>", text)[1]
        asked = pix.parse(code)
        assert (asked.txid, asked.amount_cents) == (charge.txid, cents)
        assert "<svg" in text
    assert "Já recebido R$ 20,00; faltam <b>R$ 300,00</b>" in text


def test_it_is_light(visitor, charge, with_pix, record_property) -> None:
    answer = fetch(visitor, f"/c/{charge.token}")
    record_property("bytes", weight(answer))
    assert answer.headers["Content-Encoding"] == "br"
    assert weight(answer) <= LIGHT


def test_without_a_receiver_it_sends_to_the_partner(visitor, charge) -> None:
    assert "Para pagar, fale com Revenda Alfa." in visitor.get(f"/c/{charge.token}").text


def test_paid_cancelled_and_lapsed_ones_say_so_and_ask_for_nothing(visitor, charge, client, with_pix) -> None:
    def page(day: date) -> str:
        with clock.frozen(at(day)):
            return plain(visitor.get(f"/c/{charge.token}").text)

    lapsed = page(date(2025, 8, 1))
    assert "Vencida" in lapsed
    assert "fale com Revenda Alfa" in lapsed
    assert "copia e cola" in page(date(2025, 7, 31))
    pay(charge, date(2025, 7, 5))
    assert "Paga em 05/07/2025." in page(date(2025, 7, 6))
    charge.paid_at = None
    db.session.commit()
    settling.cancel(charge.id, now=at(date(2025, 7, 6)), actor=None)
    db.session.commit()
    cancelled = page(date(2025, 7, 7))
    assert "fale com Revenda Alfa" in cancelled
    assert "copia e cola" not in lapsed + cancelled


def test_what_is_owed_after_an_own_account_renewal_can_still_be_paid(visitor, charge, client, purse, with_pix) -> None:
    pay(purse.renew(client, date(2025, 7, 6)), date(2025, 7, 6))
    with clock.frozen(clock.moment_of(date(2025, 8, 1), time(12))):
        assert "copia e cola" in visitor.get(f"/c/{charge.token}").text


@pytest.mark.parametrize("token", ["x", "x" * 43, "..%2f..", "%00", "a" * 2000])
def test_a_wrong_address_is_not_found_whatever_it_is(visitor, charge, token) -> None:
    answer = visitor.get(f"/c/{token}")
    assert answer.status_code == 404
    assert "Revenda Alfa" not in answer.text


@pytest.mark.parametrize(
    ("document", "shown"), [("11222333000181", "11.***.***/****-81"), ("52998224725", "52*.***.***-25")]
)
def test_a_document_is_masked(document, shown) -> None:
    assert masked(document) == shown


def test_names_are_inert(visitor, charge, client) -> None:
    client.name = "<img src=x onerror=alert(1)>"
    db.session.commit()
    assert "<img" not in visitor.get(f"/c/{charge.token}").text
