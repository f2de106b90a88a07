"""Any text as a QR code: an inline SVG without style attributes, which the content security policy would refuse."""

from __future__ import annotations

import segno
from markupsafe import Markup

QUIET = 4
"""The white modules that a QR code needs around it."""

_SVG = Markup('<svg width="{0}" height="{0}" role="img" aria-label="{1}" shape-rendering="crispEdges" {2}')


def svg(text: str, label: str, module: int) -> Markup:
    """Draw a text, each module (the smallest square) so many pixels wide: whole ones, or cameras see uneven lines."""
    code = segno.make_qr(text, error="m")
    drawn = code.svg_inline(border=QUIET, omitsize=True, svgclass=None, lineclass=None)
    size = module * code.symbol_size(border=QUIET)[0]
    return _SVG.format(size, label, Markup(drawn.removeprefix("<svg ")))  # noqa: S704 - numbers in a path, no text
