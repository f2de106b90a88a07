"""A "Link de Download" on lines that break: what is here is not fetched again, and what is not the portal's is not taken."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from reference import download
from reference.wire import Portal, Refused, Unreachable

CONTENT = bytes(range(256)) * 2_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
SECRET = "s" * 43


@dataclass
class Line:
    """What lies behind the link, and how much of it gets through before each cut; nothing in ``cuts``: all of it."""

    content: bytes = CONTENT
    sha256: str = SHA256
    status: int = 200
    cuts: list[int] = field(default_factory=list)
    asked: list[tuple[str, str | None]] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    """Answers single ranges, as the portal does."""

    def do_GET(self) -> None:
        line: Line = self.server.line
        wanted, condition = self.headers.get("Range"), self.headers.get("If-Range")
        line.asked.append((self.path, wanted))
        is_part = line.status == 200 and wanted and condition == f'"{line.sha256}"'
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and is_part else 0
        rest, size = line.content[start:], len(line.content)
        self.send_response(206 if is_part else line.status)
        self.send_header("ETag", f'"{line.sha256}"')
        self.send_header("Content-Length", str(len(rest)))
        if is_part:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        self.end_headers()
        self.wfile.write(rest[: line.cuts.pop(0)] if line.cuts else rest)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def portal(line: Line) -> Iterator[Portal]:
    """Yield a portal behind a line of ours."""
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.line = line
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Portal(f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
        thread.join()


def fetched(portal: Portal, folder: Path) -> bytes:
    """Download without waiting between tries."""
    file = download.download(portal, SECRET, folder, tell=lambda *_: None, pause=lambda _: None)
    assert [path.name for path in folder.iterdir()] == [file.name]
    return file.read_bytes()


def test_it_is_fetched_whole_and_once(portal: Portal, line: Line, tmp_path: Path) -> None:
    assert fetched(portal, tmp_path) == fetched(portal, tmp_path) == CONTENT
    assert line.asked == [(f"/b/{SECRET}/file", None)]


def test_after_a_cut_only_the_rest_is_asked_for(portal: Portal, line: Line, tmp_path: Path) -> None:
    line.cuts = [100_000, 0, 200_000]
    assert fetched(portal, tmp_path) == CONTENT
    assert [wanted for _, wanted in line.asked] == [None, "bytes=100000-", "bytes=100000-", "bytes=300000-"]


def test_a_line_that_brings_nothing_any_more_is_put_off_and_the_next_run_goes_on(
    portal: Portal, line: Line, tmp_path: Path
) -> None:
    line.cuts = [100_000, *[0] * download.MOST_TRIES]
    with pytest.raises(Unreachable):
        fetched(portal, tmp_path)
    assert fetched(portal, tmp_path) == CONTENT
    assert line.asked[-1][1] == "bytes=100000-"


def test_what_changed_behind_the_link_is_fetched_anew(portal: Portal, line: Line, tmp_path: Path) -> None:
    line.cuts = [100_000, *[0] * download.MOST_TRIES]
    with pytest.raises(Unreachable):
        fetched(portal, tmp_path)
    line.content = CONTENT[::-1]
    line.sha256 = hashlib.sha256(line.content).hexdigest()
    assert fetched(portal, tmp_path) == line.content


def test_a_part_that_is_whole_is_not_asked_for(portal: Portal, line: Line, tmp_path: Path) -> None:
    (tmp_path / f"download-{SHA256}.part").write_bytes(CONTENT)
    assert fetched(portal, tmp_path) == CONTENT
    assert line.asked == []


def test_bytes_that_are_not_those_that_were_promised_are_thrown_away(
    portal: Portal, line: Line, tmp_path: Path
) -> None:
    line.sha256 = "0" * 64
    with pytest.raises(Refused, match="danificado"):
        fetched(portal, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_link_that_leads_nowhere_is_said_so_and_one_too_large_is_not_begun(
    portal: Portal, line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "MOST_BYTES", len(CONTENT) - 1)
    with pytest.raises(Refused, match="grande demais"):
        fetched(portal, tmp_path)
    line.status = 404
    with pytest.raises(Refused, match="não vale mais"):
        fetched(portal, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("status", "sha256"), [(503, SHA256), (429, SHA256), (302, SHA256), (200, "wifi")])
def test_what_is_not_the_portals_answer_is_none(
    portal: Portal, line: Line, tmp_path: Path, status: int, sha256: str
) -> None:
    line.status, line.sha256 = status, sha256
    with pytest.raises(Unreachable):
        fetched(portal, tmp_path)
    assert len(line.asked) == download.MOST_TRIES


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"https://portal.example/b/{SECRET}", SECRET),
        (f" http://127.0.0.1:8000/portal/b/{SECRET}/file\n", SECRET),
        (f"https://portal.example/c/{SECRET}", None),
        ("https://portal.example/b/short", None),
        (f"ftp://portal.example/b/{SECRET}", None),
        ("/home/ana/backup.zip", None),
    ],
)
def test_of_a_pasted_link_only_the_secret_counts(text: str, secret: str | None) -> None:
    assert download.secret_of(text) == secret
