"""Has strangers' spreadsheets read by a process of its own, which may be killed: a library that hangs hangs there."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from threading import BoundedSemaphore
from typing import Any

from portal.config import ROOT
from portal.domain.imports import MOST_BYTES, FileFault, FileRefused

log = logging.getLogger(__name__)

SECONDS = 6.5
"""How long a reading may take by the clock; by processor time it ends itself earlier (``sheet_reader.fence``)."""

WAITING_SECONDS = 1.0
AT_ONCE = 2
"""Readings at the same time in one process of ours: memory and processors are everybody's."""

_turns = BoundedSemaphore(AT_ONCE)

Sheet = list[tuple[int, list[str]]]
"""Numbered rows of cells; the first one holds the titles."""


def read_sheet(content: bytes) -> Sheet:
    """Return what a CSV or XLSX file holds; nothing is known of the file's harm until then.

    Raises:
        FileRefused: it cannot be imported, and why.
    """
    if len(content) > MOST_BYTES:
        raise FileRefused(FileFault.TOO_LARGE)
    if not _turns.acquire(timeout=WAITING_SECONDS):
        raise FileRefused(FileFault.BUSY)
    try:
        said = _ask(content)
    finally:
        _turns.release()
    if fault := FileFault.parse(said.get("fault")):
        raise FileRefused(fault)
    return [(number, cells) for number, cells in said["rows"]]


def _ask(content: bytes) -> dict[str, Any]:
    """Let the reader work; one that dies or takes too long was given something too heavy for its limits."""
    command = [sys.executable, "-m", "portal.imports.sheet_reader"]
    try:  # an empty environment: the reader has no use for our secrets
        done = subprocess.run(
            command, input=content, capture_output=True, timeout=SECONDS, cwd=ROOT, env={}, check=True
        )
    except subprocess.TimeoutExpired:
        return {"fault": FileFault.TOO_HEAVY.value}
    except subprocess.CalledProcessError as error:
        log.warning(
            "reader of sheets ended with %s: %s", error.returncode, error.stderr[-300:].decode(errors="replace")
        )
        return {"fault": FileFault.TOO_HEAVY.value}
    said: dict[str, Any] = json.loads(done.stdout)
    return said
