"""The servers that are measured, each a process of its own, with the same settings of the same server."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.stores import Store, environment
from portal.config import ROOT

START_SECONDS = 30.0


@dataclass(frozen=True)
class Server:
    """A server that runs: where it listens, and the process whose work can be read off."""

    port: int
    pid: int

    def worked_ms(self) -> float:
        """Return how long the process has been on a processor, in milliseconds; 0 where no Linux tells."""
        threads = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text("ascii").split()[0]) for thread in threads) / 1e6


@contextmanager
def portal(store: Store) -> Iterator[Server]:
    """Yield the portal, started as an operator starts it."""
    port = _free_port()
    env = environment(store.url, store.folder) | {"PORT": str(port)}
    with _running(["app.py"], port, env) as server:
        yield server


@contextmanager
def bare(store: Store) -> Iterator[Server]:
    """Yield the bare handlers."""
    port = _free_port()
    arguments = ["-m", "bench.bare", str(store.bare_file), str(port)]
    with _running(arguments, port, environment(store.url, store.folder)) as server:
        yield server


@contextmanager
def bare_check_in(store: Store) -> Iterator[Server]:
    """Yield the bare handler of check-ins, on the database that the portal has."""
    port = _free_port()
    with _running(
        ["-m", "bench.bare_check_in", store.url, str(port)], port, environment(store.url, store.folder)
    ) as one:
        yield one


@contextmanager
def _running(arguments: Sequence[str], port: int, env: Mapping[str, str]) -> Iterator[Server]:
    command = [sys.executable, *arguments]
    silent = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdin=silent, stdout=silent, stderr=silent)
    try:
        _wait_for(process, port)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}: {process.args!r}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"the server does not answer: {process.args!r}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
