"""The servers that are measured, each a process of its own, with the same settings of the same server."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from bench.stores import Store, environment
from portal.config import ROOT

START_SECONDS = 30.0


@contextmanager
def portal(store: Store) -> Iterator[int]:
    """Yield the port of the portal, started as an operator starts it."""
    port = _free_port()
    env = environment(store.url, store.folder) | {"PORT": str(port)}
    with _running(["app.py"], port, env):
        yield port


@contextmanager
def bare(store: Store) -> Iterator[int]:
    """Yield the port of the bare handlers."""
    port = _free_port()
    with _running(["-m", "bench.bare", str(store.bare_file), str(port)], port, environment(store.url, store.folder)):
        yield port


@contextmanager
def _running(arguments: Sequence[str], port: int, env: Mapping[str, str]) -> Iterator[None]:
    command = [sys.executable, *arguments]
    silent = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdin=silent, stdout=silent, stderr=silent)
    try:
        _wait_for(process, port)
        yield
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
