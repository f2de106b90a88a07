"""Deciding on the desk: one by one, for all of a filter, without JavaScript, again, and against what is not there any more."""

from __future__ import annotations

import re
from datetime import date

import pytest

from portal import clock
from portal.domain.renewals import Decision, Place
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import AuditEvent, Client, Notice, RenewalDecision
from portal.notifications import service as notifications
from tests.money import pay
from tests.renewals.conftest import place_of
from tests.renewals.test_desk import chosen, names, row, total
from tests.visitor import Visitor

TODAY = date(2025, 7, 10)


def decide(web: Visitor, *, htmx: bool = True, **wanted: str):
    return web.post("/renewals/decisions", htmx=htmx, month="2025-07", **wanted)


def stored(client: Client) -> Decision | None:
    db.session.rollback()
    which = RenewalDecision.client_id == client.id, RenewalDecision.due_on == client.due_on
    return db.session.scalar(db.select(RenewalDecision.decision).where(*which))


def events(action: str) -> list[AuditEvent]:
    db.session.rollback()
    return list(db.session.scalars(db.select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id)))


def test_a_choice_is_stored_and_answered_with_its_row_and_the_sums(web, due, prices) -> None:
    client = due(name="Bar do Zé")
    due()
    answer = decide(web, **{f"d{client.id}": "skip"})
    text = answer.text.replace("\xa0", " ")
    assert text.startswith(f'<tbody id="client-{client.id}"')
    assert chosen(text, client) is Decision.SKIP
    assert '<span id="sum" hx-swap-oob="innerHTML">Uma fatura agora: <b>1 cliente, R$ 99,90</b>' in text
    assert '<b id="n-skip" hx-swap-oob="true">1 · R$ 99,90</b>' in text
    [event] = events("renewal_decided")
    assert f"Bar do Zé: Não renovar. Gravado às 12:00, protocolo {event.id}." in text
    assert (event.before, event.after) == ({"decision": "renew"}, {"decision": "skip", "cycle": "2025-07-15"})
    assert stored(client) is Decision.SKIP


def test_the_same_again_writes_nothing_and_answers_the_same(web, due, prices) -> None:
    client = due()
    decide(web, **{f"d{client.id}": "later"})
    again = decide(web, **{f"d{client.id}": "later"})
    [event] = events("renewal_decided")
    assert f"Já estava assim: gravado às 12:00, protocolo {event.id}." in again.text


def test_a_choice_and_back(web, due, prices) -> None:
    client = due()
    for value in ("skip", "later", "renew"):
        decide(web, **{f"d{client.id}": value})
    assert place_of(client, TODAY) is Place.READY
    assert len(events("renewal_decided")) == 3
    history = web.get(f"/clients/{client.id}").text
    assert "Decisão de renovação" in history
    assert "Decidir depois" in history


def test_without_javascript_one_form_saves_them_all(web, due, prices) -> None:
    one, two, three = due(name="A"), due(name="B"), due(name="C")
    assert '<noscript><form id="desk"' in web.get("/renewals").text
    fields = {f"d{one.id}": "skip", f"d{two.id}": "renew", f"d{three.id}": "later"}
    answer = decide(web, htmx=False, **fields)
    assert (answer.status_code, answer.location) == (303, "/renewals?month=2025-07")
    assert "2 decisões gravadas." in web.get(answer.location).text
    assert [stored(client) for client in (one, two, three)] == [Decision.SKIP, None, Decision.LATER]
    assert "Nada mudou" in web.get(decide(web, htmx=False, **fields).location).text


def test_the_forms_address_keeps_what_was_shown(web, due, prices) -> None:
    client = due(name="Padaria")
    answer = web.post("/renewals/decisions?month=2025-07&q=padaria", month="2025-07", **{f"d{client.id}": "skip"})
    assert answer.location == "/renewals?month=2025-07&q=padaria"


def test_a_decision_counts_for_its_due_date_alone(web, due, prices, purse) -> None:
    client = due()
    decide(web, **{f"d{client.id}": "later"})
    pay(purse.renew(client, TODAY), TODAY)
    assert "abre em" in row(web, client, "?month=2025-08")
    assert chosen(web.get("/renewals?month=2025-08").text, client) is Decision.RENEW


def test_who_was_renewed_or_invoiced_meanwhile_is_not_decided_about(web, due, prices, purse) -> None:
    invoiced = due()
    purse.renew_month(TODAY)
    answer = decide(web, **{f"d{invoiced.id}": "skip"})
    assert answer.status_code == 409
    assert "Já está na" in answer.text
    assert stored(invoiced) is None
    moved = due(due_on=date(2025, 8, 10))
    assert decide(web, **{f"d{moved.id}": "skip"}).status_code == 409
    plain = decide(web, htmx=False, **{f"d{moved.id}": "skip", f"d{invoiced.id}": "skip"})
    assert "2 clientes sem mudança: já em fatura ou com outro vencimento." in web.get(plain.location).text


def test_refused_forms(web, web_of, stranger, due, prices) -> None:
    client = due()
    assert decide(web, **{f"d{client.id}": "talvez"}).status_code == 422
    assert decide(web).status_code == 422
    assert decide(web, d999999="skip").status_code == 404
    assert decide(stranger, **{f"d{client.id}": "skip"}).status_code == 404
    assert decide(web_of(Role.SUPPORT), **{f"d{client.id}": "skip"}).status_code == 403
    assert web.post("/renewals/decisions", month="2025-01", **{f"d{client.id}": "skip"}).status_code == 404
    assert stored(client) is None


# all of a filter


def decide_all(web: Visitor, decision: str, query: str = "", *, htmx: bool = True):
    return web.post(f"/renewals/batches?month=2025-07{query}", htmx=htmx, decision=decision)


def test_everybody_of_a_filter_is_decided_about_with_one_event(web, due, prices) -> None:
    one, two, other = due(name="Padaria A"), due(name="Padaria B"), due(name="Bar")
    text = decide_all(web, "skip", "&q=padaria").text
    [event] = events("renewals_decided")
    assert f"Não renovar: 2 clientes. Gravado às 12:00, protocolo {event.id}." in text
    assert text.startswith('<section id="desk-table"')
    assert [stored(client) for client in (one, two, other)] == [Decision.SKIP, Decision.SKIP, None]
    assert "Nada mudou" in decide_all(web, "skip", "&q=padaria").text
    assert len(events("renewals_decided")) == 1


def test_renovar_todos_leaves_invoiced_and_guarded_clients_alone(web, due, twins, prices, purse) -> None:
    navi, _link = twins
    invoiced = due()
    purse.renew_month(TODAY)
    asleep, skipped = due(suspended_at=clock.now()), due()
    decide(web, **{f"d{skipped.id}": "skip"})
    answer = decide_all(web, "renew", htmx=False)
    said = web.get(answer.location).text
    assert "Renovar: 2 clientes." in said
    assert "1 Navi que já tem Link ficou como estava" in said
    assert [stored(client) for client in (asleep, skipped)] == [Decision.RENEW, Decision.RENEW]
    assert (stored(navi), stored(invoiced)) == (None, None)


def test_a_batch_can_be_undone_where_nobody_decided_since(web, stranger, due, prices) -> None:
    early, late, untouched = due(name="A"), due(name="B"), due(name="C")
    decide(web, **{f"d{early.id}": "later"})
    decide_all(web, "skip")
    [event] = events("renewals_decided")
    decide(web, **{f"d{late.id}": "renew"})
    path = f"/renewals/batches/{event.id}/undoing?month=2025-07"
    assert stranger.post(path).status_code == 404
    assert "Desfeito: 2 clientes." in web.post(path, htmx=True).text
    assert [stored(client) for client in (early, late, untouched)] == [Decision.LATER, Decision.RENEW, None]
    assert "Nada a desfazer" in web.post(path, htmx=True).text
    assert web.post("/renewals/batches/999999/undoing").status_code == 404


def test_the_message_of_a_batch_offers_to_undo_it(web, due, prices) -> None:
    due()
    plain = web.get(decide_all(web, "skip", htmx=False).location).text
    [event] = events("renewals_decided")
    assert f'action="/renewals/batches/{event.id}/undoing?month=2025-07"' in plain


def test_refused_batches(web, web_of, due, prices) -> None:
    client = due()
    assert decide_all(web, "talvez").status_code == 422
    assert web.post("/renewals/batches", decision="skip").status_code == 404, "whose month?"
    assert decide_all(web_of(Role.READER), "skip").status_code == 403
    assert stored(client) is None


# Navi beside Link (R17)


def test_renewing_a_guarded_navi_asks_first(web, twins, prices) -> None:
    navi, _link = twins
    answer = decide(web, **{f"d{navi.id}": "renew"})
    assert "Renovar só desta vez" in answer.text
    assert "Usa os dois" in answer.text
    assert stored(navi) is None
    assert names(web, "?place=skip") == ["Bar do Navi"]


def test_renewing_it_this_once_asks_again_next_month(web, twins, prices, purse) -> None:
    navi, _link = twins
    answer = web.post(f"/renewals/{navi.id}/guard", htmx=True, month="2025-07", version=navi.version, answer="once")
    assert "Bar do Navi: Renovar." in answer.text
    assert stored(navi) is Decision.RENEW
    pay(purse.renew_month(TODAY), TODAY)
    assert chosen(web.get("/renewals?month=2025-08").text, navi) is Decision.SKIP


def test_usa_os_dois_is_stored_and_stops_the_question(web, twins, prices, purse) -> None:
    navi, _link = twins
    fields = {"month": "2025-07", "version": navi.version, "answer": "both"}
    answer = web.post(f"/renewals/{navi.id}/guard", htmx=True, **fields)
    [event] = events("use_both")
    assert f"Gravado às 12:00, protocolo {event.id}." in answer.text
    assert (
        f"Já estava feito: gravado às 12:00, protocolo {event.id}."
        in web.post(f"/renewals/{navi.id}/guard", htmx=True, **fields).text
    )
    assert total(web) == "Uma fatura agora: 1 cliente, R$ 49,90"
    pay(purse.renew_month(TODAY), TODAY)
    assert chosen(web.get("/renewals?month=2025-08").text, navi) is Decision.RENEW


def test_usa_os_dois_can_be_taken_back(web, twins, prices) -> None:
    navi, _link = twins
    web.post(f"/renewals/{navi.id}/guard", month="2025-07", version=navi.version, answer="both")
    asked = web.fragment(f"/renewals/{navi.id}/guard/new?month=2025-07").text
    assert "Não usa mais os dois" in asked
    db.session.refresh(navi)
    answer = web.post(f"/renewals/{navi.id}/guard/restoration", month="2025-07", version=navi.version)
    assert answer.location == "/renewals?month=2025-07"
    db.session.refresh(navi)
    assert navi.uses_both_at is None
    assert place_of(navi, TODAY) is Place.SKIP


def test_without_javascript_the_questions_come_one_after_another(web, due, twins, make, partner, prices) -> None:
    navi, _link = twins
    other = due(name="Mercado", product=navi.product)
    make.client(partner, document=other.document, due_on=date(2025, 8, 10))
    bar = due()
    wanted = {f"d{navi.id}": "renew", f"d{other.id}": "renew", f"d{bar.id}": "skip"}
    first = decide(web, htmx=False, **wanted).location
    assert stored(bar) is Decision.SKIP
    for client in (navi, other):
        page = web.get(first).text
        assert f"{client.name} já tem o Link." in page
        more = re.search(r'name="more" value="([^"]*)"', page)[1]
        answer = web.post(f"/renewals/{client.id}/guard", month="2025-07", version=1, answer="once", more=more)
        first = answer.location
    assert first == "/renewals?month=2025-07"
    assert (stored(navi), stored(other)) == (Decision.RENEW, Decision.RENEW)


def test_the_question_is_not_asked_about_anybody_else(web, web_of, stranger, due, twins, prices) -> None:
    navi, _link = twins
    bar = due()
    address = f"/renewals/{bar.id}/guard/new?month=2025-07"
    assert web.get(address).location == f"/renewals?month=2025-07#client-{bar.id}"
    assert web.fragment(address).text.startswith(f'<tbody id="client-{bar.id}"')
    assert stranger.get(f"/renewals/{navi.id}/guard/new?month=2025-07").status_code == 404
    assert stranger.post(f"/renewals/{navi.id}/guard", month="2025-07", version=1, answer="both").status_code == 404
    assert web_of(Role.SUPPORT).post(f"/renewals/{navi.id}/guard", month="2025-07", version=1).status_code == 403


def test_voltar_brings_the_row_back(web, twins, prices) -> None:
    navi, _link = twins
    asked = web.fragment(f"/renewals/{navi.id}/guard/new?month=2025-07").text
    assert f'hx-get="/renewals/{navi.id}/row?month=2025-07"' in asked
    back = web.fragment(f"/renewals/{navi.id}/row?month=2025-07").text
    assert back.count("<tr") == 1
    assert web.get(f"/renewals/{navi.id}/row?month=2025-07").location == f"/renewals?month=2025-07#client-{navi.id}"


def test_an_answer_about_a_client_that_changed_meanwhile_is_refused(web, twins, prices) -> None:
    navi, _link = twins
    navi.version = 2
    db.session.commit()
    answer = web.post(f"/renewals/{navi.id}/guard", htmx=True, month="2025-07", version=1, answer="both")
    assert answer.status_code == 409
    incomplete = web.post(f"/renewals/{navi.id}/guard", htmx=True, month="2025-07", answer="both")
    assert incomplete.status_code == 422
    assert stored(navi) is None


@pytest.mark.parametrize("answer", ["", "talvez"])
def test_an_answer_that_is_none_renews_this_once_at_most(web, twins, prices, answer) -> None:
    navi, _link = twins
    web.post(f"/renewals/{navi.id}/guard", month="2025-07", version=1, answer=answer)
    db.session.refresh(navi)
    assert navi.uses_both_at is None


# notices


def open_notices(client: Client) -> int:
    db.session.rollback()
    asked = Notice.client_id == client.id, ~Notice.is_settled
    return db.session.scalar(db.select(db.func.count()).select_from(Notice).where(*asked)) or 0


def test_what_is_not_renewed_is_told_of_no_more_until_that_is_taken_back(web, due, prices) -> None:
    client = due(due_on=TODAY)
    notifications.notify(clock.now())
    assert open_notices(client) == 1
    decide(web, **{f"d{client.id}": "skip"})
    assert open_notices(client) == 0
    decide(web, **{f"d{client.id}": "renew"})
    assert open_notices(client) == 1
    decide_all(web, "skip")
    assert open_notices(client) == 0
    [event] = events("renewals_decided")
    web.post(f"/renewals/batches/{event.id}/undoing?month=2025-07")
    assert open_notices(client) == 1
