"""The command: how it ends, what it keeps, and what it makes of answers that are not the portal's."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from reference import command, link
from reference.wire import Portal, Refused, Unreachable


class Elsewhere(BaseHTTPRequestHandler):
    """Says what the server was told to say, and remembers who asked."""

    def do_POST(self) -> None:
        self.server.asked.append(self.path)
        status, headers, body = self.server.says
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere() -> Iterator[HTTPServer]:
    """Yield something that answers HTTP and is no portal."""
    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        server.asked = []
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


NO = {"reason": "suspended", "detail": "Acesso suspenso."}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>Bem-vindo ao WiFi</html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b"\xff"),
        (302, b""),
        (403, b"<html>Forbidden</html>"),
        (403, b'{"error": "blocked"}'),
        (429, json.dumps(NO | {"reason": "too_many_requests"}).encode()),
        (500, json.dumps(NO | {"reason": "failed"}).encode()),
        (502, b"Bad Gateway"),
    ],
)
def test_what_is_not_the_portals_word_is_no_word(elsewhere: HTTPServer, status: int, body: bytes) -> None:
    url = f"http://127.0.0.1:{elsewhere.server_port}"
    elsewhere.says = (status, {"Location": f"{url}/stolen", "Retry-After": "7"}, body)
    with pytest.raises(Unreachable) as found:
        Portal(url).post("/check-ins", {}, "KEY", expects=("license",))
    assert elsewhere.asked == ["/api/v1/check-ins"], "the key goes nowhere else"
    assert found.value.retry_after == (7 if status >= 300 else 0)


def test_a_problem_document_is_a_refusal(elsewhere: HTTPServer) -> None:
    elsewhere.says = (403, {"Content-Type": "application/problem+json"}, json.dumps(NO).encode())
    with pytest.raises(Refused, match="Acesso suspenso") as found:
        Portal(f"http://127.0.0.1:{elsewhere.server_port}").post("/check-ins", {}, "KEY", expects=())
    assert found.value.reason == "suspended"


def ended(home: Path, *words: str) -> int:
    return link.main(["--home", str(home), "--portal", "http://127.0.0.1:1", *words])


def test_a_command_ends_with_what_became_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [ended(tmp_path, *words) for words in (["start"], ["license"], ["check-in"])] == [command.NOT_ACTIVATED] * 3
    assert ended(tmp_path, "activate", "11222333000181", "X" * 16) == command.UNREACHABLE
    assert "Sem conexão" in capsys.readouterr().err
    (tmp_path / "state.json").write_text("{")
    assert ended(tmp_path, "start") == command.REFUSED


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["fly"],
        ["seat", "take", "mobile", "--device", "G1"],
        ["--now", "ontem", "start"],
        ["--now", "2025-07-10T12:00:00", "start"],
    ],
)
def test_a_wrong_command_is_not_taken_for_a_program_that_is_not_activated(tmp_path: Path, words: list[str]) -> None:
    for wrong in (words, ["--portal", "file:///etc", "start"]):
        with pytest.raises(SystemExit) as found:
            ended(tmp_path, *wrong)
        assert found.value.code == command.USAGE


def test_what_it_keeps_is_for_its_owner_alone(tmp_path: Path) -> None:
    ended(tmp_path / "home", "activate", "11222333000181", "X" * 16)
    (file,) = (tmp_path / "home").iterdir()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (file, file.parent)] == [0o600, 0o700]
