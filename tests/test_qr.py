"""QR codes: the modules that stand in the page, read back from the drawing."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from portal import qr


def dark_modules(drawing: str) -> set[tuple[int, int]]:
    """Follow the one path of a drawing, whose moves are relative and whose lines are one module high."""
    path = ET.fromstring(drawing).find("path")
    assert path is not None
    x, y, dark = 0, 0.0, set()
    for move, first, second in re.findall(r"([Mmh])(-?\d+)(?: (-?\d+(?:\.5)?))?", path.attrib["d"]):
        if move == "h":
            dark |= {(x + step, int(y)) for step in range(int(first))}
            x += int(first)
        else:
            x, y = (int(first), float(second)) if move == "M" else (x + int(first), y + float(second))
    return dark


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=300))
def test_the_drawing_has_the_modules_of_the_code_inside_its_quiet_zone(text) -> None:
    lines = segno.make_qr(text, error="m").matrix
    assert dark_modules(qr.svg(text, "Código", 4)) == {
        (x + qr.QUIET, y + qr.QUIET) for y, line in enumerate(lines) for x, is_dark in enumerate(line) if is_dark
    }


@pytest.mark.parametrize(("text", "side"), [("2222222222222222", 21), ("0" * 300, 49)])
def test_it_has_its_three_finders_and_whole_pixels(text, side) -> None:
    drawing = qr.svg(text, "Código", 4)
    dark, whole = dark_modules(drawing), side + 2 * qr.QUIET
    for left, top in (0, 0), (side - 7, 0), (0, side - 7):
        assert {(qr.QUIET + left + n, qr.QUIET + top) for n in range(7)} <= dark
    assert f'<svg width="{4 * whole}" height="{4 * whole}" role="img"' in drawing
    assert f'viewBox="0 0 {whole} {whole}"' in drawing


def test_its_label_is_escaped_and_nothing_in_it_is_style_or_script() -> None:
    drawing = qr.svg("<script>", 'Pix de "Ana" <ana@example>', 4)
    assert 'aria-label="Pix de &#34;Ana&#34; &lt;ana@example&gt;"' in drawing
    assert not re.search(r"style|class|script|on\w+=", drawing)
