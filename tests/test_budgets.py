"""Bytes and queries: what travels to a partner on a thin line, and what an answer costs the database."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import brotli
import pytest
from flask import Flask
from sqlalchemy import event, insert, select, update
from stdnum.br import cnpj
from werkzeug.test import TestResponse

from portal.access import Viewer
from portal.billing import issuing
from portal.clients.filters import Sort
from portal.config import Pix
from portal.domain import codes
from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.domain.charges import ChargeKind, OrderKind
from portal.domain.cloud import Health
from portal.domain.codes import SendingWay
from portal.domain.invoices import CreditKind
from portal.domain.pix import Receiver
from portal.domain.roles import Role
from portal.domain.search import search_key
from portal.extensions import db
from portal.models import (
    AuditEvent,
    Charge,
    Client,
    CloudBackup,
    CodeSending,
    Contact,
    CreditAccount,
    CreditEntry,
    Invoice,
    LicenseItem,
    LicenseOrder,
    Partner,
    PendingChange,
    PriceVersion,
    RegistrationCode,
    RetailCharge,
    RetailPrice,
    User,
)
from portal.notifications import service as notifications
from tests.conftest import NOW
from tests.factories import Factory
from tests.kept import made_once
from tests.money import Purse
from tests.revision import form_of
from tests.visitor import HTMX, Visitor

FIRST_VISIT, FIRST_REQUESTS = 24 * 1024, 4
FRAGMENT = {25: 3_584, 50: 6_656}
SMALL = 1_228
RUNNING_TOTAL = 2_048
INVOICE_PAGE, INVOICE_PAPER = 10 * 1024, 18 * 1024
NOT_MODIFIED = 300
QUERIES = 6
QUERIES_304 = 2
CLIENTS_PAGE = "/clients/18007"
QUERIES_OF_A_CLIENT = 16
"""A client's page tells the most: data, holding, code, key and mutes, what is in use, programs and seats, codes with their
sendings, charges, open invoices, history, Cloud, whom it follows; and, for "Estornar pedido" and "Desfazer", what is billed ahead."""
QUERIES_OF_A_PROFILE = 7
"""A profile tells of the user, the second step, the sessions, the company, and the vendor's visits."""
QUERIES_OF_A_RENEWAL = 14
"""The values of one client's renewal: every fact that could stand in its way."""

QUERIES_OF_HOME = 27
"""Home tells of the next invoice, too: what it costs is asked for two months at most, however many clients they hold."""

QUERIES_OF_A_MONTH = 11
"""A closed month reads each ledger: invoices, lines, charges, retail charges, credit twice, payments twice, whose they are."""

KINDS = ["Padaria e Confeitaria", "Supermercado", "Restaurante e Pizzaria", "Comércio de Alimentos", "Mercearia",
         "Açougue e Casa de Carnes", "Lanchonete", "Distribuidora de Bebidas", "Farmácia", "Materiais de Construção"]  # fmt: skip
OWNERS = ["Nossa Senhora Aparecida", "São José do Ribeirão", "Irmãos Gonçalves", "Família Guimarães", "Bom Jesus",
          "Três Corações", "Santo Antônio de Pádua", "Estrela do Sertão", "Conceição & Filhos", "Araújo Magalhães"]  # fmt: skip
ADMIN = "Conceição Aparecida Guimarães"
FORMS = ["Ltda", "Ltda ME", "EIRELI", "EPP"]


@pytest.fixture
def crowd(app: Flask) -> Partner:
    """Return a partner with 100 clients; one of them has everything: 18007."""
    made_once(__name__, _make_crowd)
    return db.session.scalars(select(Partner)).one()


def _make_crowd() -> None:
    make = Factory(10_000)  # numbers that no test comes to
    partner = _partner(make)
    _fit_out(db.session.get_one(Client, 18_007), make)
    _charge_all(partner, make)
    make.user(partner, name=ADMIN)


def _partner(make: Factory) -> Partner:
    """Make clients with long names, numbers that do not repeat, and every status."""
    partner, chance = make.partner(name="Revenda Araújo & Guimarães Automação"), random.Random(3)
    rows = [_facts(partner.id, number, names, chance) for number, names in enumerate(product(KINDS, OWNERS))]
    db.session.execute(insert(Client), rows)
    db.session.commit()
    return partner


def _facts(partner_id: int, number: int, names: tuple[str, str], chance: random.Random) -> dict[str, Any]:
    name = f"{names[0]} {names[1]} {chance.choice(FORMS)}"
    body = f"{chance.randrange(10**8):08d}{chance.randrange(1, 4):04d}"
    document = body + cnpj.calc_check_digits(body)
    is_pending = number % 25 == 0
    return {
        "id": 18_000 + number * 7,
        "partner_id": partner_id,
        "name": name,
        "document": document,
        "search_key": search_key(name, document),
        "product": Product.NAVI if number % 4 == 0 else Product.LINK,
        "registered_on": NOW.date() - timedelta(days=chance.randrange(2_000)),
        "due_on": None if is_pending else NOW.date() + timedelta(days=chance.randrange(-50, 35)),
        "pending_at": NOW if is_pending else None,
        "suspended_at": NOW if number % 9 == 0 else None,
        "uf": "SP",
        "city": "São José dos Campos",
        "city_code": "3549904",
    }


@pytest.fixture
def web(app: Flask, crowd: Partner) -> Visitor:
    """Return the browser of an Administrador."""
    return Visitor(app).sign_in(db.session.scalars(select(User).where(User.name == ADMIN)).one())


def _fit_out(client: Client, make: Factory) -> None:
    client.due_on, client.suspended_at = NOW.date() + timedelta(days=20), None
    for item in (Item.CLOUD, Item.WAITER, Item.MOBILE, Item.INTEGRATED_PAYMENT):
        make.item(client, item, 3)
    make.item(client, Item.BASE)
    make.code(client)
    make.installation(client)


def _charge_all(crowd: Partner, make: Factory) -> None:
    """Charge every client of the partner, with amounts that do not repeat, in every state and over some months."""
    first, chance = make.charge(db.session.get(Client, 18_007)), random.Random(4)
    facts = {"partner_id": crowd.id, "kind": ChargeKind.ADDITION, "charged_at": NOW, "through_on": NOW.date(),
             "price_version_id": first.price_version_id}  # fmt: skip
    events = [{"partner_id": crowd.id, "client_id": 18_000 + number * 7, "actor_name": "Ana", "action": "edit", "at": NOW}
              for number in range(100)]  # fmt: skip
    event_ids = list(db.session.scalars(insert(AuditEvent).returning(AuditEvent.id), events))
    orders = [{"partner_id": crowd.id, "client_id": event["client_id"], "kind": OrderKind.CHANGE, "event_id": event_id,
               "ordered_on": NOW.date(), "before": {}, "after": {}}
              for event, event_id in zip(events, event_ids, strict=True)]  # fmt: skip
    order_ids = db.session.scalars(insert(LicenseOrder).returning(LicenseOrder.id), orders)
    charges = [facts | {"client_id": order["client_id"], "order_id": order_id,
                        "amount_cents": chance.randrange(100, 200_000),
                        "charged_on": NOW.date() - timedelta(days=100 - number),
                        "paid_at": NOW if number % 3 else None, "reversed_at": NOW if number % 10 == 0 else None}
               for number, (order, order_id) in enumerate(zip(orders, order_ids, strict=True))]  # fmt: skip
    db.session.execute(insert(Charge), charges)
    db.session.commit()


def weight(answer: TestResponse) -> int:
    """Return the bytes on the wire: status line, headers as the server sends them, body."""
    head = f"HTTP/1.1 {answer.status}\r\nDate: Thu, 10 Jul 2025 15:00:00 GMT\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in answer.headers) + "\r\n"
    return len(head.encode()) + len(answer.get_data())


def fetch(web: Visitor, path: str, **headers: str) -> TestResponse:
    return web.browser.get(path, headers={"Accept-Encoding": "gzip, deflate, br, zstd"} | headers)


def fragment(web: Visitor, path: str) -> TestResponse:
    return fetch(web, path, **HTMX)


def body(answer: TestResponse) -> int:
    """Return the size of a compressed body; plain ones would say nothing about the budget."""
    assert answer.status_code == 200
    assert answer.headers.get("Content-Encoding") == "br" or len(answer.get_data()) < 250
    return len(answer.get_data())


@contextmanager
def counted() -> Iterator[list[str]]:
    """Count the statements that are sent, but those that only begin and end transactions."""
    sent: list[str] = []

    def note(_connection, _cursor, statement, *_others) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SAVEPOINT")):
            sent.append(statement)

    db.session.rollback()
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_a_first_visit_with_everything_it_needs(web, record_property) -> None:
    page = fetch(web, "/clients")
    text = fetch(web, "/clients", **{"Accept-Encoding": "identity"}).text
    files = sorted(set(re.findall(r'(?:src|href)="(/static/[^"#]+)', text)))
    total = weight(page)
    for path in files:
        answer = fetch(web, path)
        assert answer.headers["Content-Encoding"] == "br", path
        total += weight(answer)
        answer.close()
    record_property("first visit", total)
    assert text.count("<tbody id=") == 25
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text), "no other host"
    assert 1 + len(files) <= FIRST_REQUESTS
    assert total <= FIRST_VISIT, f"{total} bytes: page {weight(page)}, {files}"


@pytest.mark.parametrize("size", [25, 50])
@pytest.mark.parametrize("query", ["", "&sort=-due", "&status=active&status=suspended", "&q=comercio"])
def test_a_fragment_of_the_list(web, record_property, size, query) -> None:
    answer = fragment(web, f"/clients?size={size}{query}")
    record_property("bytes", body(answer))
    assert body(answer) <= FRAGMENT[size]


def test_the_next_page_too(web) -> None:
    first = fetch(web, "/clients?size=50", **HTMX, **{"Accept-Encoding": "identity"}).text
    answer = fragment(web, re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&"))
    assert body(answer) <= FRAGMENT[50]


@pytest.mark.parametrize("query", ["", "?state=open", "?month=2025-06", "?q=comercio"])
def test_a_fragment_of_the_ledger(web, record_property, query) -> None:
    answer = fragment(web, f"/charges{query}")
    record_property("bytes", body(answer))
    assert body(answer) <= FRAGMENT[25]


def test_the_next_page_of_the_ledger_and_a_charge(web) -> None:
    first = fetch(web, "/charges", **HTMX, **{"Accept-Encoding": "identity"}).text
    assert first.count("<tbody id=") == 25
    assert body(fragment(web, re.search(r'rel="next" href="([^"]+)"', first)[1])) <= FRAGMENT[25]
    charge_id = re.search(r'<tbody id="charge-(\d+)"', first)[1]
    assert body(fragment(web, f"/charges/{charge_id}")) <= SMALL


@pytest.fixture
def billed(app: Flask, crowd: Partner, make: Factory, monkeypatch) -> Invoice:
    """Have 300 clients with everything renewed by one invoice, which Pix pays."""
    chance, version = random.Random(6), make.price_version()
    rows = [_facts(crowd.id, 200 + number, (f"{chance.choice(KINDS)} {number}", chance.choice(OWNERS)), chance)
            | {"due_on": NOW.date(), "pending_at": None, "suspended_at": None, "product": Product.LINK}
            for number in range(300)]  # fmt: skip
    db.session.execute(insert(Client), rows)
    held = [{"client_id": row["id"], "item": item, "quantity": chance.randrange(1, 9), "since_on": NOW.date()}
            for row in rows for item in (Item.BASE, Item.CLOUD, Item.WAITER, Item.MOBILE)]  # fmt: skip
    db.session.execute(insert(LicenseItem), held)
    db.session.commit()
    assert version.id
    user = make.user(crowd)
    purse = Purse(
        Viewer("t", 1, user.id, user.name, user.email, user.role, crowd.id, "", 0, is_partner_suspended=False)
    )
    receiver = Pix(Receiver("pix@portal.test", "FORNECEDOR DE PROGRAMAS", "SAO PAULO"), "s" * 32)
    monkeypatch.setitem(app.extensions, "portal_config", replace(app.extensions["portal_config"], pix=receiver))
    ids = {row["id"] for row in rows}
    offers = [offer for offer in purse.chosen(NOW.date(), NOW.date().replace(day=1)) if offer.client.id in ids]
    assert len(offers) == len(rows)
    return purse.renew_month(NOW.date())


def test_an_invoice_of_300_clients(web, billed, record_property) -> None:
    """Its page holds code, picture and 50 lines with their arithmetic; the paper holds everything."""
    page, paper = fetch(web, f"/invoices/{billed.id}"), fetch(web, f"/invoices/{billed.id}/paper")
    record_property("page", weight(page))
    record_property("paper", weight(paper))
    assert weight(page) <= INVOICE_PAGE
    assert weight(paper) <= INVOICE_PAPER
    again = fetch(web, f"/invoices/{billed.id}", **{"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, weight(again) <= NOT_MODIFIED) == (304, True)


@pytest.mark.parametrize("path", ["", "?after=60", "/paper", "/cancellation/new"])
def test_an_invoice_costs_few_queries_however_many_clients_it_has(web, billed, path) -> None:
    address = f"/invoices/{billed.id}{path}"
    with counted() as sent:
        assert fetch(web, address).status_code == 200
    assert len(sent) <= QUERIES + 1, "\n".join(sent)


def test_a_fragment_of_the_list_of_invoices(web, billed, make, crowd, record_property) -> None:
    answer = fragment(web, "/invoices")
    record_property("bytes", body(answer))
    assert body(answer) <= FRAGMENT[25]


@pytest.fixture
def credited(crowd: Partner) -> None:
    """Give the partner credit, a margin of each of its clients, many times over; amounts do not repeat."""
    chance, balance, rows = random.Random(6), 0, []
    for number in range(120):
        cents = chance.randrange(100, 20_000)
        balance += cents
        rows.append({"partner_id": crowd.id, "kind": CreditKind.MARGIN, "amount_cents": cents, "balance_cents": balance,
                     "at": NOW, "booked_on": NOW.date(), "client_id": 18_000 + number % 100 * 7})  # fmt: skip
    db.session.execute(insert(CreditEntry), rows)
    db.session.add(CreditAccount(partner_id=crowd.id, balance_cents=balance))
    db.session.commit()


@pytest.mark.parametrize("query", ["", "?way=in", "?month=2025-07"])
def test_a_fragment_of_the_credit_ledger(web, credited, record_property, query) -> None:
    answer = fragment(web, f"/credit{query}")
    record_property("bytes", body(answer))
    assert body(answer) <= FRAGMENT[25]


@pytest.mark.parametrize(
    ("path", "most"),
    [("/credit", QUERIES), ("/credit?after=60", QUERIES), ("/credit/export", QUERIES), ("/profile", QUERIES_OF_A_PROFILE),
     ("/users", QUERIES), ("/profile/authenticator/new", QUERIES),
     ("/closing", QUERIES_OF_A_MONTH), ("/closing/statement", QUERIES_OF_A_MONTH), ("/closing/export", QUERIES_OF_A_MONTH)],
)  # fmt: skip
def test_credit_and_a_closed_month_cost_few_queries(web, credited, path, most) -> None:
    for headers in ({}, HTMX):
        with counted() as sent:
            assert fetch(web, path, **headers).status_code == 200
        assert 1 <= len(sent) <= most, "\n".join(sent)


@pytest.fixture
def end_clients(web: Visitor, crowd: Partner, make: Factory) -> list[int]:
    """Have every client billed, some by prices that do not repeat, the charges of those in their window issued."""
    version, chance = db.session.scalar(select(PriceVersion)) or make.price_version(), random.Random(6)
    mine = db.session.scalars(select(Client).where(Client.partner_id == crowd.id)).all()
    for client in mine:
        client.renewal_method = RenewalMethod.BILLING
        if client.id != 18_007:
            db.session.add(LicenseItem(client_id=client.id, item=Item.BASE, quantity=1, since_on=NOW.date()))
        db.session.add(RetailPrice(client_id=client.id, item=Item.BASE, cents=9_990 + chance.randrange(30_000)))
    db.session.execute(update(Charge).values(paid_at=NOW))
    db.session.commit()
    assert version
    assert issuing.issue_due(NOW)["issued"] > 10
    return list(db.session.scalars(select(RetailCharge.id)))


@pytest.mark.parametrize("query", ["", "?state=open", "?month=2025-07", "?q=comercio"])
def test_a_fragment_of_billing(web, end_clients, record_property, query) -> None:
    answer = fragment(web, f"/billing{query}")
    record_property("bytes", body(answer))
    assert body(answer) <= FRAGMENT[25]


def test_what_is_asked_about_a_billed_client(web, end_clients) -> None:
    assert body(fragment(web, "/billing/clients/18007/menu")) <= SMALL
    assert body(fragment(web, "/billing/clients/18007/prices/new")) <= RUNNING_TOTAL
    assert body(fragment(web, "/billing/reminders")) <= 2 * FRAGMENT[25], "25 texts, each with a link of its own"


@pytest.mark.parametrize("noun", ["detail", "menu", "row", "suspension/new"])
def test_what_is_asked_about_a_row(web, noun) -> None:
    assert body(fragment(web, f"/clients/18007/{noun}")) <= SMALL


@pytest.fixture
def waiting(web: Visitor, crowd: Partner) -> list[int]:
    """Have 30 codes wait, as random as real ones, most of them handed on; return their ids."""
    owners = db.session.scalars(select(Client.id).where(Client.due_on >= NOW.date(), Client.pending_at.is_(None)))
    chance, rows = random.Random(5), []
    for number, client_id in enumerate(owners.all()[:30]):
        rows.append({"id": 40_000 + number * 3, "partner_id": crowd.id, "client_id": client_id, "item": Item.BASE,
                     "code": codes.generate(chance.randrange), "issued_at": NOW - timedelta(days=90 - number)})  # fmt: skip
    db.session.execute(insert(RegistrationCode), rows)
    [user_id] = db.session.scalars(select(User.id)).all()
    sent = [{"code_id": row["id"], "way": chance.choice(list(SendingWay)), "user_id": user_id,
             "sent_at": NOW - timedelta(days=chance.randrange(90))} for row in rows[5:]]  # fmt: skip
    db.session.execute(insert(CodeSending), sent)
    db.session.commit()
    return [row["id"] for row in rows]


@pytest.mark.parametrize("query", ["", "?age=older", "?sent=yes"])
def test_a_fragment_of_the_funnel(web, waiting, record_property, query) -> None:
    answer = fragment(web, f"/codes{query}")
    record_property("bytes", body(answer))
    assert body(answer) <= FRAGMENT[25]


def test_a_sending_from_the_funnel(web, waiting) -> None:
    fields = {"csrf_token": web.csrf_token(), "way": "whatsapp", "seen": "0"}
    headers = {"Accept-Encoding": "br"} | HTMX
    assert body(web.browser.post(f"/codes/{waiting[0]}/sendings", data=fields, headers=headers)) <= SMALL


@pytest.fixture
def clouds(web: Visitor, crowd: Partner) -> None:
    """Have every client that lives hold Cloud, in every state, some with a backup asked for or made."""
    chance, [user_id] = random.Random(7), db.session.scalars(select(User.id)).all()
    due_on = NOW.date() + timedelta(days=20)
    db.session.execute(update(Client).values(due_on=due_on, pending_at=None))
    items = [{"client_id": 18_000 + number * 7, "item": Item.CLOUD, "quantity": 1, "since_on": NOW.date()}
             for number in range(100) if number != 1]  # fmt: skip
    told, asked = [], []
    for one in [18_007, *(item["client_id"] for item in items)]:
        seen = NOW - timedelta(minutes=chance.randrange(3_000))
        health = chance.choice((Health.OK, Health.OK, Health.OK, Health.ERROR))
        told.append({"client_id": one, "partner_id": crowd.id, "last_seen_at": seen, "cloud_reported_at": seen,
                     "cloud_synced_at": seen - timedelta(minutes=chance.randrange(90)), "cloud_health": health,
                     "cloud_detail": "Espaço em disco insuficiente" if health is Health.ERROR else ""})  # fmt: skip
        if one % 3 == 0:
            done = {"handed_out_at": seen, "done_at": seen, "size_bytes": chance.randrange(10**9)} if one % 2 else {}
            asked.append(dict.fromkeys(("handed_out_at", "done_at", "size_bytes")) | done
                         | {"client_id": one, "partner_id": crowd.id, "requested_at": seen, "requested_by_id": user_id})  # fmt: skip
    for model, rows in ((LicenseItem, items), (Contact, told), (CloudBackup, asked)):
        db.session.execute(insert(model), rows)
    db.session.commit()


@pytest.mark.parametrize("query", ["", "?state=error", "?q=comercio&product=link", "?after=18350"])
def test_status_cloud(web, clouds, record_property, query) -> None:
    with counted() as sent:
        answer = fragment(web, f"/cloud{query}")
    record_property("bytes", body(answer))
    assert body(answer) <= FRAGMENT[50]
    assert 1 <= len(sent) <= QUERIES, "\n".join(sent)


def test_a_backup_asked_for_on_a_row(web, clouds) -> None:
    fields = {"csrf_token": web.csrf_token(), "seen": "0"}
    headers = {"Accept-Encoding": "br"} | HTMX
    assert body(web.browser.post("/clients/18007/backups", data=fields, headers=headers)) <= SMALL


@pytest.mark.parametrize("noun", ["reissue/new", "document/new"])
def test_what_is_asked_about_a_client_s_codes(web, noun) -> None:
    assert body(fragment(web, f"/clients/18007/{noun}")) <= SMALL


@pytest.mark.parametrize(
    "path", ["/codes", "/codes?q=padaria&sent=no&age=older&after=40003", "/codes/40003", "/codes/40003/slip"]
)
def test_codes_cost_few_queries(web, waiting, path) -> None:
    for headers in ({}, HTMX):
        with counted() as sent:
            assert fetch(web, path, **headers).status_code == 200
        assert 1 <= len(sent) <= QUERIES, "\n".join(sent)


def test_an_action_on_a_row(web) -> None:
    for noun, version in (("suspension", 1), ("resumption", 2), ("resumption", 2)):
        fields = {"csrf_token": web.csrf_token(), "version": version}
        headers = {"Accept-Encoding": "br"} | HTMX
        answer = web.browser.post(f"/clients/18007/{noun}", data=fields, headers=headers)
        assert body(answer) <= SMALL


def test_an_action_that_closes_notices_brings_the_banner_along(web, crowd) -> None:
    hidden = [_inactive(number) for number in (18_014, 18_021)]
    notifications.notify(NOW)
    for client_id in hidden:
        fields = {"csrf_token": web.csrf_token(), "version": 1}
        with counted() as sent:
            answer = web.browser.post(
                f"/clients/{client_id}/hiding", data=fields, headers={"Accept-Encoding": "br"} | HTMX
            )
        assert body(answer) <= SMALL
        assert len(sent) <= QUERIES + 1, "\n".join(sent)


def _inactive(client_id: int) -> int:
    client = db.session.get_one(Client, client_id)
    client.due_on, client.suspended_at, client.pending_at = NOW.date() - timedelta(days=30), None, None
    db.session.commit()
    return client_id


def test_the_running_total_of_a_license_with_everything(web, make, record_property) -> None:
    make.price_version()
    counted_items = dict.fromkeys(("base", "waiter", "mobile", "self_service"), "123")
    fields = counted_items | {"cloud": "1", "payment_order": "1", "integrated_payment": "1", "product": "link"}
    fields |= {"csrf_token": web.csrf_token(), "document": "11.222.333/0001-81"}
    headers = {"Accept-Encoding": "br"} | HTMX
    answer = web.browser.post("/clients/quote", data=fields, headers=headers)
    record_property("running total", weight(answer))
    assert b"Total" in brotli.decompress(answer.get_data())
    assert weight(answer) <= RUNNING_TOTAL


@pytest.mark.parametrize("path", ["/clients/quote", "/clients/products", "/clients/document"])
def test_what_the_form_of_a_new_client_asks_costs_few_queries(web, make, path) -> None:
    make.price_version()
    with counted() as sent:
        fields = {"csrf_token": web.csrf_token(), "document": "11222333000181", "product": "link"}
        assert web.browser.post(path, data=fields, headers=HTMX).status_code == 200
    assert len(sent) <= QUERIES, sent


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_an_unchanged_list(web, record_property, headers) -> None:
    tag = fetch(web, "/clients", **headers).headers["ETag"]
    answer = fetch(web, "/clients", **headers, **{"If-None-Match": tag})
    assert answer.status_code == 304
    record_property("304", weight(answer))
    assert weight(answer) <= NOT_MODIFIED


def test_the_running_total_of_editar(web) -> None:
    client = db.session.get(Client, 18_007)
    switches = {"cloud": 1, "payment_order": 1, "integrated_payment": 1}
    fields = form_of(client, base=9, self_service=9, waiter=9, mobile=9, **switches) | {"csrf_token": web.csrf_token()}
    with counted() as sent:
        answer = web.browser.post("/clients/18007/revision/plan", data=fields, headers={"Accept-Encoding": "br"} | HTMX)
    assert body(answer) <= RUNNING_TOTAL
    assert "Entra agora" in brotli.decompress(answer.get_data()).decode()
    assert len(sent) <= QUERIES


LISTS = [
    *(f"/clients?size={size}&sort={sign}{sort.value}" for sort in Sort for sign in ("", "-") for size in (25, 50)),
    "/clients?q=padaria", "/clients?q=nada", "/clients?status=active&product=link&due=30&uf=SP&method=manual",
    "/clients?code=unused", "/clients?after=18350", "/clients?before=18350&sort=status", "/clients?open=18007",
    "/clients?q=padaria&after=18350&open=18007",
]  # fmt: skip
PAGES = [CLIENTS_PAGE, "/clients/18007/detail", "/clients/18007/menu", "/clients/18007/row", "/clients/codes",
         "/clients/18007/revision/new", "/clients/18007/suspension/new", "/", "/clients/new",
         "/charges", "/charges?state=open&open=1", "/charges?q=padaria&month=2025-06", "/charges?after=90", "/charges/1",
         "/charges/export", "/invoices", "/invoices?q=padaria&state=open&month=2025-07", "/invoices/export", "/invoices/1",
         "/invoices/1?after=30", "/invoices/1/paper", "/invoices/1/cancellation/new", "/invoices/new",
         "/invoices/new?kind=renewal&client=18007"]  # fmt: skip


@pytest.mark.parametrize("path", LISTS + PAGES)
def test_an_answer_costs_few_queries(web, path) -> None:
    for headers in ({}, HTMX):
        with counted() as sent:
            fetch(web, path, **headers)
        budget = QUERIES_OF_A_CLIENT if path == CLIENTS_PAGE else QUERIES + 3 if "open=" in path else QUERIES
        budget = QUERIES_OF_A_RENEWAL if "kind=renewal" in path else budget
        budget = QUERIES_OF_HOME if path == "/" else budget
        assert 1 <= len(sent) <= budget, "\n".join(sent)


def test_the_number_of_rows_does_not_matter(web) -> None:
    costs = set()
    for path in ("/clients?q=nada", "/clients?size=25", "/clients?size=50"):
        with counted() as sent:
            fetch(web, path)
        costs.add(len(sent))
    assert len(costs) == 1


def test_what_happened_to_a_client_costs_no_queries(web, make) -> None:
    costs = set()
    for days in range(1, 4):
        make.charge(db.session.get(Client, 18_007))
        db.session.add(PendingChange(client_id=18_007, item=Item.CLOUD, effective_on=NOW.date() + timedelta(days),
                                     quantity=0))  # fmt: skip
        db.session.commit()
        with counted() as sent:
            fetch(web, CLIENTS_PAGE)
        costs.add(len(sent))
    assert costs == {QUERIES_OF_A_CLIENT}


def test_an_action_costs_a_constant_number_of_queries(web) -> None:
    costs = []
    for noun, version in (("suspension", 1), ("resumption", 2), ("suspension", 3)):
        fields = {"csrf_token": web.csrf_token(), "version": version}
        with counted() as sent:
            assert web.browser.post(f"/clients/18007/{noun}", data=fields, headers=HTMX).status_code == 200
        costs.append(len(sent))
    assert max(costs) <= QUERIES, sent
    assert len(set(costs)) == 1


def test_an_unchanged_list_is_known_before_anything_is_read(web) -> None:
    for path in ("/clients", "/clients?q=padaria&sort=due"):
        tag = fetch(web, path).headers["ETag"]
        with counted() as sent:
            assert fetch(web, path, **{"If-None-Match": tag}).status_code == 304
        assert len(sent) <= QUERIES_304, sent


def test_the_export_costs_a_query_per_five_hundred_rows_not_per_row(web) -> None:
    with counted() as sent:
        assert fetch(web, "/clients/export", **{"Accept-Encoding": "identity"}).text.count("\r\n") > 80
    assert len(sent) <= QUERIES


DESK, DESK_ROWS = 20 * 1024, 300
DESK_PAGE = "/renewals?month=2025-07"
QUERIES_OF_THE_DESK = 16
"""What stands in the way of whom, and who decided what, lies in many tables; each is asked once, however many rows."""


@pytest.fixture
def desk(app: Flask, make: Factory) -> Visitor:
    """Return the browser of somebody whose desk has 300 rows, with names, licenses and due dates as they come."""
    partner, chance = make.partner(name="Revenda Araújo & Guimarães Automação"), random.Random(6)
    make.price_version()
    rows = [_due(partner.id, number, chance) for number in range(DESK_ROWS)]
    db.session.execute(insert(Client).returning(Client.id), rows)
    items = [{"client_id": row["id"], "item": Item.BASE, "quantity": 1, "since_on": NOW.date()} for row in rows]
    for row, item in product(rows, (Item.CLOUD, Item.WAITER, Item.MOBILE)):
        if row["product"] is Product.LINK and chance.random() < 0.5:
            units = 1 if item is Item.CLOUD else chance.randrange(1, 5)
            items.append({"client_id": row["id"], "item": item, "quantity": units, "since_on": NOW.date()})
    db.session.execute(insert(LicenseItem), items)
    db.session.commit()
    return Visitor(app).sign_in(make.user(partner, name="Conceição Aparecida Guimarães"))


def _due(partner_id: int, number: int, chance: random.Random) -> dict[str, Any]:
    names = KINDS[number % 10], f"{OWNERS[number // 10 % 10]} {number // 100 + 1}"
    due_on = NOW.date().replace(day=1 + chance.randrange(28))
    return _facts(partner_id, number, names, chance) | {"due_on": due_on, "pending_at": None}


def test_the_desk_with_three_hundred_rows(desk, record_property) -> None:
    text = fetch(desk, DESK_PAGE, **{"Accept-Encoding": "identity"}).text
    assert text.count("<tbody id=") == DESK_ROWS
    answer = fetch(desk, DESK_PAGE)
    record_property("desk", weight(answer))
    assert weight(answer) <= DESK
    with counted() as sent:
        fetch(desk, DESK_PAGE)
    assert len(sent) <= QUERIES_OF_THE_DESK, "\n".join(sent)


@pytest.mark.parametrize("decision", ["skip", "later"])
def test_a_decision_on_the_desk(desk, record_property, decision) -> None:
    fields = {"csrf_token": desk.csrf_token(), "month": "2025-07", "d18007": decision}
    page = {"HX-Current-URL": f"http://localhost{DESK_PAGE}"}
    answer = desk.browser.post("/renewals/decisions", data=fields, headers={"Accept-Encoding": "br"} | page | HTMX)
    record_property("decision", weight(answer))
    assert answer.status_code == 200
    assert weight(answer) <= SMALL


@pytest.fixture
def thousand(app: Flask, make: Factory) -> Visitor:
    """Return the browser of an Operador who looks after 1,000 partners; 60 registrations wait."""
    rows = [
        {"name": f"{OWNERS[n % 10]} {KINDS[n // 10 % 10]} {n}", "document": make.document(), "created_at": NOW,
         "due_day": n % 28 + 1, "suspended_at": NOW if n % 40 == 0 else None}
        for n in range(1_000)
    ]  # fmt: skip
    db.session.execute(insert(Partner), rows)
    db.session.commit()
    partner, chance = db.session.scalars(select(Partner).limit(1)).one(), random.Random(5)
    waiting = [
        _facts(partner.id, number * 25, (KINDS[number % 10], OWNERS[number // 10]), chance) for number in range(60)
    ]
    db.session.execute(insert(Client), waiting)
    db.session.commit()
    return Visitor(app).sign_in(make.user(None, Role.OPERATOR))


def test_the_vendors_lists_weigh_and_ask_no_more_than_the_clients(thousand, record_property) -> None:
    for path in (
        "/partners", "/partners?sort=-due_day", "/partners?q=goncalves", "/partners?state=suspended", "/evaluations",
        "/evaluations?q=comercio",
    ):  # fmt: skip
        answer = fragment(thousand, path)
        record_property(path, body(answer))
        assert body(answer) <= FRAGMENT[25], path
        with counted() as sent:
            thousand.fragment(path)
        assert len(sent) <= QUERIES, (path, sent)


def test_the_next_page_of_partners_too(thousand) -> None:
    first = fetch(thousand, "/partners", **HTMX, **{"Accept-Encoding": "identity"}).text
    path = re.search(r'id="next"[^>]*href="([^"]+)"', first)[1].replace("&amp;", "&")
    with counted() as sent:
        assert body(fragment(thousand, path)) <= FRAGMENT[25]
    assert len(sent) <= QUERIES + 1
