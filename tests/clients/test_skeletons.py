"""The list's quick rows are the template's rows, byte for byte."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest
from flask import render_template

from portal.clients import skeletons, view
from portal.clients.rows import ClientRow
from portal.domain.catalogue import Product
from tests.clients.conftest import FACTS

TODAY = date(2025, 7, 10)
HOSTILE = """<b>"O'Hara" & {{ 7*7 }} {% x %} \\x02id\\x03 %s {id}</b>"""


def rows_of(client_in) -> list[ClientRow]:
    """Return a row of each status and product, its name a piece of bad will."""
    clients = [client_in(status, product=kind, name=HOSTILE) for status, kind in product(FACTS, Product)]
    return ClientRow.build_all(clients, TODAY)


@pytest.mark.parametrize("may_tick", [True, False])
@pytest.mark.parametrize("more", ["/clients?", "/clients?q=%3Cb%3E&size=50&"])
def test_quick_rows_equal_those_of_the_template(app, client_in, more, may_tick) -> None:
    rows = rows_of(client_in)
    with app.test_request_context():
        slow = render_template("clients/_client.html", rows=rows, today=TODAY, more=more, may_tick=may_tick)
        quick = skeletons.html_of(rows, TODAY, more=more, may_tick=may_tick)
    assert str(quick) == slow
    assert "<b>&#34;O" not in quick
    assert "&lt;b&gt;" in quick
    assert len(rows) == 12


def test_a_choice_marks_the_option_that_is_chosen_and_no_other() -> None:
    html = view.options("size", 50)
    assert html.count(" selected") == 1
    assert html == "<option>25<option selected>50"
    assert view.options("uf", "") == view.options("uf", "")


def test_every_choice_of_the_form_is_an_option() -> None:
    for name, choices in view.CHOICES.items():
        html = view.options(name, "")
        assert all(f">{text}<option" in f"{html}<option" for _value, text in choices), name
