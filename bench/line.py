"""A client that costs next to nothing: one connection, ready-made requests, no parsing beyond the length."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

ACCEPT = {"Host": "127.0.0.1", "Accept-Encoding": "gzip, deflate, br", "Accept": "text/html"}
_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True)
class Request:
    """What is asked for; ``form`` makes it a POST."""

    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None

    @property
    def method(self) -> str:
        """GET or POST."""
        return "GET" if self.form is None else "POST"

    def to_bytes(self) -> bytes:
        """Return the request as it travels."""
        body = urlencode(self.form or {})
        headers = ACCEPT | dict(self.headers)
        if body:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", body]).encode()


@dataclass(frozen=True)
class Answer:
    """What came back: status, the head, its size with headers, how long it took."""

    status: int
    head: bytes
    size: int
    milliseconds: float

    def header(self, name: str) -> str:
        """Return a header's value, or nothing."""
        found = re.search(rb"\r\n" + name.encode() + rb": ([^\r]*)\r\n", self.head, re.IGNORECASE)
        return found.group(1).decode() if found else ""


class Line:
    """One connection that is kept open."""

    def __init__(self, port: int) -> None:
        """Connect."""
        self._socket = socket.create_connection(("127.0.0.1", port), 60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> Answer:
        """Send a request and wait for all of its answer."""
        began = time.perf_counter()
        self._socket.sendall(request)
        head, separator, body = self._receive().partition(b"\r\n\r\n")
        while not separator:
            head, separator, body = (head + self._receive()).partition(b"\r\n\r\n")
        head += b"\r\n"
        length = _LENGTH.search(head)
        expected = int(length.group(1)) if length else 0
        received = len(body)
        while received < expected:
            received += len(self._receive())
        milliseconds = (time.perf_counter() - began) * 1000
        return Answer(int(head[9:12]), head, len(head) + 2 + received, milliseconds)

    def _receive(self) -> bytes:
        received = self._socket.recv(65_536)
        if not received:
            raise ConnectionError("the server closed the connection")
        return received

    def close(self) -> None:
        """Hang up."""
        self._socket.close()
