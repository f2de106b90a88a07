"""The portal as a process of its own on a test's database."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic, sleep

from portal.config import DEMO_RECEIVER, ROOT
from tests.payments.conftest import SECRET
from tests.test_server import PATIENCE, PAUSE, environment, free_port


@dataclass(frozen=True)
class Running:
    """A server process that is paid by Pix."""

    port: int
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def webhook(self) -> str:
        """Where the bank tells of payments."""
        return f"{self.url}/webhooks/pix/{SECRET}/pix"

    def stop(self) -> None:
        """Stop it as an operator does."""
        self.process.terminate()
        self.process.wait(PATIENCE)


@contextmanager
def running(folder: Path, database_url: str, **settings: object) -> Iterator[Running]:
    """Run ``app.py`` until the block ends."""
    port, log = free_port(), folder / "server.log"
    receiver = {"PORTAL_PIX_KEY": DEMO_RECEIVER.key, "PORTAL_PIX_NAME": "Loja", "PORTAL_PIX_CITY": "Santos"}
    ours = {"DATABASE_URL": database_url, "PORT": port, "PORTAL_SCHEDULER": 0, "PORTAL_PIX_WEBHOOK_SECRET": SECRET}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=environment(folder, **ours | receiver | settings),
            stdout=output, stderr=output,
        )  # fmt: skip
        server = Running(port, log, process)
        try:
            _wait_for(server)
            yield server
        finally:
            server.stop()


def _wait_for(server: Running) -> None:
    deadline = monotonic() + PATIENCE
    while server.process.poll() is None and monotonic() < deadline:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except ConnectionRefusedError:
            sleep(PAUSE)
        else:
            return
        finally:
            connection.close()
    raise AssertionError(f"the server did not start:\n{server.log.read_text()}")
