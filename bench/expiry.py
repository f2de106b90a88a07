"""``python -m bench.expiry``: the job of license expiry on a million clients, beside its bare SQL.

The bare SQL is what the job sends, noted on a first run over a copy and sent again over another by the driver alone:
the same statements, the same triggers, no SQLAlchemy and no portal around them.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from datetime import date
from datetime import time as hour
from pathlib import Path
from typing import Any

from bench import stores
from bench.stores import Store, environment
from portal.config import ROOT

LARGEST_RATIO = 2.0
PAGE = ROOT / "docs" / "benchmarks-expiry.md"
HEAD = (
    "| database | clients | notices | job, s | bare SQL, s | × | at most 2 × | run again, s | memory, MB |",
    "|---|--:|--:|--:|--:|--:|---|--:|--:|",
)
INTRODUCTION = """# The night of license expiry, beside its bare SQL

Written by `python -m bench.expiry --write`. The job runs as on a server, on the night that makes the most notices. The
bare SQL is what it sends, sent again over a fresh copy of the database by the driver alone. Memory is what the process
grew by during the job: it should not follow the number of clients.

"""
Statements = list[tuple[str, Any]]
MEASURED_ON = date(2025, 7, 7)
"""Three days before the usual due day: the night that makes the most notices."""


def _measure_job(note: str) -> None:
    """Run in a process of its own: the job, its time and its memory; ``note`` is where its statements are written down."""
    from sqlalchemy import Engine, event

    from jobs import expire_licenses
    from portal import clock
    from portal.factory import create_app

    sent: list[tuple[str, Any]] = []
    moment = clock.moment_of(MEASURED_ON, hour(6))
    with create_app().app_context():
        if note:
            event.listen(Engine, "before_cursor_execute", lambda _c, _k, text, given, *_: sent.append((text, given)))
            event.listen(Engine, "commit", lambda _c: sent.append(("COMMIT", ())))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.perf_counter()
        counts = expire_licenses.run(moment)
        took = time.perf_counter() - began
        again = time.perf_counter()
        assert not any(expire_licenses.run(moment).values()), "run twice, made twice"
        second = time.perf_counter() - again
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    if note:
        end = next(number for number, (text, _) in enumerate(sent) if "DELETE FROM notices" in text)
        Path(note).write_text(json.dumps([*sent[: end + 1], ("COMMIT", ())], default=str), encoding="utf-8")
    print(json.dumps({"took": took, "second": second, "grown_mb": grown, "made": sum(counts.values())}))


def _measure_bare(store: Store, note: str) -> float:
    """Send the statements that were noted by the driver alone."""
    statements = json.loads(Path(note).read_text(encoding="utf-8"))
    return _bare_sqlite(store, statements) if store.kind == "sqlite" else _bare_postgresql(store, statements)


def _bare_sqlite(store: Store, statements: Statements) -> float:
    from portal.database import sqlite_module

    connection = sqlite_module().connect(str(store.bare_file), isolation_level=None)
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16000"):
        connection.execute(f"PRAGMA {setting}")
    began, is_open = time.perf_counter(), False
    for text, given in statements:
        if text.startswith(("BEGIN", "PRAGMA")):
            continue
        if text == "COMMIT":
            if is_open:
                connection.execute("COMMIT")
            is_open = False
            continue
        if not is_open:
            connection.execute("BEGIN IMMEDIATE")
            is_open = True
        connection.execute(text, given)
    took = time.perf_counter() - began
    connection.close()
    return took


def _bare_postgresql(store: Store, statements: Statements) -> float:
    import psycopg

    with psycopg.connect(store.url) as connection:
        began = time.perf_counter()
        for text, given in statements:
            if text == "COMMIT":
                connection.commit()
            else:
                connection.execute(text, given)
        connection.commit()
        return time.perf_counter() - began


def _job(store: Store, note: str = "") -> dict[str, float]:
    run = subprocess.run(
        [sys.executable, "-m", "bench.expiry", "--inside", note or "-"],
        cwd=ROOT, env=environment(store.url, store.folder), check=True, capture_output=True, text=True,
    )  # fmt: skip
    return dict(json.loads(run.stdout.splitlines()[-1]))


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench.expiry", description=__doc__)
    parser.add_argument("--clients", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--database", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks-expiry.md")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        _measure_job("" if given.inside == "-" else given.inside)
        return
    rows = [_row(kind, clients) for clients in given.clients for kind in given.database]
    if given.write:
        PAGE.write_text(INTRODUCTION + "\n".join([*HEAD, *rows]) + "\n", encoding="utf-8")


def _row(kind: str, clients: int) -> str:
    """Measure one database of one size, and return and print the table's row."""
    note = str(stores.CACHE / f"statements-{os.getpid()}.json")
    with stores.opened(kind, clients) as store:
        _job(store, note)
    with stores.opened(kind, clients) as store:
        figures = _job(store)
    with stores.opened(kind, clients) as store:
        bare = _measure_bare(store, note)
    Path(note).unlink()
    ratio = figures["took"] / bare
    verdict = "kept" if ratio <= LARGEST_RATIO else "**missed**"
    cells = (
        kind, f"{clients:,}", f"{figures['made']:,}", f"{figures['took']:.1f}", f"{bare:.1f}", f"{ratio:.2f}", verdict,
        f"{figures['second']:.1f}", f"+{figures['grown_mb']}",
    )  # fmt: skip
    row = f"| {' | '.join(cells)} |"
    print(row, flush=True)
    return row


if __name__ == "__main__":
    main()
