"""SIGTERM while exports are under way to slow readers: what was accepted is finished, nothing new begins."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPResponse
from threading import Barrier
from time import monotonic, sleep

from drills.browser import CUT, HOST, Session, request_head
from drills.report import Row
from drills.servers import Server
from drills.stage import STAGES, Stage

READERS = 20
CLIENTS = 5_000
PIECE, PAUSE = 32 * 1024, 0.05
"""A reader takes so many bytes, then so many seconds' rest: about 640 KB/s."""

RECEIVE_BUFFER = 16 * 1024
LONGEST = 25.0
PATH = "/clients/export"


@dataclass(frozen=True)
class Read:
    """What a slow reader got: the lines of the export, and whether the answer said itself that it was whole."""

    lines: int
    is_whole: bool
    was_late: bool = False
    """Whether a part of it came after the signal."""


def run(*, is_quick: bool) -> Iterator[Row]:
    """Drill both databases; in the full run a second time with half a request that never gets whole."""
    for open_stage in STAGES:
        with open_stage() as stage:
            stage.crowd(CLIENTS)
            yield _drill(stage, 1 if is_quick else 2)


def _drill(stage: Stage, rounds: int) -> Row:
    session, row = stage.person().session, Row("term", stage.name, rounds)
    reads: list[Read] = []
    ends: list[float] = []
    for number in range(rounds):
        with Server(stage) as server:
            seconds, read = _round(server, session, row.faults, is_half_sent=number > 0)
            row.faults += [f"log: {line}" for line in server.complaints()]
        reads += read
        ends.append(seconds)
    whole = sum(read.is_whole and read.lines == CLIENTS + 1 for read in reads)
    late = sum(read.was_late for read in reads)
    row.counted = f"{whole} of {rounds * READERS} exports whole, {late} of them after the signal; exit after " + (
        " and ".join(f"{seconds:.1f} s" for seconds in ends)
    )
    if whole != rounds * READERS:
        row.faults.append(f"{rounds * READERS - whole} exports are not whole")
    if late < len(reads) // 2:
        row.faults.append("most exports had ended before the signal: nothing was tried")
    return row


def _round(server: Server, session: Session, faults: list[str], *, is_half_sent: bool) -> tuple[float, list[Read]]:
    """Start the readers, send the signal once all are accepted, and return when the server ended and what was read."""
    barrier = Barrier(READERS + 1)
    signalled: list[float] = []
    with ThreadPoolExecutor(READERS) as pool, socket.create_connection((HOST, server.port)) as half:
        if is_half_sent:
            half.sendall(b"POST /clients/1/suspension HTTP/1.1\r\nHost: x\r\nContent-Le")
        else:
            half.close()
        coming = [pool.submit(_read_slowly, server.port, session, barrier, signalled) for _ in range(READERS)]
        barrier.wait(30)
        began = monotonic()
        signalled.append(began)
        server.ask_to_stop()
        faults += _refuses_new_ones(server.port)
        status = server.exit_status(LONGEST + 5)
        seconds = monotonic() - began
    if status != 0 or seconds > LONGEST:
        faults.append(f"exit status {status} after {seconds:.1f} s")
    return seconds, [_result(one, faults) for one in coming]


def _refuses_new_ones(port: int) -> Iterator[str]:
    """Find the door shut within a moment after the signal, and it stays so."""
    deadline = monotonic() + 2
    while monotonic() < deadline:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except ConnectionRefusedError:
            return
        sleep(0.02)
    yield "still accepted a connection 2 s after the signal"


def _read_slowly(port: int, session: Session, barrier: Barrier, signalled: list[float]) -> Read:
    """Ask for the export and read it in small pieces; the first piece is waited for before the signal."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        connection.settimeout(30)
        connection.connect((HOST, port))
        connection.sendall(request_head("GET", PATH, {"Cookie": session.cookie}))
        barrier.wait(30)
        response = HTTPResponse(connection, method="GET")
        response.begin()
        lines, was_late = 0, False
        while piece := response.read(PIECE):
            lines += piece.count(b"\n")
            was_late = was_late or bool(signalled)
            sleep(PAUSE)
        return Read(lines, is_whole=response.status == 200, was_late=was_late)


def _result(coming: Future[Read], faults: list[str]) -> Read:
    try:
        return coming.result(60)
    except CUT as error:
        faults.append(f"an accepted export broke off: {error!r}")
        return Read(0, is_whole=False)
