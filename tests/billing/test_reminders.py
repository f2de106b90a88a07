"""Whom to remind today, with which words; marked once, taken back; nobody who is paused (DOMAIN §5)."""

from __future__ import annotations

import html
import re
from datetime import date, timedelta
from urllib.parse import unquote

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.billing import reminders
from portal.domain.catalogue import Product
from portal.domain.renewals import Decision
from portal.extensions import db
from portal.models import AuditEvent, Client, ReminderSending, RenewalDecision, UserSession
from tests.billing.conftest import DUE, charges, night
from tests.conftest import NOW
from tests.money import at, pay

D10, D3, AFTER = DUE - timedelta(days=10), DUE - timedelta(days=3), DUE + timedelta(days=1)


def lines(text: str) -> list[tuple[str, str]]:
    """Return name and kind of the reminders on a page."""
    found = re.findall(
        r'<li id="reminder-[^"]+"><div><a href="/clients/\d+">([^<]+)</a> <small>[^·]+·[^·]+· ([^<·]+)', text
    )
    return [(html.unescape(name), kind.strip()) for name, kind in found]


def on(web, day: date, path: str = "/billing/reminders") -> str:
    db.session.execute(update(UserSession).values(created_at=at(day), last_seen_at=at(day)))  # signed in that day
    db.session.commit()
    with clock.frozen(at(day)):
        return web.get(path).text


def form(client: Client, reminder: str = "before_3", due_on: date = DUE) -> dict[str, str]:
    return {"client": str(client.id), "due_on": str(due_on), "reminder": reminder}


@pytest.fixture
def manual(make, partner, prices) -> Client:
    """Return a client that the partner bills itself."""
    return make.client(partner, name="Padaria", due_on=DUE, phone="1133334444")


def test_each_on_its_day_and_the_one_after_on_its_own(web, client, manual) -> None:
    night()
    for day, kind in ((D10, "10 dias antes"), (D3, "3 dias antes"), (AFTER, "1 dia depois")):
        assert lines(on(web, day)) == [("Bar do Zé", kind), ("Padaria", kind)], day
    assert lines(on(web, D10 - timedelta(days=1))) == []
    assert "Ninguém a lembrar agora" in on(web, date(2025, 8, 1))


def test_what_was_not_sent_is_offered_until_the_next_one(web, client) -> None:
    night()
    assert lines(on(web, D3 - timedelta(days=1))) == [("Bar do Zé", "10 dias antes")]
    assert lines(on(web, DUE)) == [("Bar do Zé", "3 dias antes")]
    assert lines(on(web, date(2025, 7, 31))) == [("Bar do Zé", "1 dia depois")]


def test_the_words_hold_due_date_amount_link_and_partner(web, client, manual) -> None:
    night()
    [charge] = charges()
    text = on(web, D3)
    links = [unquote(link) for link in re.findall(r'href="https://wa\.me/(\d+\?text=[^"]+)"', text)]
    paying = f"Para pagar por Pix, abra: http://localhost/c/{charge.token}"
    assert links == [
        f"5511987654321?text=Olá! A mensalidade do Link de Bar do Zé vence em 10/07/2025. Valor: R$ 320,00. {paying}\nRevenda Alfa",
        "551133334444?text=Olá! A mensalidade do Link de Padaria vence em 10/07/2025.\nRevenda Alfa",
    ]
    assert "vence hoje." in unquote(on(web, DUE))
    assert "venceu em 10/07/2025 e o pagamento ainda não consta." in unquote(on(web, AFTER))


def test_a_manual_client_s_text_holds_its_retail_total_where_the_partner_has_set_prices(web, client, sell) -> None:
    client.renewal_method = client.renewal_method.MANUAL
    db.session.commit()
    assert "Valor: R$ 320,00." in unquote(on(web, D3))


def test_without_a_phone_the_text_is_there_to_copy(web, manual) -> None:
    manual.phone = ""
    db.session.commit()
    text = on(web, D3)
    assert "wa.me" not in text
    assert 'data-copy="Olá! A mensalidade' in text


def test_marked_once_and_taken_back(web, client) -> None:
    night()
    with clock.frozen(at(D3)):
        answer = web.post("/billing/reminders/sendings", htmx=True, **form(client))
        assert "enviado em 07/07/2025 12:00 por Ana Administradora" in answer.text
        assert "Lembrete de Bar do Zé marcado como enviado." in answer.text
        assert web.post("/billing/reminders/sendings", **form(client)).location == "/billing/reminders"
        assert "já estava marcado" in web.get("/billing/reminders").text
        assert lines(web.get("/billing/reminders").text) == []
        assert lines(web.get("/billing/reminders?sent=1").text) == [("Bar do Zé", "3 dias antes")]
        answer = web.post("/billing/reminders/returns", htmx=True, **form(client))
        assert "Marcar como enviado" in answer.text
        web.post("/billing/reminders/returns", **form(client))
        assert lines(web.get("/billing/reminders").text) == [("Bar do Zé", "3 dias antes")]
    actions = [
        action
        for action in db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id))
        if "reminder" in action
    ]
    assert actions == [reminders.SENT, reminders.UNDONE]
    assert lines(on(web, AFTER)) == [("Bar do Zé", "1 dia depois")], "the next one is another"


def test_who_paid_meanwhile_goes_from_the_list(web, client) -> None:
    night()
    pay(charges()[0], D3)
    with clock.frozen(at(D3)):
        assert lines(web.get("/billing/reminders").text) == []
        answer = web.post("/billing/reminders/sendings", htmx=True, **form(client))
    assert "<li" not in answer.text


def test_what_is_owed_after_an_own_account_renewal_is_reminded_of(web, client, purse) -> None:
    night()
    pay(purse.renew(client, D3), D3)
    assert lines(on(web, AFTER)) == [("Bar do Zé", "1 dia depois")]


@pytest.mark.parametrize("facts", [{"paused_at": NOW}, {"archived_at": NOW}, {"due_on": None, "pending_at": NOW}])
def test_nobody_else_is_reminded(web, client, manual, facts) -> None:
    night()
    for one in (client, manual):
        for name, value in facts.items():
            setattr(one, name, value)
    db.session.commit()
    expected = [("Bar do Zé", "3 dias antes")] if "pending_at" in facts else []
    assert lines(on(web, D3)) == expected, "an open charge is owed whatever became of the client"


def test_whom_the_partner_does_not_renew_is_not_reminded(web, manual, partner) -> None:
    facts = {"client_id": manual.id, "due_on": DUE, "partner_id": partner.id, "decided_at": NOW}
    db.session.add(RenewalDecision(decision=Decision.SKIP, **facts))
    db.session.commit()
    assert lines(on(web, D3)) == []


def test_a_navi_that_moved_to_link_is_reminded_of_link_alone_unless_it_uses_both(web, manual, make, partner) -> None:
    navi = make.client(partner, name="Zum", document=manual.document, product=Product.NAVI, due_on=DUE)
    assert [name for name, _kind in lines(on(web, D3))] == ["Padaria"]
    navi.uses_both_at = NOW
    db.session.commit()
    assert [name for name, _kind in lines(on(web, D3))] == ["Padaria", "Zum"]


def test_pages_go_on_where_the_last_one_ended(web, make, partner, prices, monkeypatch) -> None:
    monkeypatch.setattr(reminders, "SIZE", 2)
    names = [make.client(partner, due_on=DUE + timedelta(days=number // 2)).name for number in range(5)]
    seen, address = [], "/billing/reminders"
    while address:
        text = on(web, DUE, address)
        seen += [name for name, _kind in lines(text)]
        found = re.search(r'rel="next" href="([^"]+)"', text)
        address = found[1] if found else ""
    assert seen == names


@pytest.mark.parametrize("after", ["x", "2025-07-10", "2025-13-40.1", "2025-07-10.0", "2025-07-10.99999999999"])
def test_a_place_that_makes_no_sense_is_the_beginning(web, manual, after) -> None:
    assert lines(on(web, D3, f"/billing/reminders?after={after}"))


def test_what_is_nobody_s_or_incomplete_is_refused(web, stranger, client) -> None:
    path = "/billing/reminders/sendings"
    for changes in ({"client": "x"}, {"due_on": "x"}, {"reminder": "x"}):
        assert web.post(path, **form(client) | changes).status_code == 422
    assert web.post(path, **form(client, due_on=date(2020, 1, 10))).status_code == 404
    assert stranger.post(path, **form(client)).status_code == 404
    assert stranger.post("/billing/reminders/returns", **form(client)).status_code == 404
    assert db.session.scalars(select(ReminderSending)).all() == []
