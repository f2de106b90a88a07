"""Home over HTTP: who sees it, what it says, where its cards lead, what it costs."""

from __future__ import annotations

import gzip
import re
from datetime import date, timedelta
from html import unescape

import pytest
from sqlalchemy import event

from portal import clock
from portal.credit import service as credit
from portal.credit.service import Origin
from portal.domain.catalogue import Item
from portal.domain.invoices import CreditKind
from portal.domain.roles import Role
from portal.extensions import db
from portal.home.queries import Card, Month, Overview
from portal.home.rows import Bar
from portal.models import PendingChange
from tests.conftest import NOW
from tests.money import pay
from tests.test_budgets import counted

LIMIT = 8 * 1024
CHART_LIMIT = 1_536
QUERIES = 5
"""Who is asking, the tallies, what is owed, credit and invoices; what every page shows of its own (the banner)."""


QUERIES_OF_THE_FORECAST = 22
"""What the next invoice will be: prices, and for at most two months their sums and the clients to be worked out one by one."""


def card(text: str, label: str) -> str:
    """Return a card of the page as it is read."""
    cards = (
        re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", part)) for part in re.findall(r"<li[ >].*?</li>", text, re.DOTALL)
    )
    [found] = [unescape(words) for words in cards if words.startswith(label)]
    return found.removeprefix(label).replace("\xa0", " ").strip()


def figure(text: str) -> str:
    """Return the chart."""
    [found] = re.findall(r"<figure.*?</figure>", text, re.DOTALL)
    return str(found)


@pytest.fixture
def mixed(make, partner) -> None:
    """Give the partner a client or two of every kind on 2025-07-10."""
    make.client(partner, due_on=date(2025, 8, 10))
    make.code(make.client(partner, due_on=date(2025, 7, 20)))
    make.client(partner, due_on=date(2025, 7, 9))
    make.client(partner, due_on=date(2025, 6, 10))
    make.client(partner, due_on=None, pending_at=NOW)


# who sees it


@pytest.mark.parametrize("role", [Role.ADMIN, Role.FINANCE, Role.SUPPORT, Role.READER])
def test_every_role_of_a_partner_sees_home(mixed, web_of, role) -> None:
    answer = web_of(role).get("/")
    assert answer.status_code == 200
    assert "<h1>Início</h1>" in answer.text
    assert ("Códigos não utilizados" in answer.text) == (role is not Role.READER)


def test_vendor_staff_are_led_to_theirs(web_of) -> None:
    answer = web_of(Role.OPERATOR, at=None).get("/")
    assert (answer.status_code, answer.location) == (303, "/backoffice")


def test_a_visitor_is_led_to_the_login_and_from_there_to_home(visitor, make, partner) -> None:
    user = make.user(partner)
    assert visitor.get("/").location == "/login"
    answer = visitor.post("/login", email=user.email, password="portal-demo-2026")
    assert answer.location == "/"
    assert "<h1>Início</h1>" in visitor.get("/").text


def test_users_of_a_suspended_partner_read_it(make, web_of) -> None:
    partner = make.partner(suspended_at=NOW)
    make.client(partner)
    answer = web_of(at=partner).get("/")
    assert answer.status_code == 200
    assert "Sua revenda está suspensa" in answer.text
    assert card(answer.text, "Ativos").startswith("1 ")


def test_another_partners_clients_are_in_no_number(mixed, make, web_of) -> None:
    answer = web_of(at=make.partner(name="Revenda Beta")).get("/")
    assert "Nenhum cliente cadastrado ainda" in answer.text
    assert "<svg" not in answer.text
    assert "Alfa" not in answer.text


# what it says


def test_the_cards_count_in_words(mixed, web) -> None:
    text = web.get("/").text
    assert card(text, "Ativos") == "2 clientes em dia e com acesso"
    assert card(text, "A renovar") == "2 com vencimento de 01/07 a 20/07"
    assert card(text, "Expirados") == "1 sem renovação fica Inativo em 01/08"
    assert card(text, "Códigos não utilizados") == "1 cliente com código em aberto"


def test_what_is_owed_leads_into_the_ledger(mixed, make, partner, web) -> None:
    assert card(web.get("/").text, "Cobranças em aberto") == "R$ 0,00 Nenhuma cobrança em aberto"
    client = make.client(partner)
    make.charge(client, 123_450)
    make.charge(client, 99_999, paid_at=NOW)
    text = web.get("/").text
    assert card(text, "Cobranças em aberto") == "R$ 1.234,50 1 cobrança a pagar antes da renovação dos clientes"
    assert '<a class="card kpi" href="/charges?state=open">' in text
    make.charge(client, 50)
    assert "R$ 1.235,00 2 cobranças a pagar" in card(web.get("/").text, "Cobranças em aberto") + " "


@pytest.mark.parametrize(("role", "is_told"), [(Role.FINANCE, True), (Role.SUPPORT, False), (Role.READER, False)])
def test_what_is_owed_is_told_to_who_may_see_the_ledger(mixed, web_of, role, is_told) -> None:
    assert ("Cobranças em aberto" in web_of(role).get("/").text) is is_told


def test_credit_and_open_invoices_lead_to_their_pages(mixed, make, partner, web, purse) -> None:
    text = web.get("/").text
    assert card(text, "Crédito atual") == "R$ 0,00 Ver detalhes"
    assert card(text, "Faturas em aberto") == "R$ 0,00 Nenhuma fatura em aberto"
    credit.move(partner.id, CreditKind.EXCESS, 6_000, now=NOW, origin=Origin())
    clients = [make.client(partner, due_on=date(2025, 7, 10)) for _ in range(2)]
    pay(purse.renew(clients[0], NOW.date(), credit=1_000), NOW.date(), cents=90)
    purse.renew(clients[1], NOW.date())
    text = web.get("/").text
    assert card(text, "Crédito atual") == "R$ 50,00 Ver detalhes"
    assert card(text, "Faturas em aberto") == "R$ 188,90 2 faturas a pagar"
    assert '<a class="card kpi" href="/credit">' in text
    assert '<a class="card kpi" href="/invoices?state=open">' in text


def test_the_next_invoice_is_told_before_it_is_made(make, partner, web, purse) -> None:
    clients = [make.client(partner, due_on=date(2025, 7, 20)) for _ in range(2)]
    make.client(partner, due_on=date(2025, 8, 20))
    assert card(web.get("/").text, "Próxima fatura prevista") == "R$ 199,80 2 renovações de julho de 2025"
    for client in clients:
        pay(purse.renew(client, NOW.date()), NOW.date())
    text = web.get("/").text
    assert card(text, "Próxima fatura prevista") == "R$ 299,70 3 renovações de agosto de 2025"
    assert '<a class="card kpi" href="/renewals">' in text


def test_no_renewal_to_come_is_said(make, partner, web) -> None:
    make.client(partner, due_on=date(2025, 6, 10))
    assert card(web.get("/").text, "Próxima fatura prevista") == "R$ 0,00 Nenhuma renovação prevista"


def test_the_forecast_costs_no_more_queries_for_more_clients(make, partner, web, purse) -> None:
    costs = []
    for _ in range(3):
        for month in (7, 8):
            client = make.client(partner, due_on=date(2025, month, 20))
            db.session.add(PendingChange(client_id=client.id, item=Item.CLOUD, effective_on=client.due_on, quantity=1))
        db.session.commit()
        with counted() as sent:
            web.get("/")
        costs.append(len(sent))
    assert len(set(costs)) == 1
    assert costs[0] <= QUERIES + QUERIES_OF_THE_FORECAST


@pytest.mark.parametrize(("role", "is_told"), [(Role.FINANCE, True), (Role.SUPPORT, False), (Role.READER, False)])
def test_credit_and_invoices_are_told_to_who_may_see_them(mixed, web_of, role, is_told) -> None:
    assert ("Crédito atual" in web_of(role).get("/").text) is is_told


def test_one_is_singular_and_two_are_plural(make, partner, web) -> None:
    make.client(partner)
    for _ in range(2):
        make.code(make.client(partner, due_on=date(2025, 7, 9)))
    text = web.get("/").text
    assert card(text, "Ativos") == "1 cliente em dia e com acesso"
    assert card(text, "Expirados") == "2 sem renovação ficam Inativos em 01/08"
    assert card(text, "Códigos não utilizados") == "2 clientes com código em aberto"


def test_nothing_is_said_calmly(make, partner, web) -> None:
    make.client(partner, due_on=date(2025, 6, 10))
    text = web.get("/").text
    assert card(text, "Ativos") == "0 Nenhum cliente ativo"
    assert card(text, "A renovar") == "0 Nada a renovar até 20/07"
    assert card(text, "Expirados") == "0 Nenhum cliente expirado"
    assert card(text, "Códigos não utilizados") == "0 Nenhum código em aberto"
    assert "Nenhum vencimento até dezembro de 2025." in figure(text)


def test_the_months_cross_the_year(make, partner, web_of) -> None:
    make.client(partner, due_on=date(2025, 12, 10))
    with clock.frozen(NOW.replace(month=12, day=31)):
        text = web_of().get("/").text
    assert card(text, "A renovar") == "1 com vencimento de 01/12 a 10/01"
    assert card(text, "Expirados") == "1 sem renovação fica Inativo em 01/01"
    assert re.findall(r"\w{3}/\d\d(?=</text>)", text) == ["dez/25", "jan/26"]
    assert "Ninguém vence de fev/26 a mai/26." in text


@pytest.mark.parametrize(("role", "is_told"), [(Role.ADMIN, True), (Role.READER, False)])
def test_an_empty_partner_is_told_what_to_do_by_what_it_may(web_of, role, is_told) -> None:
    text = web_of(role).get("/").text
    assert "Nenhum cliente cadastrado ainda" in text
    assert ('href="/users">cadastre os usuários' in text) == is_told


# the chart


def test_the_chart_says_its_numbers_to_screen_readers_too(mixed, web) -> None:
    chart = figure(web.get("/").text)
    assert chart.count("<svg") == chart.count('role="img"') == chart.count("<title>") == chart.count("<desc>") == 1
    rows = re.findall(r"<tr><th>([^<]+)</th><td>(\d+)</td></tr>", chart)
    assert rows == [("julho de 2025", "2"), ("agosto de 2025", "1")]
    assert "1 expirado</b>" in chart
    assert "1 a vencer</b>" in chart
    assert re.findall(r">(\d+)</text>", chart) == ["2", "1"]
    assert "Ninguém vence de set/25 a dez/25." in chart


@pytest.mark.parametrize(
    ("month", "drawn", "said"),
    [
        (7, 2, "Ninguém vence de set/25 a dez/25."),
        (9, 3, "Ninguém vence de out/25 a dez/25."),
        (11, 5, "Ninguém vence em dez/25."),
        (12, 6, "seguinte.</small>"),
    ],
)
def test_the_chart_ends_with_the_last_month_in_which_anybody_is_due(make, partner, web, month, drawn, said) -> None:
    make.client(partner, due_on=date(2025, month, 20))
    chart = figure(web.get("/").text)
    assert len(re.findall(r"\w{3}/\d\d</text>", chart)) == chart.count("<tr><th>") - 1 == drawn
    assert said in chart
    left = [float(x) for x in re.findall(r'<text x="([\d.]+)%" y="158"', chart)]
    assert left == sorted(left)
    assert 0 < left[0] < left[-1] < 100


def test_the_expired_part_leads_to_their_list_and_only_when_there_is_one(make, partner, web) -> None:
    make.client(partner)
    assert "<a" not in figure(web.get("/").text)
    make.client(partner, due_on=date(2025, 7, 9))
    assert '<a href="/clients?status=expired">' in figure(web.get("/").text)


def test_ids_are_unique_and_nothing_is_styled_or_scripted_inline(mixed, web) -> None:
    main = web.get("/").text.partition("<main")[2]
    ids = re.findall(r'\sid="([^"]+)"', main)
    assert len(ids) == len(set(ids))
    assert "style=" not in main
    assert "<script" not in main


# what it costs


def test_page_and_chart_keep_to_their_weight(mixed, web) -> None:
    text = web.get("/").text
    assert len(gzip.compress(text.encode())) < LIMIT
    assert len(figure(text).encode()) <= CHART_LIMIT


def test_the_chart_keeps_to_its_weight_for_two_hundred_thousand_clients(app) -> None:
    dues = [(45_678, 76_543), (0, 76_543), (0, 1_236), (0, 0), (0, 0), (0, 0)]
    months = [Month(date(2025, 7 + number, 1), *due) for number, due in enumerate(dues)]
    overview = Overview(7, 0, {"expired": Card(7, "?status=expired")}, months)
    with app.test_request_context():
        html = app.jinja_env.get_template("home/_dues.html").render(
            bars=Bar.build_all(overview.shown), overview=overview
        )
    assert len(figure(html).encode()) <= CHART_LIMIT


def test_home_asks_the_tallies_once_and_nothing_when_nothing_has_changed(mixed, web) -> None:
    web.get("/")
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", note := lambda *args: asked.append(args[2]))
    try:
        tag = web.get("/").headers["ETag"]
        first, asked[:] = selects(asked), []
        assert web.get("/", headers={"If-None-Match": tag}).status_code == 304
        second = selects(asked)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(first) <= QUERIES + QUERIES_OF_THE_FORECAST
    assert sum("FROM client_tallies" in statement for statement in first) == 1
    own = [statement for statement in first if "renewal_method" not in statement]
    assert not any("FROM clients" in statement for statement in own), "Home counts by the tallies"
    assert len(second) == 1, "who is asking, and nothing else"


def selects(statements: list[str]) -> list[str]:
    """Return the questions among the statements."""
    return [statement for statement in statements if statement.lstrip().startswith("SELECT")]


def test_home_is_answered_anew_when_a_client_a_code_the_day_or_the_user_changes(
    mixed, make, partner, web, web_of
) -> None:
    tag = web.get("/").headers["ETag"]

    def status(browser=web) -> int:
        return browser.get("/", headers={"If-None-Match": tag}).status_code

    assert status() == 304
    assert status(web_of()) == 200
    with clock.frozen(NOW.replace(hour=23)):
        assert status() == 304
    with clock.frozen(NOW.replace(hour=23) + timedelta(hours=1)):
        assert status() == 200
    make.client(make.partner())
    assert status() == 304
    client = make.client(partner)
    assert status() == 200
    tag = web.get("/").headers["ETag"]
    make.code(client)
    assert status() == 200


def test_a_message_is_shown_once_and_not_kept(mixed, web) -> None:
    tag = web.get("/").headers["ETag"]
    with web.browser.session_transaction() as cookie:
        cookie["_flashes"] = [("message", "Pronto.")]
    answer = web.get("/", headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert "Pronto." in answer.text
    assert "ETag" not in answer.headers
    assert web.get("/", headers={"If-None-Match": tag}).status_code == 304


def test_the_menu_marks_home(mixed, web) -> None:
    text = web.get("/").text
    assert re.findall(r'<a href="([^"]+)" aria-current="page"', text) == ["/"]
    assert '<a href="/">Início</a>' in web.get("/clients").text
