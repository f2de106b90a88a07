"""The end of a server: what has arrived is answered, whole; nothing new is accepted."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPResponse
from time import monotonic
from typing import Any

import pytest
from waitress.server import create_server

from portal import server

BODY = b"x" * 200_000
REQUEST = b"GET / HTTP/1.0\r\n\r\n"
PATIENCE, WELL_BEFORE_THE_END = 60, server.DRAIN_SECONDS / 2


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Length", str(len(BODY)))])
    return [BODY]


@pytest.fixture
def channels() -> Iterator[server.Channels]:
    entries: server.Channels = {}
    serving = create_server(application, map=entries, host="127.0.0.1", port=0, threads=2, asyncore_use_poll=True)
    yield entries
    serving.task_dispatcher.shutdown(timeout=1)
    for entry in list(entries.values()):
        entry.close()


def port_of(channels: server.Channels) -> int:
    return next(entry.socket.getsockname()[1] for entry in channels.values() if getattr(entry, "accepting", False))


def body_of_answer(connection: socket.socket) -> bytes:
    connection.settimeout(PATIENCE)
    with closing(HTTPResponse(connection)) as response:
        response.begin()
        return response.read()


def test_requests_that_wait_to_be_accepted_are_answered_whole(channels) -> None:
    waiting = [socket.create_connection(("127.0.0.1", port_of(channels))) for _ in range(5)]
    for connection in waiting:
        connection.sendall(REQUEST)
    server._drain(channels)
    for connection in waiting:
        with closing(connection):
            assert body_of_answer(connection) == BODY


def test_afterwards_nobody_is_accepted(channels) -> None:
    port = port_of(channels)
    server._drain(channels)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_an_idle_connection_keeps_nobody_waiting(channels) -> None:
    with socket.create_connection(("127.0.0.1", port_of(channels))):
        began = monotonic()
        server._drain(channels)
        assert monotonic() - began < WELL_BEFORE_THE_END


def test_half_a_request_is_waited_for_but_not_for_ever(channels, monkeypatch) -> None:
    monkeypatch.setattr(server, "DRAIN_SECONDS", 0.2)
    with socket.create_connection(("127.0.0.1", port_of(channels))) as connection:
        connection.sendall(REQUEST[:-2])
        began = monotonic()
        server._drain(channels)
        assert 0.2 <= monotonic() - began < WELL_BEFORE_THE_END
