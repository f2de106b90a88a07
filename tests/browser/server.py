"""The portal as a process of its own, its clock held, with a second hand on its database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from urllib.request import urlopen

from portal.config import ROOT

SECRET_KEY = "only-for-browser-tests-" + "x" * 32
PATIENCE, PAUSE = 120, 0.05


@dataclass(frozen=True)
class Server:
    """Where the portal answers, and what it keeps its data in."""

    url: str
    instance: Path

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.instance / 'portal.db'}"


@contextmanager
def running_server(instance: Path, now: str) -> Iterator[Server]:
    """Run the demo on a free port until the block ends; it stops as it does for an operator, by SIGTERM."""
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
            server = Server(f"http://127.0.0.1:{port}", instance)
            _wait_for(server, process, log)
            yield server
        finally:
            process.terminate()
            process.wait(PATIENCE)


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
