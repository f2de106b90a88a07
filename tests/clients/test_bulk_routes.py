"""Many rows at once over HTTP: the list's ticks, the preview, carrying out, the result, taking back."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from threading import Event
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select, update
from werkzeug.datastructures import MultiDict

from jobs import works
from portal import clock
from portal.clients import bulk, bulk_execution, bulk_queries
from portal.domain.jobs import RunState
from portal.domain.roles import Role
from portal.domain.statuses import Status, derive_status
from portal.domain.works import WorkKind
from portal.errors import REASONS
from portal.extensions import db
from portal.models import AuditEvent, BulkOrder, Client, Work
from portal.works import waiting
from tests.clients.conftest import AtOnce
from tests.conftest import NOW
from tests.visitor import HTMX, Visitor


@pytest.fixture(autouse=True)
def runner(at_once: AtOnce) -> AtOnce:
    """Have a runner beside the server."""
    return at_once


@pytest.fixture(autouse=True)
def unlimited(app) -> None:
    """Keep the limit of orders per minute out of the way: every test has a session of its own, ids begin anew."""
    from portal.extensions import limiter

    limiter.reset()


def select_rows(web: Visitor, action: str, ids: list[int], *, htmx: bool = False, **fields: str):
    """Send the list's form as a browser does: one field for each ticked row."""
    data = MultiDict([("csrf_token", web.csrf_token()), ("action", action), *fields.items()])
    data.setlist("id", [str(client_id) for client_id in ids])
    return web.browser.post("/clients/selection", data=data, headers=HTMX if htmx else {})


def drawn_up(web: Visitor, action: str, *clients: Client) -> str:
    """Draw an order up and return its address."""
    answer = select_rows(web, action, [client.id for client in clients])
    assert answer.status_code == 303
    return str(answer.location)


def done(web: Visitor, action: str, *clients: Client, **fields: str) -> str:
    """Draw an order up, carry it out and return its address."""
    path = drawn_up(web, action, *clients)
    assert web.post(f"{path}/execution", **fields).status_code == 303
    return path


def status_of(client: Client) -> Status:
    db.session.refresh(client)
    return derive_status(client, NOW.date())


def events() -> int:
    return int(db.session.scalar(select(func.count()).select_from(AuditEvent)) or 0)


def orders() -> int:
    return int(db.session.scalar(select(func.count()).select_from(BulkOrder)) or 0)


def said(page: str) -> str:
    return page.split('role="status"')[1].split("</div>", maxsplit=1)[0]


# the list


def test_rows_can_be_ticked_by_a_form_that_stands_beside_the_list(web, client_in) -> None:
    client = client_in()
    page = web.get("/clients?status=active").text
    assert f'<label><input type="checkbox" name="id" value="{client.id}" form="bulk"> {client.id}</label>' in page
    assert '<form id="bulk"' in page
    assert 'name="criteria" value="?status=active" form="bulk"' in page
    assert "Todos os 1 deste filtro" in page
    for label in ("Suspender", "Cancelar suspensão", "Ocultar", "Reexibir"):
        assert re.search(rf'<button class="btn" name="action" value="\w+">{label}</button>', page)


def test_a_fragment_of_the_list_does_not_carry_the_form_again(web, client_in) -> None:
    client_in()
    fragment = web.fragment("/clients").text
    assert 'id="bulk"' not in fragment
    assert 'name="criteria" value="" form="bulk"' in fragment


def test_who_may_neither_change_clients_nor_pay_sees_nothing_to_tick(web_of, client_in) -> None:
    client_in()
    page = web_of(Role.READER).get("/clients").text
    assert 'form="bulk"' not in page
    assert 'id="bulk"' not in page
    assert "tick-page" not in page


# drawing up


@pytest.mark.parametrize("htmx", [False, True])
def test_a_selection_leads_to_its_preview_and_changes_nothing(web, client_in, htmx) -> None:
    active, expired = client_in(name="Bar do Zé"), client_in(Status.EXPIRED, name="Café")
    answer = select_rows(web, "suspend", [active.id, expired.id], htmx=htmx)
    path = answer.headers["HX-Redirect"] if htmx else answer.location
    page = web.get(path).text
    assert "Suspender: 2 clientes" in page
    assert "1 cliente será alterado." in page
    assert f'1 <b class="s expired">Expirado</b> {REASONS[Status.EXPIRED]}' in page
    assert "Bar do Zé" in page
    assert "Café" in page
    assert "Nada foi feito ainda." in page
    assert 'name="reason"' in page
    assert (status_of(active), events()) == (Status.ACTIVE, 0)


def test_only_a_suspension_asks_why(web, client_in) -> None:
    page = web.get(drawn_up(web, "hide", client_in(Status.INACTIVE))).text
    assert "Confirmar" in page
    assert 'name="reason"' not in page


def test_an_order_that_can_do_nothing_offers_no_confirmation(web, client_in) -> None:
    page = web.get(drawn_up(web, "resume", client_in())).text
    assert "Nenhum destes clientes pode ser alterado agora." in page
    assert "Confirmar" not in page
    assert "Voltar" in page


def test_all_of_the_filter_goes_beyond_the_page_and_beats_the_ticks(web, client_in) -> None:
    clients = [client_in(Status.EXPIRED) for _ in range(60)]
    client_in()
    answer = select_rows(web, "hide", [clients[0].id], all="1", criteria="?status=expired")
    page = web.get(answer.location).text
    assert "Ocultar: 60 clientes" in page
    assert "E mais 10." in page
    assert page.count('<ul class="codes">') == 1
    assert 'href="/clients?status=expired"' in page


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("fields", [{}, {"all": "1", "criteria": "?q=nobody"}])
def test_nobody_selected_is_said(web, client_in, htmx, fields) -> None:
    client_in()
    answer = select_rows(web, "suspend", [], htmx=htmx, **fields)
    assert answer.status_code == 422
    assert "Marque ao menos um cliente da lista e repita." in answer.text
    assert orders() == 0


def test_too_many_are_said_with_the_limit(web, client_in, monkeypatch) -> None:
    monkeypatch.setattr(bulk, "MOST_LINES", 1)
    answer = select_rows(web, "suspend", [client_in().id, client_in().id])
    assert answer.status_code == 422
    assert "o limite é 1" in answer.text
    assert orders() == 0


@pytest.mark.parametrize("action", ["", "edit", "renew", "evaluate", "\x00"])
def test_an_action_that_is_none_for_many_rows_makes_the_form_incomplete(web, client_in, action) -> None:
    answer = select_rows(web, action, [client_in().id])
    assert answer.status_code == 422
    assert "O formulário está incompleto." in answer.text


def test_ids_that_are_none_are_no_clients(web, client_in) -> None:
    client = client_in()
    data = MultiDict([("csrf_token", web.csrf_token()), ("action", "suspend")])
    data.setlist("id", ["", "abc", "0", "-1", "9" * 40, "\x00", str(client.id), str(client.id)])
    page = web.get(web.browser.post("/clients/selection", data=data).location).text
    assert "Suspender: 1 cliente" in page


# carrying out


@pytest.mark.parametrize(
    ("action", "status", "becomes"),
    [
        ("suspend", Status.ACTIVE, Status.SUSPENDED),
        ("resume", Status.SUSPENDED, Status.ACTIVE),
        ("hide", Status.INACTIVE, Status.HIDDEN),
        ("unhide", Status.HIDDEN, Status.INACTIVE),
    ],
)
def test_a_plain_form_is_led_to_a_result_for_each_row(web, client_in, action, status, becomes) -> None:
    client, other = client_in(status, name="Bar do Zé"), client_in(Status.PENDING)
    path = done(web, action, client, other, **({"reason": "Não pagou"} if action == "suspend" else {}))
    page = web.get(path).text
    protocol = db.session.scalar(select(AuditEvent.id))
    assert "concluído: 1 feito, 1 sem alteração." in said(page)
    assert f"<b>Feito</b> <small>protocolo {protocol}</small>" in page
    assert f"<b>Não permitido</b> <small>{REASONS[Status.PENDING]}</small>" in page
    assert ("Motivo: Não pagou." in page) == (action == "suspend")
    assert ("Desfazer" in page) == (action in {"suspend", "hide"})
    assert (status_of(client), status_of(other)) == (becomes, Status.PENDING)
    refused = web.get(f"{path}?result=refused").text
    assert "Bar do Zé" not in refused
    assert "Não permitido" in refused


def test_htmx_gets_the_order_as_it_is_then(web, client_in) -> None:
    client = client_in()
    path = drawn_up(web, "suspend", client)
    answer = web.post(f"{path}/execution", htmx=True, reason="")
    body, behind = answer.text.split("</section>")
    assert body.lstrip().startswith('<section id="bulk-order"')
    assert "Feito" in body
    assert "hx-swap-oob" not in body
    assert 'id="said" hx-swap-oob' in behind
    assert "concluído: 1 feito, 0 sem alteração." in behind
    assert status_of(client) is Status.SUSPENDED


@pytest.fixture
def away(app, runner: AtOnce, monkeypatch) -> None:
    """Have no runner in this process."""
    monkeypatch.setitem(app.extensions, "wake", None)


def two_lines(monkeypatch) -> None:
    """Have a runner carry out two lines of what waits, and be stopped."""
    monkeypatch.setattr(bulk_execution, "CHUNK", 2)
    stopping = Event()

    def step(work: Work, now: datetime) -> bool:
        stopping.set()
        return bulk_execution.step(work, now)

    db.session.rollback()
    works.carry_out_waiting({WorkKind.BULK: step}, stopping=stopping)
    db.session.rollback()


def test_what_takes_longer_shows_how_far_it_is_and_looks_again(web, client_in, away, monkeypatch) -> None:
    path = drawn_up(web, "suspend", *(client_in() for _ in range(5)))
    first = web.post(f"{path}/execution", htmx=True, reason="Não pagou").text
    assert "0 de 5 prontos." in first
    assert f'hx-get="{path}" hx-target="#bulk-order" hx-swap="outerMorph" hx-trigger="click, every 3s"' in first
    assert 'id="said"' not in first
    two_lines(monkeypatch)
    later = web.fragment(path).text
    assert "2 de 5 prontos." in later
    assert 'id="said"' not in later, "nothing is announced until there is something to say"
    works.carry_out_waiting()
    last = web.fragment(path).text
    assert "every" not in last
    assert "concluído: 5 feitos, 0 sem alteração." in last.split("</section>")[1]
    assert events() == 5


def test_without_javascript_a_link_looks_again(web, client_in, away) -> None:
    path = drawn_up(web, "suspend", *(client_in() for _ in range(3)))
    answer = web.post(f"{path}/execution", reason="")
    assert (answer.status_code, answer.location) == (303, path)
    page = web.get(path).text
    assert f'href="{path}"' in page.split("Atualizar</a>")[0].rpartition("<a")[2]
    assert "Continuar" not in page
    works.carry_out_waiting()
    assert "concluído:" not in said(web.get(path).text), "a page that is opened has nothing new to announce"
    assert "3</b>" in web.get(path).text


def test_a_small_order_is_waited_for_and_a_large_one_is_not(app, web, client_in, monkeypatch) -> None:
    waits: list[float] = []
    event = SimpleNamespace(wait=waits.append)
    monkeypatch.setattr(waiting, "_pausing", event)
    monkeypatch.setitem(app.extensions, "wake", Event())  # whose runner has other things to do
    path = drawn_up(web, "suspend", client_in(), client_in())
    assert "0 de 2 prontos." in web.post(f"{path}/execution", htmx=True, reason="").text
    assert sum(waits) == pytest.approx(1)
    assert app.extensions["wake"].is_set()
    waits.clear()
    monkeypatch.setattr(waiting, "MOST_TOTAL", 1)
    web.post(f"{path}/execution", htmx=True, reason="")
    assert waits == []


def test_an_order_that_stopped_says_so_once_and_goes_on_when_asked(web, client_in, runner, monkeypatch) -> None:
    path = drawn_up(web, "suspend", *(client_in() for _ in range(3)))
    with monkeypatch.context() as patch:
        patch.setattr(bulk_execution, "_note", lambda *_: 1 / 0)
        stopped = web.post(f"{path}/execution", htmx=True, reason="Um")
    assert re.search(r"Lote \d+ parado\.", stopped.text.split("</section>")[1])
    for text in (stopped.text, web.get(path).text):
        assert "O lote parou. Algo falhou aqui" in text
        assert "every" not in text
        assert "Continuar</button>" in text
    assert "concluído: 3 feitos" in web.post(f"{path}/execution", htmx=True).text
    assert events() == 3


def test_an_order_that_was_confirmed_before_there_were_works_goes_on_when_asked(web, client_in, away) -> None:
    path = drawn_up(web, "suspend", client_in())
    db.session.execute(update(BulkOrder).values(confirmed_at=NOW))
    db.session.commit()
    assert "Continuar</button>" in web.get(path).text
    assert "0 de 1 prontos." in web.post(f"{path}/execution", htmx=True).text
    works.carry_out_waiting()
    assert events() == 1


def test_a_work_that_nobody_takes_up_is_not_looked_at_for_ever(web, client_in, away) -> None:
    path = drawn_up(web, "suspend", client_in())
    assert "every 3s" in web.post(f"{path}/execution", htmx=True, reason="").text
    with clock.frozen(NOW + timedelta(minutes=5)):
        page = web.fragment(path).text
    assert "every" not in page
    assert "Continuar</button>" in page


def test_the_same_form_again_answers_what_was_done(web, client_in) -> None:
    path = done(web, "suspend", client_in(), client_in(), reason="Não pagou")
    again = web.post(f"{path}/execution", htmx=True, reason="Não pagou")
    assert "Já estava feito às 12:00" in again.text
    assert "2 feitos" in again.text
    assert events() == 2


def test_the_same_form_with_another_reason_is_refused(web, client_in) -> None:
    path = done(web, "suspend", client_in(), reason="Um")
    assert web.post(f"{path}/execution", reason="Outro").status_code == 409
    assert "Motivo: Um." in web.get(path).text


def test_a_reason_that_is_too_long_is_refused_before_anything_is_done(web, client_in) -> None:
    path = drawn_up(web, "suspend", client_in())
    answer = web.post(f"{path}/execution", reason="x" * 201)
    assert answer.status_code == 422
    assert "No máximo 200 caracteres." in answer.text
    assert events() == 0


def test_somebody_else_of_the_partner_sees_but_does_not_carry_out(web, web_of, client_in) -> None:
    path = drawn_up(web, "suspend", client_in(name="Bar do Zé"))
    colleague = web_of(Role.SUPPORT)
    page = colleague.get(path).text
    assert "Bar do Zé" in page
    assert "Só Ana Administradora, que preparou este lote, pode confirmar." in page
    assert "Confirmar</button>" not in page
    for htmx in (False, True):
        assert colleague.post(f"{path}/execution", htmx=htmx, reason="").status_code == 403
    assert events() == 0


def test_somebody_else_sees_how_far_it_is(web, web_of, client_in, away, monkeypatch) -> None:
    path = drawn_up(web, "suspend", *(client_in() for _ in range(3)))
    web.post(f"{path}/execution", reason="")
    two_lines(monkeypatch)
    colleague = web_of(Role.READER)
    page = colleague.get(path).text
    assert "2 de 3 prontos" in page
    assert "every 3s" in page
    with clock.frozen(NOW + timedelta(minutes=5)):
        page = colleague.get(path).text
    assert "pode continuar." in page
    assert "Continuar</button>" not in page


def test_results_come_page_by_page(web, client_in) -> None:
    clients = [client_in(name=f"Loja {number:02d}") for number in range(bulk_queries.SHOWN + 1)]
    path = done(web, "suspend", *clients, reason="")
    page = web.get(path).text
    assert "Loja 00" in page
    assert "Loja 50" not in page
    assert f'href="{path}?after={clients[-2].id}"' in page
    assert "Loja 50" in web.get(f"{path}?after={clients[-2].id}").text
    assert f"result=done&amp;after={clients[-2].id}" in web.get(f"{path}?result=done").text


def test_stale_lines_say_what_to_do(web, client_in) -> None:
    client = client_in()
    path = drawn_up(web, "suspend", client)
    web.post(f"/clients/{client.id}/suspension", version=1)
    web.post(f"{path}/execution", reason="")
    page = web.get(path).text
    assert "Alterado por outra pessoa" in page
    assert "confira e repita" in page


def test_text_of_users_is_inert_in_an_order(web, client_in) -> None:
    path = done(web, "suspend", client_in(name="<b>Zé</b>"), reason="<i>x</i>")
    page = web.get(path).text
    assert "<b>Zé</b>" not in page
    assert "<i>x</i>" not in page


# taking back


@pytest.mark.parametrize("htmx", [False, True])
def test_an_order_is_taken_back_by_an_order(web, client_in, htmx) -> None:
    clients = [client_in(), client_in()]
    path = done(web, "suspend", *clients, reason="")
    number = db.session.scalar(select(BulkOrder.id))
    answer = web.post(f"{path}/undoing", htmx=htmx)
    back = answer.headers["HX-Redirect"] if htmx else answer.location
    page = web.get(back).text
    assert f"Cancelar suspensão: desfazer o lote {number}" in page
    assert "2 clientes serão alterados." in page
    web.post(f"{back}/execution")
    assert "Desfazer" not in web.get(back).text
    assert [status_of(client) for client in clients] == [Status.ACTIVE, Status.ACTIVE]


def test_an_order_without_a_way_back_is_not_taken_back(web, client_in) -> None:
    path = done(web, "resume", client_in(Status.SUSPENDED))
    assert web.post(f"{path}/undoing").status_code == 422
    assert orders() == 1


# the list of orders


def test_the_orders_are_listed_with_what_became_of_them(web, web_of, client_in) -> None:
    client, pending = client_in(), client_in(Status.PENDING)
    path = done(web, "suspend", client, pending, reason="")
    drawn_up(web, "suspend", client)  # a draft is nobody's business yet
    back = web.post(f"{path}/undoing").location
    web.post(f"{back}/execution")
    page = web_of(Role.READER).get("/clients/orders").text
    rows = re.findall(r"<li><div><a href=.*?</li>", page, re.DOTALL)
    assert len(rows) == 2
    assert "Cancelar suspensão (desfaz o lote 1)" in rows[0]
    assert f'href="{path}">Lote 1: Suspender</a>' in rows[1]
    assert "10/07/2025 12:00 · Ana Administradora" in rows[1]
    assert '1 feito, 1 sem alteração <b class="s active">Concluído</b>' in rows[1]


def test_the_list_tells_what_is_under_way_from_what_stopped(web, client_in, away, monkeypatch) -> None:
    path = drawn_up(web, "suspend", *(client_in() for _ in range(3)))
    web.post(f"{path}/execution", reason="")
    two_lines(monkeypatch)
    assert '2 de 3 prontos <b class="s suspended">Em andamento</b>' in web.get("/clients/orders").text
    db.session.execute(update(Work).values(state=RunState.FAILED))
    db.session.commit()
    assert '<b class="s expired">Parado</b>' in web.get("/clients/orders").text


def test_the_orders_come_page_by_page(web, client_in, monkeypatch) -> None:
    monkeypatch.setattr(bulk_queries, "ORDERS_SHOWN", 2)
    client = client_in()
    for action in ("suspend", "resume", "suspend"):
        done(web, action, client)
    first = web.get("/clients/orders").text
    assert ("Lote 3:" in first, "Lote 2:" in first, "Lote 1:" in first) == (True, True, False)
    assert 'href="?before=2"' in first
    rest = web.get("/clients/orders?before=2").text
    assert ("Lote 2:" in rest, "Lote 1:" in rest, "before=" in rest) == (False, True, False)


@pytest.mark.parametrize("query", ["?before=x", "?before=0", "?before=99999999999999999999"])
def test_a_page_that_is_none_is_the_first(web, client_in, query) -> None:
    done(web, "suspend", client_in())
    assert "Lote 1" in web.get(f"/clients/orders{query}").text


def test_other_partners_orders_are_not_listed(web, stranger, client_in) -> None:
    done(web, "suspend", client_in())
    assert "Nenhum lote por aqui." in stranger.get("/clients/orders").text


def test_the_result_and_a_clients_history_lead_to_the_orders(web, client_in) -> None:
    client = client_in()
    for path in (done(web, "suspend", client), f"/clients/{client.id}"):
        assert 'href="/clients/orders">Lotes</a>' in web.get(path).text


# who may


POSTS = ("/clients/selection", "{order}/execution", "{order}/undoing")


@pytest.mark.parametrize("htmx", [False, True])
def test_another_partner_is_told_that_there_is_nothing(web, stranger, client_in, htmx) -> None:
    client = client_in(name="Cliente alheio")
    path = drawn_up(web, "suspend", client)
    answers = [
        select_rows(stranger, "suspend", [client.id], htmx=htmx),
        stranger.post(f"{path}/execution", htmx=htmx, reason=""),
        stranger.post(f"{path}/undoing", htmx=htmx),
        stranger.fragment(path) if htmx else stranger.get(path),
    ]
    for answer in answers:
        assert answer.status_code == 404
        assert "alheio" not in answer.text
    assert (orders(), events()) == (1, 0)


@pytest.mark.parametrize("post", POSTS)
def test_nobody_without_a_session(web, visitor, client_in, post) -> None:
    path = post.format(order=drawn_up(web, "suspend", client_in()))
    plain, fragment = visitor.post(path, action="suspend"), visitor.post(path, htmx=True, action="suspend")
    assert plain.status_code == 303
    assert plain.location.startswith("/login")
    assert fragment.status_code == 401
    assert (orders(), events()) == (1, 0)


@pytest.mark.parametrize("role", [Role.FINANCE, Role.READER])
@pytest.mark.parametrize("post", POSTS)
def test_roles_that_may_not_change_clients_are_refused(web, web_of, client_in, post, role) -> None:
    client = client_in()
    path = post.format(order=drawn_up(web, "suspend", client))
    assert web_of(role).post(path, action="suspend", id=client.id).status_code == 403
    assert (orders(), events()) == (1, 0)


@pytest.mark.parametrize("post", POSTS)
def test_a_form_without_its_token_is_refused(web, client_in, post) -> None:
    client = client_in()
    path = post.format(order=drawn_up(web, "suspend", client))
    answer = web.post(path, csrf_token="", action="suspend", id=client.id)
    assert answer.status_code in {303, 400}
    assert (orders(), events()) == (1, 0)


def test_users_of_a_suspended_partner_only_read(web, client_in, partner) -> None:
    path = drawn_up(web, "suspend", client_in())
    partner.suspended_at = NOW
    db.session.commit()
    assert web.post(f"{path}/execution", reason="").status_code == 403
    assert "Confirmar</button>" not in web.get(path).text
    assert events() == 0


@pytest.mark.parametrize("key", ["x", "%00", "a" * 300, "%C3%A3"])
def test_an_order_that_is_none_is_not_found(web, key) -> None:
    assert web.get(f"/clients/orders/{key}").status_code == 404


def test_looking_at_an_order_changes_nothing(web, client_in) -> None:
    path = drawn_up(web, "suspend", client_in())
    for _ in range(2):
        web.get(path)
        web.fragment(path)
    order = db.session.scalar(select(BulkOrder))
    assert (order.confirmed_at, events()) == (None, 0)
