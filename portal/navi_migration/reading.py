"""A pre-flight under way: the reader's process, fed and listened to by a thread, so that nobody waits for it in a transaction.

The backup's ZIP stands in an anonymous file in memory while the reader has it open; it never touches a disk.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from threading import BoundedSemaphore, Thread, Timer
from typing import Any

from flask import Flask

from portal import database
from portal.config import ROOT
from portal.domain.errors import NotFound
from portal.domain.preflight import BackupFault, Report
from portal.extensions import db
from portal.models import NaviBackup
from portal.navi_migration import pieces

log = logging.getLogger(__name__)

PROGRAM = "portal.navi_migration.reader"
CPU_SECONDS, MEGABYTES = 120, 512
SECONDS = 300.0
"""By the clock: the reader is nice, and others may want the processor."""

MOST_SAID = 1024 * 1024
"""Bytes of a line that the reader says; its longest is the report."""

TURNS = BoundedSemaphore(2)
"""Readers at the same time in one process of ours."""


class Reading:
    """One reading of one backup; whoever asks sees how far it is, or what came of it."""

    def __init__(self, app: Flask, backup_id: int) -> None:
        """Begin. The caller has taken a turn, which is given back at the end."""
        self.done = self.total = 0
        self.is_over = self.is_gone = False
        self.report: dict[str, Any] | None = None
        self._app, self._backup_id = app, backup_id
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = Thread(target=self._run, name=f"reading-{backup_id}", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait for the end."""
        self._thread.join()

    def stop(self) -> None:
        """Have the reader killed."""
        if self._process is not None:
            self._process.kill()

    def _run(self) -> None:
        try:
            self.report = self._read()
        except NotFound:
            self.is_gone = True
        except Exception:
            log.exception("reading of backup %s broke down", self._backup_id)
        finally:
            self.is_over = True
            TURNS.release()

    def _read(self) -> dict[str, Any]:
        """Let the reader work and return its report; one of ours where it dies or takes too long."""
        command = [sys.executable, "-m", "portal.limits", PROGRAM, str(CPU_SECONDS), str(MEGABYTES)]
        content = self._in_memory()
        try:  # an empty environment: the reader has no use for our secrets
            process = self._process = subprocess.Popen(
                command, stdin=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT, env={}
            )
        finally:
            os.close(content)
        clock = Timer(SECONDS, process.kill)
        clock.start()
        try:
            with process:
                said = self._listen(process)
        finally:
            clock.cancel()
            process.kill()
        if said is None:
            log.warning("the reader of backup %s ended with %s", self._backup_id, process.returncode)
        return said or Report(fault=BackupFault.TOO_HEAVY).as_json()

    def _in_memory(self) -> int:
        """Return a file in memory with the backup's ZIP, from its beginning."""
        content = os.memfd_create("backup")
        try:
            with self._app.app_context(), database.reading():
                backup = db.session.get(NaviBackup, self._backup_id)
                if backup is None:
                    raise NotFound
                for part in pieces.content_of(backup):
                    _write(content, part)
            os.lseek(content, 0, os.SEEK_SET)
        except BaseException:
            os.close(content)
            raise
        return content

    def _listen(self, process: subprocess.Popen[bytes]) -> dict[str, Any] | None:
        """Follow what the reader says; returns its report, or None where it ends without one."""
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        while line := process.stdout.readline(MOST_SAID):
            if not line.endswith(b"\n"):
                return None
            said = json.loads(line)
            if "report" in said:
                return dict(said["report"])
            self.done, self.total = said["done"], said["total"]
        return None


def _write(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content) :]
