"""Timing: each case turn by turn with the bare handler, so that a machine that drifts drifts under both."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from threading import Thread

from bench.cases import Case
from bench.line import Answer, Line, Request
from bench.serving import Server

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
    is_of_portal: bool = True
    times: list[float] = field(default_factory=list)
    bare_times: list[float] = field(default_factory=list)
    work: float = 0.0
    bare_work: float = 0.0

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

    @property
    def cpu(self) -> float:
        """Processor time of a request in milliseconds: what a busy machine disturbs least."""
        return self.work / len(self.times)

    @property
    def cpu_ratio(self) -> float:
        """How many times the processor time of the bare handler."""
        return self.work / self.bare_work if self.bare_work else 0.0


class Pair:
    """A server that is measured and the bare handlers beside it, a connection to each."""

    def __init__(self, server: Server, bare_server: Server, bare: Request) -> None:
        """Connect."""
        self.servers = (server, bare_server)
        self.is_of_portal = server is not bare_server
        self.line, self._bare_line, self._bare = Line(server.port), Line(bare_server.port), bare.to_bytes()

    def ask(self, case: Case, request: bytes) -> Answer:
        """Send a case's request.

        Raises:
            RuntimeError: it was not answered as the case expects.
        """
        answer = self.line.ask(request)
        if answer.status != case.status:
            raise RuntimeError(f"{case.name}: answered with {answer.status}")
        return answer

    def take_turns(self, timing: Timing, requests: Iterable[bytes]) -> None:
        """Measure requests, each followed by one of the bare handler."""
        before = [server.worked_ms() for server in self.servers]
        for request in requests:
            timing.times.append(self.ask(timing.case, request).milliseconds)
            timing.bare_times.append(self._bare_line.ask(self._bare).milliseconds)
        work, bare_work = (server.worked_ms() - begin for server, begin in zip(self.servers, before, strict=True))
        timing.work += work
        timing.bare_work += bare_work


def run(cases: Sequence[Case], count: int, pair: Pair) -> list[Timing]:
    """Measure every case some times, then every case again, and so on."""
    timings = [Timing(case, pair.ask(case, case.requests[0].to_bytes()).size, pair.is_of_portal) for case in cases]
    for _ in range(PASSES):
        for timing in timings:
            _some(timing, max(count // PASSES, 2), pair)
    return timings


def _some(timing: Timing, count: int, pair: Pair) -> None:
    requests = cycle(request.to_bytes() for request in timing.case.requests)
    warming = [pair.ask(timing.case, request).milliseconds for request in islice(requests, min(WARM_UP, count))]
    if min(warming) > SLOW_MS:
        count = max(2, count // SLOW_PART)
    pair.take_turns(timing, islice(requests, count))


def once_each(case: Case, pair: Pair) -> Timing:
    """Measure a case whose requests can each be sent but once."""
    first, *others = [request.to_bytes() for request in case.requests]
    timing = Timing(case, pair.ask(case, first).size)
    pair.take_turns(timing, others)
    return timing


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
