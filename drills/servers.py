"""Server processes: started as an operator starts them, killed, stopped, listened to."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from time import monotonic, sleep
from types import TracebackType
from typing import Self

from drills.browser import CUT, HOST, ask
from drills.stage import Stage
from portal.config import ROOT

START_SECONDS = 30.0
ENTRY = re.compile(r"^(?=\d{4}-\d\d-\d\d )", re.MULTILINE)
COMPLAINT = re.compile(r"\S+ \S+ (?:ERROR|CRITICAL) ")


class Server:
    """One process of the portal on a port of its own, kept over restarts."""

    def __init__(self, stage: Stage, command: tuple[str, ...] = ("app.py",)) -> None:
        """Choose a free port; nothing runs yet."""
        self.port, self._command = free_port(), (sys.executable, *command)
        self._environ = stage.environ | {"PORT": str(self.port), "PYTHONUNBUFFERED": "1"}
        self._log = stage.logs / f"server-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start the process and wait until it answers.

        Raises:
            RuntimeError: it ended, or did not answer in time.
        """
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, cwd=ROOT, env=self._environ, stdout=log, stderr=log)
        deadline = monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the server did not start: {self._log.read_text()[-800:]}")
            sleep(0.03)

    def _answers(self) -> bool:
        try:
            return ask(self.port, "GET", "/login", headers={}, timeout=5).status == 200
        except CUT:
            return False

    def kill(self) -> None:
        """SIGKILL, if it still runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int | None:
        """The number of the process that runs, or ran last."""
        return self._process.pid if self._process else None

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def ask_to_stop(self) -> None:
        """SIGTERM."""
        assert self._process
        self._process.send_signal(signal.SIGTERM)

    def exit_status(self, timeout: float) -> int | None:
        """Return the exit status, waiting for it at most so many seconds; None where it still runs."""
        assert self._process
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def complaints(self) -> list[str]:
        """Return the errors that the server wrote to its log so far: the first line and the last of each."""
        entries = ENTRY.split(self._log.read_text(encoding="utf-8", errors="replace"))
        lines = [entry.splitlines() for entry in entries if COMPLAINT.match(entry)]
        return [" … ".join(dict.fromkeys((entry[0], entry[-1]))) for entry in lines]


def free_port() -> int:
    """Return a port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
