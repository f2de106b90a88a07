"""One charge: its lines with their arithmetic, the price table and the protocol; as a row, in the ledger, as a page."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.catalogue import Item
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import ChargeLine, LicenseOrder
from tests.conftest import NOW


@pytest.fixture
def charge(client, make):
    charge = make.charge(client, 13_328)
    line = db.session.scalar(select(ChargeLine))
    line.amount_cents = 3_338
    db.session.add(
        ChargeLine(
            charge_id=charge.id, item=Item.BASE, quantity=1, unit_cents=9990, days=31, divisor=31, amount_cents=9990
        )
    )
    db.session.commit()
    return charge


def test_it_shows_every_line_in_the_catalogues_order_and_where_it_comes_from(web, charge) -> None:
    protocol = db.session.get(LicenseOrder, charge.order_id).event_id
    for text in (web.get(f"/charges/{charge.id}").text, web.fragment(f"/charges/{charge.id}").text):
        said = text.replace("\xa0", " ")
        for part in (
            "<b>Licença</b> 1 × R$ 99,90 (mês inteiro)",
            "<b>Link Garçom</b> 2 × R$ 19,90 ÷ 31 × 26 dias = R$ 33,38",
            "<b>Total R$ 133,28</b>",
            f"Tabela de preços {charge.price_version_id}, válida desde",
            f"Protocolo {protocol}",
            "Adicional, até 10/08/2025",
        ):
            assert part in said, part
        assert said.index("Licença<") < said.index("Link Garçom")
        assert "Paga em" not in said


def test_the_fragment_is_the_row_with_its_lines(web, charge) -> None:
    text = web.fragment(f"/charges/{charge.id}").text
    assert text.strip().startswith(f'<tbody id="charge-{charge.id}" class="on">')
    assert text.count("<tbody") == 1
    assert f'data-fold="x{charge.id}"' in text


def test_without_script_the_ledger_itself_opens_and_closes_it(web, charge, client, make) -> None:
    other = make.charge(client)
    text = web.get(f"/charges?state=open&open={charge.id}").text
    assert text.count("Protocolo") == 1
    assert f'href="/charges?state=open" data-fold="x{charge.id}"' in text
    assert f'href="/charges?state=open&open={other.id}#charge-{other.id}"' in text.replace("&amp;", "&")


def test_what_was_paid_or_reversed_says_when(web, client, make) -> None:
    paid, reversed_ = make.charge(client, paid_at=NOW), make.charge(client, reversed_at=NOW)
    assert "Paga em 10/07/2025" in web.get(f"/charges/{paid.id}").text
    assert "Estornada em 10/07/2025" in web.get(f"/charges/{reversed_.id}").text


def test_a_charge_whose_lines_are_gone_still_has_its_total(web, charge) -> None:
    db.session.execute(ChargeLine.__table__.delete())
    db.session.commit()
    assert "<b>Total" in web.get(f"/charges/{charge.id}").text


def test_suporte_sees_a_charge_and_no_way_to_the_ledger(web_of, charge) -> None:
    text = web_of(Role.SUPPORT).get(f"/charges/{charge.id}").text
    assert "Link Garçom" in text
    assert 'href="/charges"' not in text
    assert web_of(Role.READER).get(f"/charges/{charge.id}").status_code == 403


def test_an_undone_registration_has_no_page_to_lead_to(web, charge, client) -> None:
    client.archived_at = NOW
    db.session.commit()
    assert f"/clients/{client.id}" not in web.get(f"/charges/{charge.id}").text


def test_another_partners_charge_is_not_found(stranger, charge) -> None:
    answer = stranger.get(f"/charges/{charge.id}")
    assert answer.status_code == 404
    assert "Zé" not in answer.text
    assert stranger.get("/charges/999999").status_code == 404
