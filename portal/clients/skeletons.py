"""The list's rows at the price of joining strings: the row's template is rendered once a kind of row, and filled for each.

``templates/clients/_client.html`` stays the only place that knows what a row looks like. A kind is what the template
branches on; everything else of a row is text that stands between marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any

from flask import current_app, render_template
from markupsafe import Markup, escape

from portal.clients.rows import ClientRow
from portal.domain.catalogue import Product
from portal.domain.statuses import Outlook, Status

MARK = re.compile("\x02([a-z]+)\x03")
"""Two signs that no stored or typed text holds: they are stripped on entry."""


def _mark(name: str) -> str:
    return f"\x02{name}\x03"


@lru_cache(maxsize=64)
def _skeleton(status: Status, product: Product, may_tick: bool, release: str) -> str:  # noqa: ARG001 - a new release has a new form
    """Render the template for a row that consists of marks, and return it as a form that ``%`` fills by name."""
    view = Outlook(status, None, None, None, None)
    marks: dict[str, Any] = {name: _mark(name) for name in ("id", "name", "document", "registered", "due")}
    row = ClientRow(**marks, product=product, status=status, outlook=view)
    html = render_template(
        "clients/_client.html", rows=[row], reasons={view: _mark("reason")}, more=_mark("more"), may_tick=may_tick
    )
    return MARK.sub(r"%(\1)s", html.replace("%", "%%"))


def html_of(rows: Iterable[ClientRow], today: date, *, more: str, may_tick: bool) -> Markup:
    """Return the rows of a list, none of them open; ``more`` is the address that opens one, up to its id."""
    release, more = current_app.extensions["release"], str(escape(more))
    why = current_app.jinja_env.get_template("clients/_why.html").module.why  # type: ignore[attr-defined]
    reasons: dict[Outlook, str] = {}
    found = []
    for row in rows:
        if row.outlook not in reasons:
            reasons[row.outlook] = str(escape(why(row.outlook, today)))
        values = {
            "id": str(row.id),
            "name": str(escape(row.name)),
            "document": str(escape(row.document)),
            "registered": row.registered,
            "due": row.due,
            "reason": reasons[row.outlook],
            "more": more,
        }
        found.append(_skeleton(row.status, row.product, may_tick, release) % values)
    return Markup("".join(found))  # noqa: S704 - a template's own HTML, and escaped values in it
