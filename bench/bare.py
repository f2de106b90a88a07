"""What the portal is compared with: the barest handlers that show 50 clients of a partner, on the same server.

``/rows`` is Flask, one keyset query and f-strings; ``/page`` adds a signed session and a Jinja template. Neither knows
users, filters, counters, compression or security headers.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from flask import Flask, render_template, session
from jinja2 import DictLoader
from markupsafe import escape

from bench.stores import NOW, SECRET_KEY
from portal import server
from portal.config import Config
from portal.database import sqlite_module

PARTNER, SIZE = 1, 50
TODAY = date.fromisoformat(NOW[:10])
QUERY = """
    SELECT id, name, document, product, registered_on, due_on FROM clients
    WHERE partner_id = ? AND (search_key, id) > (?, ?) AND (hidden_at IS NULL OR due_on >= ?)
    ORDER BY search_key, id LIMIT ?
"""
HEAD = "<!doctype html><title>Clientes</title><table>"
TEMPLATE = (
    HEAD + "{% for id, name, document, product, registered_on, due_on in rows %}"
    "<tr><td>{{ id }}<td>{{ name }}<td>{{ document }}<td>{{ product }}<td>{{ registered_on }}<td>{{ due_on }}"
    "{% endfor %}</table>"
)


def create_app(database: Path) -> Flask:
    """Return the two handlers over a database file."""
    app, local = Flask("bare"), threading.local()
    app.secret_key = SECRET_KEY
    app.jinja_loader = DictLoader({"clients.html": TEMPLATE})

    def rows() -> Sequence[Any]:
        if not hasattr(local, "connection"):
            local.connection = sqlite_module().connect(str(database), isolation_level=None)
            local.connection.execute("PRAGMA cache_size=-16000")
        found = local.connection.execute(QUERY, (PARTNER, "", 0, TODAY.replace(day=1).isoformat(), SIZE))
        return found.fetchall()  # type: ignore[no-any-return]

    @app.get("/rows")
    def bare() -> str:
        lines = (
            f"<tr><td>{number}<td>{escape(name)}<td>{document}<td>{product}<td>{registered_on}<td>{due_on}"
            for number, name, document, product, registered_on, due_on in rows()
        )
        return f"{HEAD}{''.join(lines)}</table>"

    @app.get("/page")
    def with_jinja() -> str:
        session["seen"] = True
        return render_template("clients.html", rows=rows())

    return app


if __name__ == "__main__":
    FILE, PORT = Path(sys.argv[1]), int(sys.argv[2])
    server.serve(create_app(FILE), Config(f"sqlite:///{FILE}", SECRET_KEY, FILE.parent, port=PORT))
