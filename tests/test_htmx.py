"""What is peculiar to htmx: who asks for a part, what an answer carries, where a page without a session leads."""

from __future__ import annotations

import pytest
from flask import Flask

from portal import htmx, saying


@pytest.mark.parametrize(
    ("headers", "wants"),
    [
        ({}, False),
        ({"HX-Request": "true"}, True),
        ({"HX-Request": "true", "HX-Request-Type": "partial"}, True),
        ({"HX-Request": "true", "HX-Request-Type": "full"}, False),
        ({"HX-Request": "true", "HX-Boosted": "true"}, False),
        ({"HX-Request": "true", "HX-History-Restore-Request": "true"}, False),
        ({"HX-Request": "1"}, False),
        ({"X-Requested-With": "XMLHttpRequest"}, False),
    ],
)
def test_who_asks_for_a_part(app: Flask, headers, wants) -> None:
    with app.test_request_context("/clients", headers=headers):
        assert htmx.wants_fragment() is wants


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("http://localhost/clients?status=expired", "/clients?status=expired"),
        ("http://localhost/clients", "/clients"),
        ("http://localhost/clients?q=a#client-7", "/clients?q=a"),
        ("http://evil.example/clients", None),
        ("http://localhost:8000/clients", None),
        ("http://[bad", None),
        ("/clients", None),
        ("", None),
    ],
)
def test_the_page_that_asks_is_one_of_ours_or_none(app: Flask, address, path) -> None:
    with app.test_request_context("/", headers={"HX-Current-URL": address}):
        assert htmx.current_path() == path


def test_an_answer_to_a_form_is_a_fragment_with_a_message_or_a_redirect_that_keeps_it(app: Flask) -> None:
    with app.test_request_context("/", headers={"HX-Request": "true"}):
        answer = htmx.fragment_or_redirect("_said.html", "/there", said="Feito.")
        body = answer.get_data(as_text=True)
        assert body.index("<p>") < body.index('<div id="said" hx-swap-oob="innerHTML"><p>Feito.</p></div>')
    with app.test_request_context("/"):
        answer = htmx.fragment_or_redirect("_said.html", "/there", said="Feito.")
        assert (answer.status_code, answer.location) == (303, "/there")
        assert saying.is_kept()
        assert saying.kept() == [("Feito.", "")]


def test_nothing_said_is_nothing_sent_and_nothing_kept(app: Flask) -> None:
    with app.test_request_context("/", headers={"HX-Request": "true"}):
        assert "swap-oob" not in htmx.fragment_or_redirect("_said.html", "/there").get_data(as_text=True)
    with app.test_request_context("/"):
        htmx.fragment_or_redirect("_said.html", "/there")
        assert not saying.is_kept()
    assert not saying.is_kept(), "outside of a request nothing waits"


def test_leaving_is_a_header_to_htmx_and_a_redirect_to_the_others(app: Flask) -> None:
    with app.test_request_context("/", headers={"HX-Request": "true"}):
        answer = htmx.leave_for("/login", 401)
        assert (answer.status_code, answer.headers["HX-Redirect"], answer.data) == (401, "/login", b"")
    with app.test_request_context("/"):
        answer = htmx.leave_for("/login", 401)
        assert (answer.status_code, answer.location) == (303, "/login")


def test_every_answer_that_depends_on_who_asks_says_so(app: Flask) -> None:
    with app.test_request_context("/"):
        for answer in (htmx.leave_for("/"), htmx.refused("Não.", 409), htmx.fragment_or_redirect("_said.html", "/")):
            assert "HX-Request" in answer.vary


def test_the_address_to_show_goes_with_the_fragment_only(app: Flask) -> None:
    for headers, shown in (({"HX-Request": "true"}, "/x?a=1"), ({}, None)):
        with app.test_request_context("/", headers=headers):
            answer = htmx.page_or_fragment("_said.html", "_said.html", push="/x?a=1")
            assert answer.headers.get("HX-Push-Url") == shown
