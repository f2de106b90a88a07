"""A plain HTTP client with the manners of htmx: cookie, CSRF token, one connection a request; and raw sockets."""

from __future__ import annotations

import re
import socket
import ssl
import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from time import monotonic
from urllib.parse import urlencode

HOST = "127.0.0.1"
CUT = (OSError, HTTPException)
"""What a request raises whose answer never came, or not whole."""

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
PROTOCOL = re.compile(r"protocolo (\d+)")
HIDDEN = re.compile(r"<input\b[^>]*>")
REPEATED = "Já estava feito"


@dataclass(frozen=True)
class Answer:
    """A whole answer and how long it took."""

    status: int
    text: str
    seconds: float
    cookie: str = ""
    leads_to: str = ""

    @property
    def protocol(self) -> int | None:
        """The protocol number that the answer gives for a change."""
        found = PROTOCOL.search(self.text)
        return int(found[1]) if found else None

    @property
    def is_repeat(self) -> bool:
        """Whether it says that the change had been made before."""
        return REPEATED in self.text

    def hidden(self, name: str) -> str | None:
        """Return the value of an input of the page."""
        tags = [tag for tag in HIDDEN.findall(self.text) if f'name="{name}"' in tag]
        found = re.search(r'value="([^"]*)"', tags[0]) if tags else None
        return found[1] if found else None


@dataclass(frozen=True)
class Session:
    """What a signed-in browser sends with its requests; ``tls`` is whom it believes, where it comes by HTTPS."""

    cookie: str
    csrf_token: str
    tls: ssl.SSLContext | None = None

    def get(self, port: int, path: str, *, timeout: float = 30) -> Answer:
        """Ask for a page, or the fragment where the address has both."""
        return ask(port, "GET", path, headers=HTMX | {"Cookie": self.cookie}, timeout=timeout, tls=self.tls)

    def post(self, port: int, path: str, fields: Mapping[str, str], *, timeout: float = 30) -> Answer:
        """Post a form as htmx does, and read the page to which the answer leads, which says what was done."""
        headers, body = self._form(port, fields)
        answer = ask(port, "POST", path, headers=HTMX | headers, body=body, timeout=timeout, tls=self.tls)
        if not answer.leads_to:
            return answer
        cookie = {"Cookie": answer.cookie or self.cookie}
        page = ask(port, "GET", answer.leads_to, headers=cookie, timeout=timeout, tls=self.tls)
        return replace(page, seconds=answer.seconds + page.seconds)

    def post_and_hang_up(self, port: int, path: str, fields: Mapping[str, str]) -> None:
        """Post a whole form and cut the connection before anything of the answer is read."""
        headers, body = self._form(port, fields)
        head = request_head("POST", path, HTMX | headers | {"Content-Length": str(len(body))})
        with socket.create_connection((HOST, port), timeout=10) as connection:
            connection.sendall(head + body)
            reset_on_close(connection)

    def _form(self, port: int, fields: Mapping[str, str]) -> tuple[dict[str, str], bytes]:
        body = urlencode({"csrf_token": self.csrf_token, **fields}).encode()
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        return headers | ({"Referer": f"https://{HOST}:{port}/"} if self.tls else {}), body


def ask(
    port: int,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    timeout: float = 30,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """Send one request on a connection of its own, by HTTPS where ``tls`` is given, and read the whole answer.

    Raises:
        OSError, HTTPException: no answer, or a part of one.
    """
    began, connection = monotonic(), HTTPConnection(HOST, port, timeout=timeout)
    if tls:
        connection = HTTPSConnection(HOST, port, timeout=timeout, context=tls)
    try:
        connection.request(method, path, body=body, headers=dict(headers))
        response = connection.getresponse()
        text = response.read().decode()
        cookie = (response.getheader("Set-Cookie") or "").partition(";")[0]
        leads_to = (response.getheader("HX-Redirect") or "").partition("#")[0]
        return Answer(response.status, text, monotonic() - began, cookie, leads_to)
    finally:
        connection.close()


def request_head(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    """Return the bytes of a request up to its body."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def reset_on_close(connection: socket.socket) -> None:
    """Have the connection cut, not ended politely, when it is closed."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
