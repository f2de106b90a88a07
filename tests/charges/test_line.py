"""A line of a charge or of a quote in words: whoever has a pocket calculator gets the same amount."""

from __future__ import annotations

import pytest
from flask import Flask, get_template_attribute

from portal.domain.catalogue import Item
from portal.domain.charges import Line


def said(app: Flask, line: Line) -> str:
    with app.test_request_context():
        return str(get_template_attribute("charges/_line.html", "line")(line)).replace("\xa0", " ")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (Line(Item.WAITER, 2, 1990, 26, 31), "<b>Link Garçom</b> 2 × R$ 19,90 ÷ 31 × 26 dias = R$ 33,38"),
        (Line(Item.BASE, 1, 9990, 16, 30), "<b>Licença</b> 1 × R$ 99,90 ÷ 30 × 16 dias = R$ 53,28"),
        (Line(Item.CLOUD, 1, 2990, 1, 31), "<b>Cloud</b> 1 × R$ 29,90 ÷ 31 × 1 dia = R$ 0,96"),
        (Line(Item.BASE, 1, 9990, 31, 31), "<b>Licença</b> 1 × R$ 99,90 (mês inteiro)"),
        (Line(Item.WAITER, 3, 1990, 28, 28), "<b>Link Garçom</b> 3 × R$ 19,90 (mês inteiro) = R$ 59,70"),
        (Line(Item.BASE, 1, 123_456, 30, 30), "<b>Licença</b> 1 × R$ 1.234,56 (mês inteiro)"),
    ],
    ids=["R4", "R6", "one day", "whole", "whole, several", "thousands"],
)
def test_a_line_says_its_whole_arithmetic(app, line, words) -> None:
    assert said(app, line) == words
