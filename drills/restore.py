"""Link's restore of a Navi backup is killed again and again; then it is given backups that mean harm.

A machine has restored data of one backup when a larger one is to take their place. Whatever happens, what is there afterwards
is the one or the other, to the byte. It is the installed program that runs (``reference.link``), in its own dialogue.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
import re
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import inf
from pathlib import Path
from time import monotonic, sleep

from drills.report import Row
from portal.config import ROOT
from tests import navi_corpus as corpus

ROUNDS, SALES = (20, 4), (200_000, 4_000)
BAD_LINE = (150_000, 3_000)
FEW_SALES = 100
MOST_GROWTH_MB, MOST_HOSTILE_MB, HOSTILE_SECONDS = 24.0, 160.0, 8.0
NOW = "2025-07-10T12:00:00-03:00"
"""When everything is restored, so that the same backup makes the same file."""

NOBODY, OTHER_BACKUP, NAVI, YES, OK = "00.000.000/0000-00", "Restaurar outro backup", "Navi Vendas", "Sim", ""
NEW_MACHINE = ("Ou restaure um backup",)
WITH_DATA = (NOBODY, OTHER_BACKUP)
REFUSED = "O backup não foi restaurado."


@dataclass(frozen=True)
class Ran:
    """What became of a run of the program."""

    screen: str
    seconds: float
    rss_mb: float


class Machine:
    """A folder with the program on it; nothing is activated, data that were restored wait."""

    def __init__(self, folder: Path) -> None:
        """Make the folder."""
        self.home, self.staged, self._screen = folder / "home", folder / "home" / "staged.db", folder / "screen"
        folder.mkdir()

    def restore(self, backup: Path, kill_after: float | None = None) -> Ran:
        """Choose a backup and restore it, or go on with the one whose restore was killed."""
        begins = WITH_DATA if self.staged.exists() else NEW_MACHINE
        typed = (YES, YES, OK) if self.is_under_way() else (*begins, NAVI, str(backup), YES, OK)
        return self._run(typed, kill_after)

    def digest(self) -> str:
        """Return the SHA-256 of the restored data."""
        return _sha256(self.staged)

    def strangers(self) -> list[str]:
        """Return what lies about that a run which ended leaves nothing of."""
        return sorted({path.name for path in self.home.iterdir()} - {"state.json", "open.lock", "staged.db"})

    def is_under_way(self) -> bool:
        """Return whether a backup was chosen that was not restored yet."""
        state = self.home / "state.json"
        return state.exists() and bool(json.loads(state.read_text(encoding="utf-8"))["taking"])

    def _run(self, typed: Sequence[str], kill_after: float | None) -> Ran:
        command = [sys.executable, "-m", "reference.link", "--home", str(self.home), "--now", NOW, "open"]
        began = monotonic()
        with tempfile.TemporaryFile() as keyboard, self._screen.open("wb") as screen:
            keyboard.write("".join(f"{line}\n" for line in typed).encode())
            keyboard.seek(0)
            process = subprocess.Popen(command, cwd=ROOT, stdin=keyboard, stdout=screen, stderr=screen)
            rss_mb, deadline = 0.0, began + (inf if kill_after is None else kill_after)
            while process.poll() is None:
                rss_mb = max(rss_mb, _most_mb(process.pid))
                if monotonic() >= deadline:
                    process.kill()
                sleep(0.01)
        told = self._screen.read_text(encoding="utf-8")
        return Ran(told, monotonic() - began, rss_mb)


def run(*, is_quick: bool) -> Iterator[Row]:
    """Drill the kills, then the hostile backups."""
    with tempfile.TemporaryDirectory(prefix="portal-drill-") as own:
        folder = Path(own)
        few, many = _sample(folder / "few.zip", FEW_SALES), _sample(folder / "many.zip", SALES[is_quick])
        yield _kills(folder, few, many, ROUNDS[is_quick])
        yield _hostile(folder, few, many, BAD_LINE[is_quick], every=12 if is_quick else 1)


def _kills(folder: Path, few: Path, many: Path, rounds: int) -> Row:
    """Restore the larger backup over the smaller one, killed at random moments, until a round is left alone."""
    row, chance, machine = Row("restore", "SQLite", rounds), random.Random(7), Machine(folder / "killed")
    small, large = (Machine(folder / name) for name in ("small", "large"))
    least, whole = small.restore(few), large.restore(many)
    expected = {small.digest(): "old", large.digest(): "new"}
    machine.restore(few)
    found, drafts = Counter[str](), 0
    for number in range(1, rounds + 1):
        machine.restore(many, chance.uniform(0, whole.seconds * 1.05))
        drafts += "staged.db.draft" in machine.strangers()
        there = expected.get(machine.digest(), "neither")
        found[there] += 1
        if there == "neither":
            row.faults.append(f"round {number}: what is there is neither the old data nor the new")
        if there == "new":
            if machine.is_under_way():
                machine.restore(many)
            machine.restore(few)
    last = machine.restore(many)
    if expected.get(machine.digest()) != "new" or machine.strangers():
        row.faults.append(f"in the end: {machine.strangers()}, {last.screen[-300:]}")
    if whole.rss_mb > least.rss_mb + MOST_GROWTH_MB:
        row.faults.append(f"memory: {least.rss_mb:.0f} MB for {FEW_SALES} sales, {whole.rss_mb:.0f} MB for all")
    row.counted = (
        f"{_sales(many):,} sales, {whole.seconds:.1f} s left alone; killed {rounds} times, {drafts} half-built files: found "
        f"the old data {found['old']} times, the new {found['new']}, whole each time; "
        f"{whole.rss_mb:.0f} MB at most ({least.rss_mb:.0f} MB for {FEW_SALES} sales)"
    )
    return row


def _hostile(folder: Path, few: Path, many: Path, bad_line: int, *, every: int) -> Row:
    """Give a machine with restored data every bad backup there is: each is refused with its reason, nothing changes."""
    machine, bad = Machine(folder / "hostile"), folder / "bad.zip"
    machine.restore(few)
    before, slowest, most_mb = machine.digest(), (0.0, ""), 0.0
    cases = [(case.name, case.make(), str(case.line) if case.line else "") for case in corpus.BAD[::every]]
    cases.append(("half of a file", many.read_bytes()[: many.stat().st_size // 2], ""))
    row = Row("restore: hostile", "SQLite", len(cases) + 1)
    for name, content, place in [*cases, (f"line {bad_line:,} is bad", _with_bad_line(many, bad_line), str(bad_line))]:
        bad.write_bytes(content)
        ran = machine.restore(bad)
        if REFUSED not in ran.screen or (place and f"linha {place}" not in ran.screen):
            row.faults.append(f"{name}: {ran.screen[-300:]}")
        if machine.digest() != before or machine.strangers():
            row.faults.append(f"{name}: something changed, {machine.strangers()}")
        if ran.seconds > HOSTILE_SECONDS and place != str(bad_line):
            row.faults.append(f"{name} was refused after {ran.seconds:.1f} s")
        most_mb = max(most_mb, ran.rss_mb)
        slowest = max(slowest, (ran.seconds, name))
    if most_mb > MOST_HOSTILE_MB:
        row.faults.append(f"memory: {most_mb:.0f} MB")
    row.counted = (
        f"{row.rounds} bad backups refused with their reason, the slowest ({slowest[1]}) after {slowest[0]:.1f} s, "
        f"{most_mb:.0f} MB at most; the data that were there stayed, to the byte"
    )
    return row


def _sample(file: Path, sales: int) -> Path:
    """Have Navi make a backup of a shop with so many sales."""
    command = [sys.executable, "-m", "reference.navi", "samples", str(file), "--sales", str(sales)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return file


@cache
def _files(backup: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(backup) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _sales(backup: Path) -> int:
    return _files(backup)["sales.jsonl"].count(b"\n")


def _with_bad_line(backup: Path, line: int) -> bytes:
    """Return a backup, right but for one sale whose total is no number; the manifest knows of it."""
    files = {name: content for name, content in _files(backup).items() if name != corpus.MANIFEST}
    lines = io.BytesIO(files["sales.jsonl"]).readlines()
    lines[line - 1] = lines[line - 1].replace(b'"total_cents":', b'"total_cents":-', 1)
    return corpus.backup(files | {"sales.jsonl": b"".join(lines)})


def _most_mb(pid: int) -> float:
    """Return the most memory that a process has had so far; what it was forked from does not count, as it would for wait4."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
