"""Has strangers' files read by a process of its own, which may be killed: a library that hangs hangs there."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from threading import BoundedSemaphore
from typing import Any

from portal.config import ROOT

log = logging.getLogger(__name__)

SECONDS = 6.5
"""How long a reading may take by the clock; by processor time it ends itself earlier (``portal.limits``)."""

WAITING_SECONDS = 1.0
AT_ONCE = 2
"""Readings of a kind at the same time in one process of ours: memory and processors are everybody's."""


class Busy(Exception):  # noqa: N818 - said to whoever waits, not a fault
    """Others are being read; there was no turn to be had."""


class TooHeavy(Exception):  # noqa: N818 - as above
    """The reader died or took too long: it was given something too heavy for its limits."""


class Fence:
    """Where one kind of file is read, by a program of ours that answers JSON."""

    def __init__(self, program: str) -> None:
        """Name the program's module; it takes its input on standard input, held by limits from its first moment."""
        self._program = program
        self.turns = BoundedSemaphore(AT_ONCE)

    def ask(self, content: bytes) -> dict[str, Any]:
        """Let the program work and return what it says.

        Raises:
            Busy, TooHeavy: it says nothing.
        """
        if not self.turns.acquire(timeout=WAITING_SECONDS):
            raise Busy
        try:
            return self._answer(content)
        finally:
            self.turns.release()

    def _answer(self, content: bytes) -> dict[str, Any]:
        command = [sys.executable, "-m", "portal.limits", self._program]
        try:  # an empty environment: the reader has no use for our secrets
            done = subprocess.run(
                command, input=content, capture_output=True, timeout=SECONDS, cwd=ROOT, env={}, check=True
            )
        except subprocess.TimeoutExpired:
            raise TooHeavy from None
        except subprocess.CalledProcessError as error:
            said = error.stderr[-300:].decode(errors="replace")
            log.warning("%s ended with %s: %s", self._program, error.returncode, said)
            raise TooHeavy from None
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer
