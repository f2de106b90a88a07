"""The program that looks through a backup: a process of its own, held by limits, whose death harms nobody.

The ZIP is its standard input, a file that can seek; out go lines of JSON: {"done": lines, "total": lines} now and then, and at
the end {"report": ...} (``portal.domain.preflight.Report``). Only what is needed is imported.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO

from portal.domain.navi_backup import (
    FORMAT,
    HEAD,
    MANIFEST,
    MANIFEST_SHAPE,
    MOST_LINE_BYTES,
    NAMES,
    Entity,
)
from portal.domain.navi_checks import Checker
from portal.domain.preflight import MOST_PROBLEMS, BackupFault, BadBackup, Problem, Report
from portal.domain.shapes import Flaw, Unreadable, read
from portal.navi_migration.archive import Archive

TOLD_EVERY = 2_000
"""Lines."""

TOO_LONG = f"a linha passa de {MOST_LINE_BYTES // 1024} KB"

Tell = Callable[[int, int], None]
"""Hears of progress: lines that were read, of how many."""


def look_through(file: BinaryIO, tell: Tell) -> Report:
    """Return what is to be told of a backup."""
    try:
        archive = Archive(file)
        manifest = _manifest(b"".join(archive.chunks(MANIFEST)))
        for told in manifest["files"]:
            _ensure_whole(archive, told)
        return _report(archive, manifest, tell)
    except BadBackup as bad:
        return Report(fault=bad.fault, file=bad.file, detail=bad.detail)
    except MemoryError:
        return Report(fault=BackupFault.TOO_HEAVY)


def _manifest(content: bytes) -> dict[str, Any]:
    """Return a manifest of a format that is known here, which names every file once."""
    with suppress(Unreadable):
        if read(HEAD, content)["format"] > FORMAT:
            raise BadBackup(BackupFault.NEWER_FORMAT)
    try:
        manifest = read(MANIFEST_SHAPE, content)
    except Unreadable as error:
        flaw = error.flaws[0]
        raise BadBackup(BackupFault.MANIFEST, MANIFEST, f"{flaw.pointer} {flaw.detail}".strip()) from None
    if sorted([MANIFEST, *(one["name"] for one in manifest["files"])]) != sorted(NAMES):
        raise BadBackup(BackupFault.MANIFEST, MANIFEST, "/files deve trazer cada arquivo uma vez")
    return manifest


def _ensure_whole(archive: Archive, told: dict[str, Any]) -> None:
    """Refuse a file that is not the one whose length, SHA-256 and lines the manifest tells."""
    digest, size, rows, last = hashlib.sha256(), 0, 0, b"\n"
    for chunk in archive.chunks(told["name"]):
        digest.update(chunk)
        size, rows, last = size + len(chunk), rows + chunk.count(b"\n"), chunk[-1:]
    if (size, digest.hexdigest(), rows + (last != b"\n")) != (told["bytes"], told["sha256"], told["rows"]):
        raise BadBackup(BackupFault.CHECKSUM, told["name"])


def _report(archive: Archive, manifest: dict[str, Any], tell: Tell) -> Report:
    counts = {entity: told["rows"] for entity in Entity for told in manifest["files"] if told["name"] == entity.file}
    found, total = _Findings(), sum(counts.values())
    for entity in Entity:
        for number, line in enumerate(archive.lines(entity.file), 1):
            found.line(entity, number, line)
            if found.lines % TOLD_EVERY == 1:
                tell(found.lines, total)
    program = manifest["program"]
    return Report(
        document=manifest["document"], name=manifest["name"], program=f"{program['name']} {program['version']}",
        created_at=manifest["created_at"].isoformat(), counts=counts, sums=found.checker.sums,
        problems=found.problems, all_problems=found.all_problems,
    )  # fmt: skip


class _Findings:
    """What came up line by line."""

    def __init__(self) -> None:
        self.checker, self.lines = Checker(), 0
        self.problems, self.all_problems = list[Problem](), 0

    def line(self, entity: Entity, number: int, content: bytes) -> None:
        """Check the next line."""
        self.lines += 1
        is_long = len(content) > MOST_LINE_BYTES
        flaws = [Flaw("", TOO_LONG)] if is_long else self.checker.line(entity, content)
        self.all_problems += len(flaws)
        for flaw in flaws[: MOST_PROBLEMS - len(self.problems)]:
            self.problems.append(Problem(entity.file, number, flaw.pointer, flaw.detail))


def main() -> None:
    """Look through standard input."""

    def say(**told: Any) -> None:
        sys.stdout.write(f"{json.dumps(told)}\n")
        sys.stdout.flush()

    report = look_through(sys.stdin.buffer, lambda done, total: say(done=done, total=total))
    say(report=report.as_json())


if __name__ == "__main__":
    main()
