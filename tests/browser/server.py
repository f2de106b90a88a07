"""The portal as a process of its own, its clock held, with a second hand on its database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from urllib.request import urlopen

from portal.config import ROOT

SECRET_KEY = "only-for-browser-tests-" + "x" * 32
PATIENCE, PAUSE = 120, 0.05


@dataclass(frozen=True)
class Server:
    """Where the portal answers, what it keeps its data in, and who is told every text that it answers a browser."""

    url: str
    instance: Path
    database_url: str
    told: Callable[[str], None] | None = None


Serving = Callable[[Path, str], AbstractContextManager[Server]]


def running_server(instance: Path, now: str) -> AbstractContextManager[Server]:
    """Run the demo on a free port until the block ends: one process or, with --behind-proxy, two that die."""
    return _serving(instance, now)


def serve_by(serving: Serving) -> None:
    """Let portals run otherwise than as one process on SQLite."""
    global _serving  # noqa: PLW0603 - the one switch of where portals run
    _serving = serving


@contextmanager
def _one_process(instance: Path, now: str) -> Iterator[Server]:
    """Run it on SQLite; it stops as it does for an operator, by SIGTERM."""
    port = _free_port()
    ours = {
        "PORTAL_DEMO": "1",
        "PORTAL_NOW": now,
        "PORTAL_INSTANCE": str(instance),
        "PORTAL_SECRET_KEY": SECRET_KEY,
        "PORTAL_SCHEDULER": "1",
        "PORT": str(port),
    }
    theirs = {name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "DATABASE_URL"))}
    log = instance / "server.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "tests.browser.portal", "--prepare"]
        process = subprocess.Popen(command, cwd=ROOT, env=theirs | ours, stdout=output, stderr=subprocess.STDOUT)
        try:
            server = Server(f"http://127.0.0.1:{port}", instance, f"sqlite:///{instance / 'portal.db'}")
            _wait_for(server, process, log)
            yield server
        finally:
            process.terminate()
            process.wait(PATIENCE)


_serving: Serving = _one_process


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


def _wait_for(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = monotonic() + PATIENCE
    while process.poll() is None and monotonic() < deadline:
        try:
            with urlopen(f"{server.url}/login", timeout=PATIENCE):
                return
        except OSError:
            with suppress(subprocess.TimeoutExpired):
                process.wait(PAUSE)
    raise AssertionError(f"the server did not start:\n{log.read_text(encoding='utf-8', errors='replace')}")
