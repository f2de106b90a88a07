"""The line of time: what is ahead, today, what was, in one order of days."""

from __future__ import annotations

import re
from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from portal import audit
from portal.clients import details
from portal.clients.history import HistoryRow
from portal.clients.timeline import Ahead, Change, ahead, held_changes
from portal.domain.catalogue import Item
from portal.domain.charges import OrderKind
from portal.domain.forecast import Step, steps
from portal.domain.licenses import Holding, Pending
from portal.domain.notices import NoticeKind
from portal.domain.roles import Role
from portal.domain.statuses import Status
from portal.extensions import db
from portal.licenses.service import as_json
from portal.models import Charge, LicenseOrder, PendingChange
from tests.conftest import NOW

AUG, SEP = date(2025, 8, 11), date(2025, 9, 11)
BASE, CLOUD, WAITER, MOBILE = Item.BASE, Item.CLOUD, Item.WAITER, Item.MOBILE


# what is ahead


def test_changes_and_events_stand_in_one_order_the_last_day_first() -> None:
    holding = Holding({BASE: 1, WAITER: 3}, (Pending(WAITER, AUG, 2),))
    foretold = [Step(date(2025, 8, 10), notice=NoticeKind.DUE_TODAY), Step(AUG, status=Status.EXPIRED), Step(SEP)]
    assert ahead(holding, foretold) == [
        Ahead(SEP, step=foretold[2]),
        Ahead(AUG, change=Change(WAITER, 3, 2)),
        Ahead(AUG, step=foretold[1]),
        Ahead(date(2025, 8, 10), step=foretold[0]),
    ]


def test_a_change_begins_where_the_one_before_it_ended() -> None:
    holding = Holding({WAITER: 3, CLOUD: 1}, (Pending(WAITER, SEP, 1), Pending(WAITER, AUG, 2), Pending(CLOUD, SEP, 0)))
    changes = {entry.change for entry in ahead(holding, [])}
    assert changes == {Change(WAITER, 3, 2), Change(WAITER, 2, 1), Change(CLOUD, 1, 0)}


def test_nothing_ahead_is_nothing() -> None:
    assert ahead(Holding({BASE: 1}), []) == []


def test_the_forecast_is_told_whole() -> None:
    facts = SimpleNamespace(due_on=date(2025, 7, 13), pending_at=None, hidden_at=None, suspended_at=None)
    foretold = steps(facts, NOW.date())
    entries = ahead(Holding({}), foretold)
    assert [entry.step for entry in sorted(entries, key=lambda entry: entry.on)] == foretold
    assert [entry.on for entry in entries] == sorted((entry.on for entry in entries), reverse=True)


# what an event did


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (Holding({BASE: 1}), Holding({BASE: 1}), []),
        (Holding({WAITER: 3}), Holding({WAITER: 4}), [("Link Garçom", "3", "4")]),
        (Holding({BASE: 1}), Holding({BASE: 1, CLOUD: 1}), [("Cloud", "não", "sim")]),
        (
            Holding({WAITER: 3}),
            Holding({WAITER: 3}, (Pending(WAITER, AUG, 2),)),
            [("Link Garçom a partir de 11/08/2025", "3", "2")],
        ),
        (
            Holding({WAITER: 3}, (Pending(WAITER, AUG, 2),)),
            Holding({WAITER: 3}),
            [("Link Garçom a partir de 11/08/2025", "2", "3")],
        ),
        (
            Holding({CLOUD: 1, MOBILE: 2}),
            Holding({CLOUD: 1, MOBILE: 2}, (Pending(MOBILE, AUG, 0), Pending(CLOUD, AUG, 0))),
            [("Cloud a partir de 11/08/2025", "sim", "não"), ("Link Móvel a partir de 11/08/2025", "2", "0")],
        ),
        (
            Holding({WAITER: 3}, (Pending(WAITER, AUG, 2),)),
            Holding({WAITER: 5}, (Pending(WAITER, AUG, 2),)),
            [("Link Garçom", "3", "5")],
        ),
    ],
    ids=["nothing", "added", "switched on", "removed later", "taken back", "both off", "beside a pending one"],
)
def test_quantities_before_and_after(before, after, told) -> None:
    assert held_changes(as_json(before), as_json(after)) == told


def test_a_new_client_held_nothing_before() -> None:
    assert held_changes({}, {"licenses": {"base": 1, "waiter": 2}}) == [
        ("Licença", "0", "1"),
        ("Link Garçom", "0", "2"),
    ]


def test_events_that_keep_only_what_is_pending_have_nothing_to_compare_it_with() -> None:
    pending = {"pending": as_json(Holding({}, (Pending(WAITER, AUG, 2),)))["pending"]}
    assert held_changes({"pending": []}, pending) == [("Link Garçom a partir de 11/08/2025", "—", "2")]
    assert held_changes(pending, {"pending": []}) == [("Link Garçom a partir de 11/08/2025", "2", "—")]


@pytest.mark.parametrize(
    "after",
    [{}, {"licenses": None}, {"licenses": {"spaceship": 1}}, {"licenses": {"waiter": "many"}}, {"licenses": [1]},
     {"licenses": {}, "pending": [{"item": "waiter"}]}, {"licenses": {}, "pending": 7}],
)  # fmt: skip
def test_what_is_not_in_our_words_did_nothing(after) -> None:
    assert held_changes({"licenses": {"waiter": 3}}, after) == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"document": "52998224725"}, {"document": "11222333000181"},
         ("CPF/CNPJ", "529.982.247-25", "11.222.333/0001-81")),
        ({"renewal_method": "manual"}, {"renewal_method": "billing"},
         ("Renovação de licença", "Renovação manual", "Gestão de cobranças")),
        ({"renewal_method": "x"}, {"renewal_method": "billing"}, ("Renovação de licença", "x", "Gestão de cobranças")),
        ({"due_on": None}, {"due_on": "2025-08-10"}, ("Vencimento", "—", "10/08/2025")),
        ({"due_on": "logo"}, {"due_on": "2025-08-10"}, ("Vencimento", "logo", "10/08/2025")),
    ],
)  # fmt: skip
def test_fields_are_said_as_the_screen_says_them(before, after, told) -> None:
    event = SimpleNamespace(id=1, at=NOW, actor_name="Ana", action="edit", reason="", before=before, after=after)
    assert HistoryRow.build(event).changes == [told]


@pytest.mark.parametrize("before", [None, {"email": ""}, {"email": None}])
def test_a_field_that_was_and_stays_empty_is_no_change(before) -> None:
    after = {"email": "", "name": "Loja"}
    event = SimpleNamespace(id=1, at=NOW, actor_name="Ana", action="register", reason="", before=before, after=after)
    assert HistoryRow.build(event).changes == [("Nome da empresa", "—", "Loja")]


# the page


def page(web, client, query: str = "") -> str:
    return web.get(f"/clients/{client.id}{query}").text.partition('id="timeline"')[2].replace("\xa0", " ")


def event_of(client, action: str = "edit", **facts) -> int:
    event = audit.record(action, actor=None, now=NOW, partner_id=client.partner_id, client_id=client.id, **facts)
    db.session.commit()
    return event.id


def test_the_page_leads_from_what_is_pending_over_today_into_the_past(web, client_in, make) -> None:
    client = client_in()
    make.item(client, Item.WAITER, 3)
    db.session.add(PendingChange(client_id=client.id, item=Item.WAITER, effective_on=AUG, quantity=2))
    event_of(client, before={"licenses": {"waiter": 1}}, after={"licenses": {"waiter": 3}})
    text = page(web, client)
    parts = (
        "<b>11/08/2025</b> Link Garçom 3 → 2",
        "<b>10/08/2025</b> aviso: “Vence hoje”",
        'Hoje: <span class="s active">Ativo</span>',
        "Link Garçom: <del>1</del> <ins>3</ins>",
    )
    assert [part for part in parts if part not in text] == []
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_an_order_says_what_it_cost_and_what_became_of_that(web_of, client_in, make) -> None:
    client = client_in()
    charge = make.charge(client)
    link = f'<a href="/charges/{charge.id}">Cobrança de R$ 33,38</a> · Em aberto</p>'
    for role, is_told in ((Role.ADMIN, True), (Role.FINANCE, True), (Role.SUPPORT, True), (Role.READER, False)):
        assert (link in page(web_of(role), client)) is is_told, role
    db.session.get(Charge, charge.id).reversed_at = NOW
    db.session.get(LicenseOrder, charge.order_id).reversed_at = NOW
    db.session.commit()
    text = page(web_of(), client)
    assert "</a> · Estornada</p>" in text
    assert "Este pedido foi estornado." in text


def test_an_order_that_cost_nothing_has_no_charge(web, client_in) -> None:
    client = client_in()
    db.session.add(
        LicenseOrder(
            partner_id=client.partner_id,
            client_id=client.id,
            kind=OrderKind.CHANGE,
            event_id=event_of(client),
            ordered_on=NOW.date(),
            before={},
            after={},
        )
    )
    db.session.commit()
    text = page(web, client)
    assert "Edição" in text
    assert "Cobrança de" not in text


def test_earlier_pages_hold_the_past_alone_and_lead_back_to_today(web, client_in, monkeypatch) -> None:
    monkeypatch.setattr(details, "HISTORY_SIZE", 2)
    client = client_in()
    made = [event_of(client) for _ in range(5)]
    text = page(web, client, f"?before={made[3]}")
    assert re.findall(r"protocolo (\d+)", text) == [str(made[2]), str(made[1])]
    assert "Hoje:" not in text
    assert f'href="/clients/{client.id}#timeline">Hoje<' in text
    assert "Vence hoje" not in text
    assert "Anteriores" in text
    assert "Anteriores" not in page(web, client, f"?before={made[1]}")


def test_quantities_are_those_of_today_before_the_night_has_folded_them(web, client_in, make) -> None:
    client = client_in()
    make.item(client, Item.WAITER, 3)
    make.item(client, Item.CLOUD)
    for item, quantity in ((Item.WAITER, 2), (Item.CLOUD, 0)):
        db.session.add(
            PendingChange(
                client_id=client.id, item=item, effective_on=NOW.date() - timedelta(days=1), quantity=quantity
            )
        )
    db.session.commit()
    for text in (web.get(f"/clients/{client.id}").text, web.fragment(f"/clients/{client.id}/detail").text):
        assert "Link Garçom × 2" in text
        assert "Cloud" not in text.replace("Status Cloud", "")
    assert "Link Garçom × 2" in web.get(f"/clients?open={client.id}").text


class TestCharges:
    """What a client owes, on its page."""

    def section(self, web, client) -> str:
        return (
            web.get(f"/clients/{client.id}")
            .text.partition('id="cobrancas"')[2]
            .partition("</section>")[0]
            .replace("\xa0", " ")
        )

    def test_it_says_what_is_open_and_how_each_charge_came_about(self, web, client_in, make) -> None:
        client = client_in()
        make.charge(client, 3_338), make.charge(client, 1_000), make.charge(client, 9_999, paid_at=NOW)
        make.charge(client_in(), 77_777)
        text = self.section(web, client)
        assert "Em aberto: <b>R$ 43,38</b> em 2 cobranças, a pagar antes da renovação." in text
        assert text.count("<details>") == 3
        assert "2 × R$ 19,90 ÷ 31 × 26 dias = R$ 33,38" in text
        assert f'href="/charges?q={client.document}"' in text
        assert "777,77" not in text

    def test_nothing_open_and_nothing_at_all(self, web, client_in, make) -> None:
        client = client_in()
        assert "Nenhuma cobrança." in self.section(web, client)
        make.charge(client, paid_at=NOW)
        assert "Nada em aberto." in self.section(web, client)

    def test_the_newest_stand_there_and_all_are_counted(self, web, client_in, make, monkeypatch) -> None:
        monkeypatch.setattr("portal.charges.queries.CLIENT_CHARGES", 2)
        client = client_in()
        for cents in (100, 200, 400):
            make.charge(client, cents)
        text = self.section(web, client)
        assert "<b>R$ 7,00</b> em 3 cobranças" in text
        assert text.count("<details>") == 2
        assert text.index("R$ 4,00") < text.index("R$ 2,00")

    def test_suporte_sees_them_leitura_does_not(self, web_of, client_in, make) -> None:
        client = client_in()
        make.charge(client)
        assert "R$ 33,38" in self.section(web_of(Role.SUPPORT), client)
        assert "/charges?" not in self.section(web_of(Role.SUPPORT), client)
        assert self.section(web_of(Role.READER), client) == ""
        assert "33,38" not in web_of(Role.READER).get(f"/clients/{client.id}").text
