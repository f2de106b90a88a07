"""What a check-in is compared with: the barest handler that does the same durable work, on the same server.

One UPDATE of the key's row and a commit, by the driver alone. It signs nothing, counts nothing, and knows no client, no
license and no Cloud.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request

from bench.stores import NOW, SECRET_KEY
from portal import server
from portal.config import Config
from portal.database import sqlite_module

UPDATE = "UPDATE installations SET version = ?, last_seen_at = ? WHERE key = ?"
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=4500", "cache_size=-16000")


def _connected(url: str) -> Any:
    """Return a connection that commits each statement by itself."""
    if not url.startswith("sqlite"):
        import psycopg

        return psycopg.connect(url, autocommit=True)
    connection = sqlite_module().connect(url.removeprefix("sqlite:///"), isolation_level=None)
    for setting in PRAGMAS:
        connection.execute(f"PRAGMA {setting}")
    return connection


def create_app(url: str) -> Flask:
    """Return the handler over a database."""
    app, local = Flask("bare"), threading.local()
    statement = UPDATE if url.startswith("sqlite") else UPDATE.replace("?", "%s")

    @app.post("/api/v1/check-ins")
    def check_in() -> Response:
        if not hasattr(local, "connection"):
            local.connection = _connected(url)
        told, key = request.get_json(), request.headers["Authorization"].removeprefix("Bearer ")
        done = local.connection.execute(statement, (told["version"], NOW, key))
        assert done.rowcount == 1
        return jsonify(check_in_at=NOW)

    return app


if __name__ == "__main__":
    URL, PORT = sys.argv[1], int(sys.argv[2])
    server.serve(create_app(URL), Config(URL, SECRET_KEY, Path.cwd(), port=PORT))
