"""Ten thousand requests: the lists' answers are as small, as few in queries and as quick as those of the client list."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, select

from portal.domain.requests import RequestKind, RequestState, states_of
from portal.domain.roles import Role
from portal.domain.search import search_key
from portal.extensions import db
from portal.models import Client, Partner, ServiceRequest, User
from tests.conftest import NOW
from tests.factories import Factory
from tests.kept import made_once
from tests.test_budgets import FRAGMENT, KINDS, OWNERS, QUERIES, body, counted, fragment
from tests.visitor import Visitor

REQUESTS, CLIENTS = 10_000, 2_000
SLOW = 0.25
"""Seconds; an answer takes a fifth of it on an idle machine, and would take several with a query a row."""


def _make_crowd() -> None:
    make = Factory(50_000)
    partner = make.partner(name="Revenda Araújo & Guimarães Automação")
    for role in (Role.ADMIN, Role.OPERATOR):
        make.user(partner if role is Role.ADMIN else None, role)
    clients = [_client(partner.id, number) for number in range(CLIENTS)]
    db.session.execute(insert(Client), clients)
    db.session.execute(insert(ServiceRequest), [_request(partner.id, number) for number in range(REQUESTS)])
    db.session.commit()


def _client(partner_id: int, number: int) -> dict:
    name, document = f"{KINDS[number % 10]} {OWNERS[number // 10 % 10]} {number}", f"{number:014d}"
    return {"id": 30_000 + number * 7, "partner_id": partner_id, "name": name, "document": document, "uf": "SP",
            "search_key": search_key(name, document), "product": "link", "registered_on": NOW.date(),
            "due_on": NOW.date(), "city": "Santos", "city_code": "3548500"}  # fmt: skip


def _request(partner_id: int, number: int) -> dict:
    kind = list(RequestKind)[number % 2]
    states = states_of(kind)
    moment = NOW - timedelta(minutes=number * 37 % 99_991)
    return {"partner_id": partner_id, "client_id": 30_000 + number * 13 % CLIENTS * 7, "kind": kind, "terminals": number % 9,
            "state": states[number // 2 % len(states)], "key": f"of-a-crowd-{number:06d}", "acquirer": "Stone", "system": "Caixa",
            "sent_at": moment, "changed_at": moment}  # fmt: skip


@pytest.fixture
def crowd(app: Flask) -> Partner:
    made_once(__name__, _make_crowd)
    return db.session.scalars(select(Partner)).one()


def browser(app: Flask, role: Role) -> Visitor:
    return Visitor(app).sign_in(db.session.scalars(select(User).where(User.role == role)).one())


QUERIES_STRINGS = [
    "",
    "?sort=client",
    "?sort=-changed",
    "?sort=state",
    "?state=running&sort=-client",
    "?q=padaria",
    "?q=nada",
]
PATHS = [
    *((Role.ADMIN, path + query) for path in ("/tef", "/import-requests") for query in QUERIES_STRINGS),
    *((Role.OPERATOR, "/queue" + query) for query in [*QUERIES_STRINGS, "?kind=tef&waiting=start", "?waiting=answer"]),
]


def test_every_list_keeps_the_budgets_of_the_client_list(app, crowd, record_property) -> None:
    webs = {role: browser(app, role) for role in (Role.ADMIN, Role.OPERATOR)}
    found = {}
    for role, path in PATHS:
        fragment(webs[role], path)
        with counted() as sent:
            started = time.perf_counter()
            answer = fragment(webs[role], path)
            seconds = time.perf_counter() - started
        record_property(path, f"{body(answer)} bytes, {len(sent)} queries, {seconds * 1000:.0f} ms")
        found[path] = (body(answer) <= FRAGMENT[25], len(sent) <= QUERIES, seconds <= SLOW)
    assert {path: kept for path, kept in found.items() if not all(kept)} == {}


@pytest.mark.parametrize("sort", ["", "client", "-changed", "state"])
def test_pages_lead_through_all_of_a_list_and_back_with_nobody_lost_or_doubled(app, crowd, sort) -> None:
    web = browser(app, Role.ADMIN)
    path, seen = f"/tef?state={RequestState.REFUSED.value}&q=padaria&sort={sort}", []
    while path:
        text = web.fragment(path).text
        page = re.findall(r'href="/requests/(\d+)"', text)
        seen += page
        following = re.search(r'id="next"[^>]*href="([^"]+)"', text)
        path = following[1].replace("&amp;", "&") if following else ""
    wanted = select(ServiceRequest.id).join(Client, Client.id == ServiceRequest.client_id)
    refused = ServiceRequest.kind == RequestKind.TEF, ServiceRequest.state == RequestState.REFUSED
    every = db.session.scalars(wanted.where(*refused, Client.search_key.contains("padaria"))).all()
    assert len(seen) == len(set(seen)) == len(every) > 50
    before = re.search(r'id="prev"[^>]*href="([^"]+)"', text)[1].replace("&amp;", "&")
    back = re.findall(r'href="/requests/(\d+)"', web.fragment(before).text)
    assert back == seen[-len(page) - 25 : -len(page)]
