"""Timing: each case turn by turn with the bare handler, so that a machine that drifts drifts under both."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from threading import Thread

from bench.cases import Case
from bench.line import Line, Request

PASSES = 4
WARM_UP = 5
SLOW_MS = 100.0
SLOW_PART = 5
"""Of a case that takes longer than SLOW_MS, only every fifth request is sent."""


@dataclass
class Timing:
    """What a case took, beside the bare handler's times in between."""

    case: Case
    size: int
    times: list[float] = field(default_factory=list)
    bare_times: list[float] = field(default_factory=list)

    @property
    def p50(self) -> float:
        """The median in milliseconds."""
        return statistics.median(self.times)

    @property
    def p95(self) -> float:
        """What 95 of 100 requests do not exceed, in milliseconds."""
        return sorted(self.times)[int(len(self.times) * 0.95)]

    @property
    def ratio(self) -> float:
        """How many times as long as the bare handler."""
        return self.p50 / statistics.median(self.bare_times)


def run(cases: Sequence[Case], count: int, line: Line, bare_line: Line, bare: bytes) -> list[Timing]:
    """Measure every case some times, then every case again, and so on."""
    timings = []
    for case in cases:
        answer = _ask(line, case, case.requests[0].to_bytes())
        timings.append(Timing(case, answer.size))
    for _ in range(PASSES):
        for timing in timings:
            _alternate(timing, count // PASSES, line, bare_line, bare)
    return timings


def _alternate(timing: Timing, count: int, line: Line, bare_line: Line, bare: bytes) -> None:
    requests = cycle(request.to_bytes() for request in timing.case.requests)
    for request in islice(requests, min(WARM_UP, count)):
        took = _ask(line, timing.case, request).milliseconds
        bare_line.ask(bare)
        if took > SLOW_MS:
            count = max(2, count // SLOW_PART)
            break
    for request in islice(requests, count):
        timing.times.append(_ask(line, timing.case, request).milliseconds)
        timing.bare_times.append(bare_line.ask(bare).milliseconds)


def once_each(case: Case, line: Line, bare_line: Line, bare: bytes) -> Timing:
    """Measure a case whose requests can each be sent but once."""
    first, *others = [request.to_bytes() for request in case.requests]
    timing = Timing(case, _ask(line, case, first).size)
    for request in others:
        timing.times.append(_ask(line, case, request).milliseconds)
        timing.bare_times.append(bare_line.ask(bare).milliseconds)
    return timing


def _ask(line: Line, case: Case, request: bytes):  # type: ignore[no-untyped-def]
    answer = line.ask(request)
    if answer.status != case.status:
        raise RuntimeError(f"{case.name}: answered with {answer.status}")
    return answer


@dataclass(frozen=True)
class Throughput:
    """What several connections at once are served."""

    name: str
    p50: float
    a_second: float


def throughput(name: str, port: int, request: Request, connections: int, count: int) -> Throughput:
    """Ask on several connections at once, each as soon as it is answered."""
    times: list[float] = []
    lines = [Line(port) for _ in range(connections)]

    def ask_all(line: Line) -> None:
        times.extend(line.ask(request.to_bytes()).milliseconds for _ in range(count))
        line.close()

    threads = [Thread(target=ask_all, args=(line,)) for line in lines]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Throughput(name, statistics.median(times), len(times) / (time.perf_counter() - began))
