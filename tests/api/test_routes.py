"""The interface over HTTP: answers as described, refusals as problem documents, limits that a restart does not forget."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

from portal.api import description
from portal.domain.catalogue import Item
from portal.extensions import db, limiter
from portal.models import Client, RegistrationCode
from tests.factories import Factory
from tests.test_budgets import QUERIES, counted

DEVICE = {"id": "caixa-01-aaaa", "name": "CAIXA-01"}
SCHEMAS = description.document()["components"]["schemas"]


@pytest.fixture(autouse=True)
def unlimited(app: Flask) -> None:
    """Forget what other tests asked for within this minute."""
    with app.test_request_context():
        limiter.reset()


class Program:
    """A program that speaks HTTP; every answer is held to the description."""

    def __init__(self, app: Flask) -> None:
        self._browser = app.test_client(use_cookies=False)

    def post(self, path: str, body: Any, key: str | None = None, schema: str = "Problem") -> TestResponse:
        """Send a body and check that the answer is what the description says."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        answer = self._browser.post(f"/api/v1{path}", data=data, headers=headers, content_type="application/json")
        assert_is(answer, schema)
        assert answer.headers["Cache-Control"] == "no-store"
        return answer

    def get(self, path: str) -> TestResponse:
        """Ask for something public."""
        return self._browser.get(path)


def assert_is(answer: TestResponse, schema: str) -> None:
    """Hold an answer to its schema; a refusal is a problem document (RFC 9457)."""
    is_problem = answer.mimetype == "application/problem+json"
    assert is_problem == (schema == "Problem"), answer.text
    whole = SCHEMAS[schema] | {"components": {"schemas": SCHEMAS}}
    Draft202012Validator(whole).validate(answer.json)


@pytest.fixture
def program(app: Flask) -> Program:
    """Return a program."""
    return Program(app)


@pytest.fixture
def client(make: Factory) -> Client:
    """Return an Ativo Link client with two Garçom."""
    client = make.client(make.partner())
    make.item(client, Item.WAITER, 2)
    return client


def asking(client: Client, issued: RegistrationCode | str, **changes: Any) -> dict[str, Any]:
    text = issued if isinstance(issued, str) else issued.code
    request_key = f"r{text}".ljust(32, "0")
    body = {"program": "link", "document": client.document, "code": text, "device": DEVICE}
    return body | {"version": "5.2.1", "request": request_key} | changes


@pytest.fixture
def key(program: Program, client: Client, make: Factory) -> str:
    """Return the key of an activated main computer."""
    answer = program.post("/activations", asking(client, make.code(client)), schema="Activated")
    assert answer.status_code == 201
    return str(answer.json["key"])


def test_an_activation_answers_key_and_license_and_the_same_again(
    program: Program, client: Client, make: Factory
) -> None:
    code = make.code(client)
    typed = f"{code.code[:4]}-{code.code[4:8]} {code.code[8:]}".lower()
    masked = f"{client.document[:2]}.{client.document[2:]}"
    first = program.post("/activations", asking(client, code, code=typed, document=masked), schema="Activated")
    again = program.post("/activations", asking(client, code), schema="Activated")
    assert (first.status_code, again.json["key"]) == (201, first.json["key"])
    assert first.json["paid_through"] == "2025-08-10"
    assert first.json["check_in_at"] == "2025-07-10T18:00:00-03:00"


def test_a_check_in_answers_a_license_and_a_seat_its_use(program: Program, key: str) -> None:
    told = {"device": DEVICE, "version": "5.3.0", "peaks": [{"item": "waiter", "most": 2}], "of_tomorrow": True}
    assert program.post("/check-ins", told, key, "CheckedIn").json["backups"] == []
    seat = {"item": "waiter", "device": {"id": "garcom-1", "name": "Garçom 1"}}
    assert program.post("/seats", seat, key, "Leased").json["in_use"] == 1
    assert program.post("/seats/renewals", seat, key, "Leased").json["leased_until"] == "2025-07-10T12:15:00-03:00"
    assert program.post("/seats/returns", seat, key, "Returned").json == {"item": "waiter", "in_use": 0, "bought": 2}


def test_a_navi_waits_without_a_code(program: Program, make: Factory) -> None:
    client = make.client(make.partner(), product="navi")
    body = asking(client, "", program="navi")
    del body["code"]
    answer = program.post("/activations", body, schema="Waiting")
    assert answer.status_code == 202


def test_a_refusal_names_its_reason_and_the_facts(program: Program, client: Client, key: str) -> None:
    for name in ("garcom-1", "garcom-2"):
        program.post("/seats", {"item": "waiter", "device": {"id": name, "name": name}}, key, "Leased")
    full = program.post("/seats", {"item": "waiter", "device": {"id": "garcom-3", "name": "G3"}}, key)
    assert (full.status_code, full.json["reason"]) == (409, "too_many_seats")
    assert (full.json["in_use"], full.json["bought"]) == (2, 2)
    other = program.post("/check-ins", {"device": {"id": "outra-maquina", "name": "X"}, "version": "5"}, key)
    assert (other.status_code, other.json["reason"]) == (403, "other_device")


@pytest.mark.parametrize("header", [None, "Basic abc", "Bearer ", "Bearer unknown", "Bearer café"])
def test_without_a_key_of_ours_nothing_is_told(program: Program, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    told = json.dumps({"device": DEVICE, "version": "5"})
    answer = program._browser.post("/api/v1/check-ins", data=told, headers=headers)
    assert (answer.status_code, answer.json["reason"]) == (401, "key_unknown")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


BROKEN: list[tuple[Any, str]] = [
    (b"", ""),
    (b"[]", ""),
    (b'{"program": ', ""),
    (b"\xff\xfe", ""),
    (b"[" * 10_000, ""),
    ({}, "/program"),
    ({"program": "excel"}, "/program"),
    ({"program": ["link"]}, "/program"),
    ({"document": 11222333000181}, "/document"),
    ({"document": "1" * 25}, "/document"),
    ({"device": "CAIXA"}, "/device"),
    ({"device": {"id": "short", "name": "X"}}, "/device/id"),
    ({"device": {"id": "caixa-01-aaaa", "name": "a\x00b"}}, "/device/name"),
    ({"version": ""}, "/version"),
    ({"request": "short"}, "/request"),
]


@pytest.mark.parametrize(("body", "pointer"), BROKEN)
def test_a_body_that_is_not_understood_is_told_where(program: Program, client: Client, body: Any, pointer: str) -> None:
    sent = body if isinstance(body, bytes) else (asking(client, "X" * 16) | body if body else {})
    answer = program.post("/activations", sent)
    assert (answer.status_code, answer.json["reason"]) == (400, "malformed")
    assert pointer in [flaw["pointer"] for flaw in answer.json["errors"]]


CHECK_INS: list[tuple[dict[str, Any], str]] = [
    ({"peaks": {}}, "/peaks"),
    ({"peaks": [{"item": "mobile", "most": 1}]}, "/peaks/0/item"),
    ({"peaks": [{"item": "waiter", "most": True}]}, "/peaks/0/most"),
    ({"peaks": [{"item": "waiter", "most": 1000}]}, "/peaks/0/most"),
    ({"peaks": [7]}, "/peaks/0"),
    ({"cloud": {"health": "ok", "synced_at": "ontem"}}, "/cloud/synced_at"),
    ({"cloud": {"health": "ok", "synced_at": "2025-07-10T12:00:00"}}, "/cloud/synced_at"),
    ({"cloud": {"health": "ok", "detail": "x" * 201}}, "/cloud/detail"),
    ({"backups": [{"id": 0}]}, "/backups/0/id"),
]


@pytest.mark.parametrize(("told", "pointer"), CHECK_INS)
def test_a_check_in_that_is_not_understood_is_told_where(
    program: Program, key: str, told: dict[str, Any], pointer: str
) -> None:
    answer = program.post("/check-ins", {"device": DEVICE, "version": "5"} | told, key)
    assert pointer in [flaw["pointer"] for flaw in answer.json["errors"]]


def test_everything_that_a_check_in_may_tell_is_taken(program: Program, key: str) -> None:
    told = {
        "cloud": {"health": "error", "detail": "sem espaço", "synced_at": "2025-07-10T11:00:00-03:00"},
        "backups": [{"id": 1, "failure": "", "size_bytes": 5_000_000_000}],
    }
    assert (
        program.post("/check-ins", {"device": DEVICE, "version": "5.3.0"} | told, key, "CheckedIn").status_code == 200
    )


def test_tries_for_one_document_are_limited_and_a_right_one_forgives(
    program: Program, client: Client, make: Factory
) -> None:
    for number in range(10):
        wrong = asking(client, "X" * 16, request=f"{number:032d}")
        assert program.post("/activations", wrong).status_code == 403
    refused = program.post("/activations", asking(client, make.code(client)))
    assert (refused.status_code, refused.json["reason"]) == (429, "too_many_attempts")
    assert int(refused.headers["Retry-After"]) > 0
    other = make.client(make.partner())
    program.post("/activations", asking(other, make.code(other)), schema="Activated")


def test_asking_for_the_answer_of_an_activation_again_is_no_try(
    program: Program, client: Client, make: Factory
) -> None:
    code = make.code(client)
    told = {program.post("/activations", asking(client, code), schema="Activated").json["key"] for _ in range(12)}
    assert len(told) == 1


def test_a_key_that_asks_without_end_is_told_to_wait(program: Program, key: str) -> None:
    seat = {"item": "waiter", "device": {"id": "garcom-1", "name": "Garçom 1"}}
    told = [
        program._browser.post("/api/v1/seats", json=seat, headers={"Authorization": f"Bearer {key}"})
        for _ in range(121)
    ]
    assert [answer.status_code for answer in told].count(200) == 120
    assert_is(told[-1], "Problem")
    assert (told[-1].json["reason"], told[-1].headers["Retry-After"]) == ("too_many_requests", "60")
    respelt = program._browser.post("/api/v1/seats", json=seat, headers={"Authorization": f"bearer  {key} "})
    assert respelt.status_code == 429


def test_a_line_that_tries_keys_without_end_costs_no_more_queries(program: Program, key: str) -> None:
    told = {"device": DEVICE, "version": "5"}
    answers = [program.post("/check-ins", told, f"unknown-{number}").status_code for number in range(125)]
    assert answers == [401] * 120 + [429] * 5
    with counted() as sent:
        assert program.post("/seats", {}, "another").status_code == 429
        assert program.post("/check-ins", told, key).status_code == 429
    assert sent == []
    elsewhere = program._browser.post(
        "/api/v1/check-ins",
        json=told,
        headers={"Authorization": f"Bearer {key}"},
        environ_base={"REMOTE_ADDR": "10.9.8.7"},
    )
    assert elsewhere.status_code == 200


EVERYTHING = {
    "peaks": [{"item": "waiter", "most": 2}],
    "cloud": {"health": "ok", "synced_at": "2025-07-10T11:00:00-03:00"},
}


@pytest.mark.parametrize("told", [{}, EVERYTHING])
def test_a_check_in_costs_few_statements(program: Program, key: str, told: dict[str, Any]) -> None:
    with counted() as sent:
        program.post("/check-ins", {"device": DEVICE, "version": "5.3.0"} | told, key, "CheckedIn")
    assert len(sent) <= QUERIES, "\n".join(sent)
    with counted() as sent:
        assert program.post("/check-ins", {"device": DEVICE, "version": "5.3.0"} | told, "unknown").status_code == 401
    assert len(sent) == 1


def test_addresses_that_do_not_exist_and_wrong_methods_are_answered_as_programs_read(program: Program) -> None:
    missing, wrong = program.get("/api/v1/nada"), program.get("/api/v1/seats")
    assert (missing.status_code, missing.json["reason"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json["reason"]) == (405, "method_not_allowed")
    assert_is(missing, "Problem")


def test_the_public_keys_are_published(program: Program, key: str) -> None:
    answer = program.get("/api/v1/keys")
    assert_is(answer, "Keys")
    assert [one["crv"] for one in answer.json["keys"]] == ["Ed25519"]
    db.session.remove()


def test_no_answer_but_the_activations_holds_the_key(program: Program, key: str) -> None:
    told = program.post("/check-ins", {"device": DEVICE, "version": "5"}, key, "CheckedIn")
    assert key not in told.text
