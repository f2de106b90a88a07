"""The desk's rows at the price of joining strings, as ``portal.clients.skeletons`` does it: a kind's template is rendered once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from flask import current_app, render_template
from markupsafe import Markup, escape

from portal.renewals.rows import DeskRow

FIELDS = ("id", "name", "document", "held", "due", "amount", "owed", "opens", "invoice_id", "invoice")
"""What differs within a kind; everything else of a row is its kind's."""
MARK = re.compile("\x02([a-z_]+)\x03")
"""Two signs that no stored or typed text holds, around a field's name."""


def html_of(rows: Iterable[DeskRow], *, month: str, may_decide: bool) -> Markup:
    """Return the rows of the desk, none of them with a question below it."""
    release, found = current_app.extensions["release"], []
    forms: dict[object, str] = {}
    for row in rows:
        if row.kind not in forms:
            forms[row.kind] = _form(_marked(row), month, may_decide, release)
        found.append(forms[row.kind] % {name: str(escape(getattr(row, name))) for name in FIELDS})
    return Markup("".join(found))  # noqa: S704 - a template's own HTML, and escaped values in it


def _marked(row: DeskRow) -> DeskRow:
    """Return a row of the same kind that consists of marks."""
    marks: dict[str, Any] = {name: f"\x02{name}\x03" for name in FIELDS}
    return replace(row, **marks)


@lru_cache(maxsize=512)
def _form(row: DeskRow, month: str, may_decide: bool, release: str) -> str:  # noqa: ARG001 - a new release has a new form
    """Render the template for a row that consists of marks, and return it as a form that ``%`` fills by name."""
    html = render_template("renewals/_row.html", rows=[row], month=month, may_decide=may_decide)
    return MARK.sub(r"%(\1)s", html.replace("%", "%%"))
