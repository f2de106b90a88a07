"""Connections that dawdle (readers, headers, bodies) are held open while somebody works."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import quantiles
from threading import Event
from time import monotonic, sleep

from drills import ledger
from drills.browser import CUT, HOST, Session, request_head
from drills.report import Row
from drills.servers import Server
from drills.stage import Stage, on_sqlite
from drills.writers import Writer

READERS, HEADERS, BODIES = 10, 15, 15
CROWD = 12_000
SECONDS, BASELINE = (15.0, 5.0), 2.0
P99_LIMIT = 0.250
TICK = 0.25
RECEIVE_BUFFER = 4096
WORKERS = 2
IDLE_TICKS = 3


@dataclass
class Dawdlers:
    """Connections that each do a few bytes a tick: neither idle nor ever done."""

    port: int
    session: Session
    stack: ExitStack
    readers: list[socket.socket] = field(default_factory=list)
    senders: list[socket.socket] = field(default_factory=list)

    def open(self) -> None:
        """Open all of them; the readers' answers are made, and wait in the server, before anything is measured."""
        for _ in range(READERS):
            self.readers.append(self._connect(request_head("GET", "/clients/export", {"Cookie": self.session.cookie})))
        form = {"Cookie": self.session.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        body = request_head("POST", "/clients/1/suspension", form | {"Content-Length": "60000"})
        starts = [b"GET /clients HTTP/1.1\r\nHost: x\r\nX-Slow: "] * HEADERS + [body] * BODIES
        self.senders += [self._connect(start) for start in starts]

    def _connect(self, start: bytes) -> socket.socket:
        connection = self.stack.enter_context(socket.socket())
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        connection.connect((HOST, self.port))
        connection.sendall(start)
        return connection

    def dawdle(self, stopping: Event) -> None:
        """Send a byte or read a few, every tick, until told to stop."""
        while not stopping.wait(TICK):
            for connection in self.senders:
                connection.send(b"x")
            for connection in self.readers:
                connection.recv(256)

    def held(self) -> int:
        """Return how many the server still holds open: senders wait for their answer, readers have more to read."""
        answered, _, _ = select.select(self.senders, [], [], 0)
        full, _, _ = select.select(self.readers, [], [], 0)
        return len(self.senders) - len(answered) + sum(bool(one.recv(1, socket.MSG_PEEK)) for one in full)


def run(*, is_quick: bool) -> Iterator[Row]:
    """Drill one server; the database plays no part in this."""
    with on_sqlite() as stage:
        stage.crowd(CROWD)
        yield _drill(stage, SECONDS[is_quick])


def _drill(stage: Stage, seconds: float) -> Row:
    journal, client_ids = ledger.Journal(), stage.clients(WORKERS * 4)
    workers = [Writer(stage.person(), client_ids, journal) for _ in range(WORKERS)]
    row = Row("slow", stage.name, 1)
    with Server(stage) as server, ExitStack() as stack:
        _work(server, workers, BASELINE)  # everything is loaded and compiled
        before = _work(server, workers, BASELINE)
        dawdlers = Dawdlers(server.port, stage.person().session, stack)
        dawdlers.open()
        _settle(server.pid or 0)
        stopping, pool = Event(), stack.enter_context(ThreadPoolExecutor(1))
        dawdling = pool.submit(dawdlers.dawdle, stopping)
        times = _work(server, workers, seconds)
        stopping.set()
        dawdling.result(5)
        held = dawdlers.held()
        row.faults += [f"log: {line}" for line in server.complaints()]
    with stage.reading() as connection:
        row.faults += ledger.check(connection, journal)
    return _judged(row, workers, held, p99(before), times)


def _judged(row: Row, workers: list[Writer], held: int, before: float, times: list[float]) -> Row:
    p99_ms, total = p99(times) * 1000, READERS + HEADERS + BODIES
    row.faults += [fault for writer in workers for fault in writer.faults]
    row.counted = (
        f"{held} of {total} slow connections held; {len(times)} normal requests, p99 {p99_ms:.0f} ms, "
        f"slowest {max(times) * 1000:.0f} ms (p99 without them {before * 1000:.0f} ms)"
    )
    if held < total:
        row.faults.append(f"only {held} of {total} slow connections were held to the end: nothing was tried")
    if p99_ms > P99_LIMIT * 1000:
        row.faults.append(f"p99 {p99_ms:.0f} ms, more than {P99_LIMIT * 1000:.0f}")
    return row


def p99(times: list[float]) -> float:
    """Return the 99th percentile."""
    return quantiles(times, n=100, method="inclusive")[98]


def _settle(pid: int) -> None:
    """Wait until the server has made the slow readers' answers: until it uses next to no processor time."""
    deadline = monotonic() + 60
    while monotonic() < deadline:
        before = _ticks(pid)
        sleep(0.3)
        if _ticks(pid) - before < IDLE_TICKS:
            return


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _work(server: Server, workers: list[Writer], seconds: float) -> list[float]:
    """Have every worker look and write for so long; return how long each request took."""
    with ThreadPoolExecutor(len(workers)) as pool:
        return [time for times in pool.map(lambda one: _work_alone(server, one, seconds), workers) for time in times]


def _work_alone(server: Server, worker: Writer, seconds: float) -> list[float]:
    deadline, times = monotonic() + seconds, []
    paths = cycle(["/clients", "/clients?search=cliente", "/clients/12001", "/clients?sort=name", ""])
    while monotonic() < deadline:
        path = next(paths)
        try:
            answer = worker.person.session.get(server.port, path) if path else worker.write_once(server.port)
        except CUT as error:
            worker.faults.append(f"no answer: {error!r}")
            continue
        if answer is None:
            continue
        times.append(answer.seconds)
        if path and answer.status != 200:
            worker.faults.append(f"GET {path}: {answer.status}")
    return times
