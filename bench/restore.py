"""``python -m bench.restore``: a Navi backup restored by Link, beside a bare bulk insert of the same rows.

The bare insert is ``executemany`` into the same tables from rows that another database hands over: no ZIP, no JSON, no rule.
Between the two stands the least that reads the format: unzip, ``json.loads``, ``executemany``, nothing looked at. Each runs in
a process of its own, in turns; figures are the medians.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from portal import clock
from portal.config import ROOT
from reference import restore
from reference.backup import open_backup
from reference.shop import SCHEMA

SIZES, ROUNDS = (2_000, 20_000, 200_000), 3
PAGE = ROOT / "docs" / "benchmarks-restore.md"
HEAD = (
    "| sales | rows | | seconds | CPU, s | × bare | memory at most, MB | of which the program alone |",
    "|--:|--:|---|--:|--:|--:|--:|--:|",
)
INTRODUCTION = """# A restore, beside a bare bulk insert of the same rows

Written by `python -m bench.restore --write` on {day}; {cpus} cores, Python {python}, SQLite {sqlite}; medians of {rounds} runs each,
in turns, each in a process of its own.

**Link** opens the ZIP, compares lengths and checksums with the manifest, holds every line against its JSON Schema and against
the lines before it, inserts, and then asks the database again for counts, sums, references and integrity before it has its
name. **ZIP and JSON** only unpacks, parses and inserts, looking at nothing. **Bare** is `executemany` alone: the rows come from
another SQLite database. All three write the same tables with the same indexes, without a journal, and wait for the disk once, at
the end. Memory is the most that the process had; what it has when nothing was read yet stands beside it. "× bare" compares
CPU seconds, which other work on the machine disturbs least.

"""
TABLES = ("customers", "products", "stock", "sales", "sale_items", "payments", "credits", "instalments")


def by_link(backup: Path, target: Path) -> None:
    """Restore as Link does."""
    with open_backup(backup) as found:
        restore.restore(found, target, now=datetime.now(UTC), tell=lambda *_: None)


def by_json(backup: Path, target: Path) -> None:
    """Unpack, parse and insert, and nothing else."""
    connection = _begun(target)
    with zipfile.ZipFile(backup) as archive:
        for entity, columns in restore.COLUMNS.items():
            rows = (json.loads(line) for line in archive.open(f"{entity}.jsonl"))
            _insert_rows(connection, entity, columns, rows)
    _finish(connection, target)


def bare(source: Path, target: Path) -> None:
    """Copy the rows of a restored database."""
    connection, there = _begun(target), sqlite3.connect(source)
    for table in TABLES:
        rows = there.execute(f"SELECT * FROM {table}")  # noqa: S608 - ours
        connection.executemany(restore.insertion(table, [column[0] for column in rows.description]), rows)
    _finish(connection, target)


WAYS: dict[str, Callable[[Path, Path], None]] = {"Link": by_link, "ZIP and JSON": by_json, "bare": bare}


def _begun(target: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(target, isolation_level=None)
    connection.executescript(restore.ALONE + SCHEMA.read_text(encoding="utf-8"))
    connection.execute("BEGIN")
    return connection


def _insert_rows(
    connection: sqlite3.Connection, entity: str, columns: tuple[str, ...], rows: Iterator[dict[str, Any]]
) -> None:
    """Insert lines, each with what stands inside it; of credits those with something unpaid, as Link does."""
    parts = restore.PARTS.get(entity, ())
    for row in rows:
        if entity == "credits" and not any(part["amount_cents"] > part["paid_cents"] for part in row["instalments"]):
            continue
        connection.execute(restore.insertion(entity, columns), [row.get(name) for name in columns])
        for name, table, refers, rest in parts:
            values = ([row["id"], number, *map(part.get, rest)] for number, part in enumerate(row[name], 1))
            connection.executemany(restore.insertion(table, (refers, "number", *rest)), values)


def _finish(connection: sqlite3.Connection, target: Path) -> None:
    connection.execute("COMMIT")
    connection.close()
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _measure(way: str, source: Path, target: Path) -> None:
    """Run in a process of its own, and print what it took."""
    before, began, used = _most_mb(), time.perf_counter(), time.process_time()
    WAYS[way](source, target)
    took, used = time.perf_counter() - began, time.process_time() - used
    print(json.dumps({"seconds": took, "cpu": used, "before": before, "most": _most_mb()}))


def _most_mb() -> float:
    """Return the most memory that this process has had: by the kernel's mark, which begins anew with a program."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _run(way: str, source: Path, target: Path) -> dict[str, float]:
    target.unlink(missing_ok=True)
    command = [sys.executable, "-m", "bench.restore", "--inside", way, str(source), str(target)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def _measured(sales: int, folder: Path, rounds: int) -> Iterator[str]:
    """Yield the table's rows for a backup of one size."""
    backup, restored = folder / f"{sales}.zip", folder / "restored.db"
    samples = [sys.executable, "-m", "reference.navi", "samples", str(backup), "--sales", str(sales)]
    subprocess.run(samples, cwd=ROOT, check=True, capture_output=True)
    restored.unlink(missing_ok=True)
    by_link(backup, restored)
    sources = {"Link": backup, "ZIP and JSON": backup, "bare": restored}
    runs = [{way: _run(way, sources[way], folder / "target.db") for way in WAYS} for _ in range(rounds)]
    least = median(run["bare"]["cpu"] for run in runs)
    for way in WAYS:
        took, cpu, before, most = (
            median(run[way][name] for run in runs) for name in ("seconds", "cpu", "before", "most")
        )
        times = f"{took:.2f} | {cpu:.2f} | {cpu / least:.1f}"
        row = f"| {sales:,} | {_rows(restored):,} | {way} | {times} | {most:.0f} | {before:.0f} |"
        print(row, flush=True)
        yield row


def _rows(restored: Path) -> int:
    connection = sqlite3.connect(restored)
    counted = (connection.execute(f"SELECT count(*) FROM {table}") for table in TABLES)  # noqa: S608 - ours
    return sum(int(found.fetchone()[0]) for found in counted)


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench.restore", description=__doc__)
    parser.add_argument("--sales", type=int, nargs="+", default=SIZES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks-restore.md")
    parser.add_argument("--inside", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        way, source, target = given.inside
        _measure(way, Path(source), Path(target))
        return
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        rows = [row for sales in given.sales for row in _measured(sales, Path(folder), given.rounds)]
    if given.write:
        introduction = INTRODUCTION.format(
            day=clock.today(), cpus=os.cpu_count(), python=platform.python_version(), sqlite=sqlite3.sqlite_version,
            rounds=given.rounds,
        )  # fmt: skip
        PAGE.write_text(introduction + "\n".join([*HEAD, *rows]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
