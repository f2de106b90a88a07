"""The same form sent many times at the same moment: one effect, one protocol, the same answer to everybody."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.domain.statuses import Status, derive_status
from portal.extensions import db
from portal.models import AuditEvent, User
from tests.conftest import NOW
from tests.revision import form_of
from tests.visitor import Visitor

TIMES = 20


@pytest.fixture
def at_once(app: Flask, admin: User) -> Callable[..., list[TestResponse]]:
    """Return what posts a form from many browsers of one user at the same moment."""
    browsers = [Visitor(app).sign_in(admin) for _ in range(TIMES)]
    tokens = [browser.csrf_token() for browser in browsers]

    def post(path: str, forms: list[dict[str, object]], *, htmx: bool) -> list[TestResponse]:
        barrier = Barrier(TIMES)

        def send(number: int) -> TestResponse:
            barrier.wait(timeout=30)
            return browsers[number].post(path, htmx=htmx, csrf_token=tokens[number], **forms[number])

        db.session.rollback()
        with ThreadPoolExecutor(TIMES) as threads:
            return list(threads.map(send, range(TIMES)))

    return post


@pytest.mark.parametrize(
    ("noun", "status", "becomes"),
    [
        ("suspension", Status.ACTIVE, Status.SUSPENDED),
        ("resumption", Status.SUSPENDED, Status.ACTIVE),
        ("hiding", Status.INACTIVE, Status.HIDDEN),
        ("unhiding", Status.HIDDEN, Status.INACTIVE),
    ],
)
def test_an_action_sent_at_once_is_done_once_and_everybody_hears_the_same_protocol(
    client_in, at_once, noun, status, becomes
) -> None:
    client = client_in(status)
    form = {"version": 1} | ({"reason": "Não pagou"} if noun == "suspension" else {})
    answers = at_once(f"/clients/{client.id}/{noun}", [form] * TIMES, htmx=True)
    [event] = db.session.scalars(select(AuditEvent)).all()
    db.session.refresh(client)
    assert (derive_status(client, NOW.date()), client.version) == (becomes, 2)
    assert {answer.status_code for answer in answers} == {200}
    assert all(f"protocolo {event.id}." in answer.text for answer in answers)
    assert sum("Já estava feito" in answer.text for answer in answers) == TIMES - 1
    rows = {answer.text.partition("</tbody>")[0] for answer in answers}
    assert len(rows) == 1, "the row itself is the same bytes for all"
    assert f'<tbody id="client-{client.id}"' in rows.pop()


def test_an_edit_sent_at_once_by_plain_forms_is_done_once_and_leads_everybody_to_the_page(client_in, at_once) -> None:
    client = client_in()
    data = form_of(client, name="Padaria Nova")
    answers = at_once(f"/clients/{client.id}/revision", [data] * TIMES, htmx=False)
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, f"/clients/{client.id}")}
    [event] = db.session.scalars(select(AuditEvent)).all()
    db.session.refresh(client)
    assert (client.name, client.version) == ("Padaria Nova", 2)
    assert event.after == {"name": "Padaria Nova"}


def test_of_different_contents_sent_at_once_one_stands_and_the_others_are_told(client_in, at_once) -> None:
    client = client_in()
    forms = [{"version": 1, "reason": f"Motivo {number}"} for number in range(TIMES)]
    answers = at_once(f"/clients/{client.id}/suspension", forms, htmx=True)
    [event] = db.session.scalars(select(AuditEvent)).all()
    db.session.refresh(client)
    assert client.suspension_reason == event.reason
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * (TIMES - 1)
    assert sum("Valeu o primeiro envio." in answer.text for answer in answers) == TIMES - 1
