"""The ledger: every charge of the partner, newest first, with sums that are those of what is shown."""

from __future__ import annotations

import re
from datetime import date, timedelta

from sqlalchemy import select

from portal.charges import queries, routes
from portal.charges.filters import ChargeFilter
from portal.domain.charges import ChargeState, state_of
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Charge
from tests.conftest import NOW


def shown(text: str) -> list[int]:
    return [int(number) for number in re.findall(r'<tbody id="charge-(\d+)"', text)]


def sums(text: str) -> dict[str, str]:
    found = re.findall(r'id="t-\d".*?>([^<]+) <b>([^<]+)</b></a>', text)
    return {label: amount.replace("\xa0", " ") for label, amount in found}


def test_each_charge_says_whose_when_why_how_much_and_what_became_of_it(web, client, make) -> None:
    make.charge(client)
    text = web.get("/charges").text.replace("\xa0", " ")
    for part in (
        f'<a href="/clients/{client.id}">Bar do Zé</a>',
        "<td>10/07/2025</td>",
        "<td>Adicional</td>",
        "<td>R$ 33,38</td>",
        '<b class="s suspended">Em aberto</b>',
        "1 cobrança<",
    ):
        assert part in text, part


def test_the_newest_stands_first_and_pages_lose_none(web, client, make, monkeypatch) -> None:
    monkeypatch.setattr(routes, "PAGE_SIZE", 2)
    days = [NOW.date() - timedelta(days=days) for days in (2, 1, 1, 0)]
    made = [make.charge(client, charged_on=day).id for day in days]
    made.insert(1, make.charge(client, charged_on=days[0]).id)  # booked late
    seen, address, back = [], "/charges", ""
    while address:
        text = web.get(address).text
        seen += shown(text)
        previous = re.search(r'rel="prev" href="([^"]+)"', text)
        back = previous[1] if previous else ""
        found = re.search(r'rel="next" href="([^"]+)"', text)
        address = found[1].replace("&amp;", "&") if found else ""
    assert seen == made[::-1]
    text = web.get(back).text
    assert shown(text) == [made[2], made[1]], "the page before the last one"
    assert 'rel="prev"' in text
    assert 'rel="next"' in text


def test_a_place_that_is_no_more_is_the_beginning(web, client, make) -> None:
    charge = make.charge(client)
    for place in ("after=1", f"after={charge.id}", f"before={charge.id}", "before=999999"):
        assert shown(web.get(f"/charges?{place}").text) == [charge.id], place


def test_states_months_and_clients_narrow_the_list_and_its_sums(web, client, make, partner) -> None:
    other = make.client(partner, name="Padaria São João")
    open_, paid = make.charge(client, 1_000), make.charge(client, 2_000, paid_at=NOW)
    reversed_ = make.charge(other, 4_000, reversed_at=NOW)
    old = make.charge(other, 8_000, charged_on=date(2025, 6, 30))
    for query, ids, amounts in (
        ("", [reversed_, paid, open_, old], ("4", "90,00", "20,00", "40,00")),
        ("?state=open", [open_, old], ("4", "90,00", "20,00", "40,00")),
        ("?state=paid", [paid], ("4", "90,00", "20,00", "40,00")),
        ("?state=reversed", [reversed_], ("4", "90,00", "20,00", "40,00")),
        ("?month=2025-07", [reversed_, paid, open_], ("3", "10,00", "20,00", "40,00")),
        ("?month=2025-06", [old], ("1", "80,00", "0,00", "0,00")),
        ("?q=sao+joao", [reversed_, old], ("2", "80,00", "0,00", "40,00")),
        ("?q=11.222.333", [paid, open_], ("2", "10,00", "20,00", "0,00")),
        ("?q=bar+do&state=open", [open_], ("2", "10,00", "20,00", "0,00")),
        ("?q=ninguem", [], ("0", "0,00", "0,00", "0,00")),
    ):
        text = web.get(f"/charges{query}").text
        assert shown(text) == [one.id for one in ids], query
        every, *others = amounts
        assert list(sums(text).values()) == [every, *(f"R$ {amount}" for amount in others)], query


def test_the_month_that_the_address_names_is_chosen_however_old(web) -> None:
    assert '<option value="2019-03" selected>março de 2019</option>' in web.get("/charges?month=2019-03").text
    assert '<option value="2024-08">' in web.get("/charges").text


def test_the_state_that_the_address_names_is_chosen(web) -> None:
    text = web.get("/charges?state=paid").text
    assert '<option value="paid" selected>Paga</option>' in text
    assert text.count(" selected") == 2, "and every month"


def test_sql_and_python_agree_on_the_state_of_every_charge(client, make) -> None:
    for paid_at in (None, NOW):
        for reversed_at in (None, NOW):
            make.charge(client, paid_at=paid_at, reversed_at=reversed_at)
    charges = db.session.scalars(select(Charge)).all()
    for state in ChargeState:
        found = set(db.session.scalars(select(Charge.id).where(*queries.state_clauses(state))))
        assert found == {charge.id for charge in charges if state_of(charge) is state}
    assert sum(total.count for total in queries.totals(client.partner_id, ChargeFilter()).values()) == len(charges)


def test_nothing_to_show_says_why(web, client, make) -> None:
    assert "Nenhuma cobrança ainda" in web.get("/charges").text
    make.charge(client)
    assert "Nenhuma cobrança encontrada" in web.get("/charges?state=paid").text


def test_a_fragment_is_the_table_alone_at_its_canonical_address(web, client, make) -> None:
    make.charge(client)
    answer = web.fragment("/charges?month=x&state=open")
    assert answer.text.startswith('<section id="charge-table"')
    assert answer.headers["HX-Push-Url"] == "/charges?state=open"


def test_an_unchanged_ledger_is_not_sent_again_and_a_changed_one_is(web, client, make) -> None:
    charge = make.charge(client)
    tag = web.get("/charges").headers["ETag"]
    headers = {"If-None-Match": tag}
    assert web.browser.get("/charges", headers=headers).status_code == 304
    assert web.browser.get("/charges?state=open", headers=headers).status_code == 200
    db.session.get(Charge, charge.id).paid_at = NOW
    db.session.commit()
    assert web.browser.get("/charges", headers=headers).status_code == 200


def test_a_charge_of_an_undone_registration_stays_without_a_link(web, client, make) -> None:
    make.charge(client, reversed_at=NOW)
    client.archived_at = NOW
    db.session.commit()
    text = web.get("/charges").text
    assert '<th scope="row">Bar do Zé</th>' in text
    assert f"/clients/{client.id}" not in text


def test_names_are_inert(web, make, partner) -> None:
    make.charge(make.client(partner, name="<img src=x onerror=alert(1)>"))
    text = web.get("/charges").text
    assert "<img" not in text
    assert "&lt;img" in text


def test_the_ledger_is_for_administrador_and_financeiro_also_of_a_suspended_partner(web_of, make, partner) -> None:
    expected = {Role.ADMIN: 200, Role.FINANCE: 200, Role.SUPPORT: 403, Role.READER: 403}
    for is_suspended in (False, True):
        partner.suspended_at = NOW if is_suspended else None
        db.session.commit()
        for address in ("/charges", "/charges/export"):
            assert {role: web_of(role).get(address).status_code for role in expected} == expected
    assert web_of(Role.OPERATOR, at=None).get("/charges").status_code == 403


def test_another_partner_sees_none_of_it_not_even_in_the_sums(stranger, client, make) -> None:
    charge = make.charge(client)
    text = stranger.get(f"/charges?open={charge.id}").text
    assert shown(text) == []
    assert "Bar do Zé" not in text
    assert sums(text)["Em aberto"] == "R$ 0,00"
    assert queries.open_total(client.partner_id + 10_000) == queries.Total()


def test_charges_made_later_stand_before_those_of_the_same_day(web, client, make) -> None:
    first, second = make.charge(client), make.charge(client, charged_at=NOW + timedelta(hours=1))
    assert shown(web.get("/charges").text) == [second.id, first.id]
