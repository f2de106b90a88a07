"""The figures as tables, and the promises that they keep or miss."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.cases import SEARCH, WHOLE
from bench.measure import Throughput, Timing
from portal import clock
from portal.config import ROOT
from portal.database import sqlite_module

FILE = ROOT / "docs" / "benchmarks.md"
LARGEST_RATIO, LARGEST_GROWTH, MOST_QUERIES, LONGEST_SEARCH_MS = 6.0, 1.3, 6, 50.0
PROMISED, MILLION = 100_000, 1_000_000
HEAD = "| | p50 ms | p95 ms | × bare | CPU ms | × bare | bytes | queries |"
INTRODUCTION = """# Benchmarks

Written by `{command}` on {day}; {cpus} cores, Python {python}, SQLite {sqlite}.

The portal runs as `python app.py`, complete: session, CSRF, permissions, counters, ETag, compression, security headers.
Beside it, under the same server with the same threads, runs a bare Flask handler that shows 50 clients by one keyset
query on the same SQLite file and f-strings (`bench/bare.py`). Every case takes turns with that handler on connections
that are kept open; "× bare" is the ratio of the medians of that very case's turns. "CPU ms" is the time that
the server's process was on a processor, PostgreSQL's own apart; other work on the machine disturbs it least. Bytes are those of the answer as it
travels, headers included. Lists are fragments of 25 rows unless they say otherwise. All requests are those of the
largest of 50 partners. No answer is kept from one request for the next.
"""


@dataclass(frozen=True)
class Result:
    """All that was measured on one database."""

    kind: str
    clients: int
    largest: int
    timings: Sequence[Timing]
    queries: dict[str, int]
    throughputs: Sequence[Throughput]

    @property
    def title(self) -> str:
        """Return the heading of the tables."""
        kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[self.kind]
        return f"{kind}, {self.clients:,} clients, {self.largest:,} of them of the partner that asks"

    def timing(self, name: str) -> Timing:
        """Return a case's timing."""
        return next(timing for timing in self.timings if timing.case.name == name)

    def tables(self) -> Iterator[str]:
        """Yield the lines of the tables, in Markdown."""
        yield from (f"## {self.title}", "", HEAD, "|---|--:|--:|--:|--:|--:|--:|--:|")
        for timing in self.timings:
            queries = self.queries.get(timing.case.name, "")
            times = f"{timing.p50:.1f} | {timing.p95:.1f} | {timing.ratio:.1f}"
            work = f"{timing.cpu:.1f} | {timing.cpu_ratio:.1f}" if timing.is_of_portal else " | "
            yield f"| {timing.case.name} | {times} | {work} | {timing.size:,} | {queries} |"
        yield from ("", "| 4 connections at once | p50 ms | answers a second |", "|---|--:|--:|")
        for line in self.throughputs:
            yield f"| {line.name} | {line.p50:.1f} | {line.a_second:.0f} |"
        yield ""


def promises(results: Sequence[Result]) -> Iterator[str]:
    """Yield a line for each promise that the figures can tell about."""
    yield from ("## Promises", "", "| promise | figure | |", "|---|--:|---|")
    for result in results:
        yield from _own_promises(result)
    for small in results:
        for large in results:
            if (small.kind, small.clients, large.clients) == (large.kind, PROMISED, MILLION):
                growth = large.timing(WHOLE).p50 / small.timing(WHOLE).p50
                yield _line(
                    f"{small.kind}: {WHOLE}, 1,000,000 within {LARGEST_GROWTH} × 100,000", growth, LARGEST_GROWTH
                )
    yield ""


def _own_promises(result: Result) -> Iterator[str]:
    name = f"{result.kind}, {result.clients:,}"
    yield _line(f"{name}: {WHOLE}, within {LARGEST_RATIO:.0f} × bare", result.timing(WHOLE).ratio, LARGEST_RATIO)
    yield _line(f"{name}: queries, at most {MOST_QUERIES}", max(result.queries.values()), MOST_QUERIES)
    if result.clients <= PROMISED:
        slowest = max(timing.p50 for timing in result.timings if timing.case.name.startswith(SEARCH))
        yield _line(f"{name}: slowest search, at most {LONGEST_SEARCH_MS:.0f} ms", slowest, LONGEST_SEARCH_MS)


def _line(promise: str, figure: float, limit: float) -> str:
    return f"| {promise} | {figure:.1f} | {'kept' if figure <= limit else '**missed**'} |"


def write(results: Sequence[Result], path: Path = FILE) -> None:
    """Put everything into the file."""
    introduction = INTRODUCTION.format(
        command=" ".join(["python -m bench", *sys.argv[1:]]),
        day=f"{clock.now():%Y-%m-%d %H:%M %Z}",
        cpus=os.cpu_count(),
        python=platform.python_version(),
        sqlite=sqlite_module().sqlite_version,
    )
    lines = [*promises(results), *(line for result in results for line in result.tables())]
    path.write_text(introduction + "\n" + "\n".join(lines).rstrip() + "\n", encoding="utf-8")
