"""What programs send stays out of the server's log, whatever becomes of the call: no key, no code, no whole document."""

from __future__ import annotations

import json
import socket
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask

from drills.browser import HOST, ask, request_head, reset_on_close
from drills.servers import Server
from portal import clock
from portal.extensions import db
from portal.models import SigningKey
from tests.api.test_routes import DEVICE, asking
from tests.factories import Factory
from tests.test_server import environment


def test_the_log_of_a_server_holds_neither_key_nor_code_nor_document(
    app: Flask, make: Factory, database_url: str, tmp_path: Path
) -> None:
    client = make.client(make.partner(), due_on=clock.today() + timedelta(days=9_000))
    code, document = make.code(client).code, client.document
    activation = asking(client, code)
    broken = SigningKey(kid="broken", public_key="", sealed_private_key="1:broken", created_at=clock.now())
    db.session.add(broken)
    db.session.commit()
    settings = environment(tmp_path, DATABASE_URL=database_url, PORTAL_SCHEDULER=0)
    stage: Any = SimpleNamespace(environ=settings, logs=tmp_path)
    with Server(stage) as server:
        assert post(server, "/activations", b'{"code": "%s",' % code.encode()) == (400, {})
        wrong = activation | {"code": code[::-1], "request": "w" * 32}
        assert post(server, "/activations", wrong)[0] == 403
        assert post(server, "/activations", activation)[0] == 500  # a fault is logged with all that led to it
        db.session.delete(broken)
        db.session.commit()
        status, told = post(server, "/activations", activation)
        key = told["key"]
        assert (status, post(server, "/activations", activation | {"request": "x" * 32})[0]) == (201, 403)
        check_in = {"device": DEVICE, "version": "5.3.0"}
        statuses = [post(server, "/check-ins", check_in, one)[0] for one in (key, key[:-1], f"{key} {key}")]
        assert statuses == [200, 401, 401]
        hang_up(server, key)
        assert post(server, "/seats", {"item": document, "device": code}, key)[0] == 400
    log = (tmp_path / f"server-{server.port}.log").read_text()
    assert "fault at api.activation_create" in log
    assert [one for one in (key[:-1], code, code[::-1], document) if one in log] == []


def post(server: Server, path: str, body: Any, key: str = "") -> tuple[int, dict[str, Any]]:
    """Send a body; returns the status and, of what is no refusal, the answer."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    answer = ask(server.port, "POST", f"/api/v1{path}", headers=headers, body=sent)
    return answer.status, json.loads(answer.text) if answer.status < 300 else {}


def hang_up(server: Server, key: str) -> None:
    """Send a half of a check-in and cut the line."""
    with socket.create_connection((HOST, server.port), timeout=10) as connection:
        head = request_head("POST", "/api/v1/check-ins", {"Authorization": f"Bearer {key}", "Content-Length": "999"})
        connection.sendall(head + b'{"device"')
        reset_on_close(connection)
