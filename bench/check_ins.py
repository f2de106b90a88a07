"""``python -m bench.check_ins``: programs check in, side by side, beside a bare handler with the same durable work."""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from threading import Barrier

from sqlalchemy import create_engine, text

from bench import serving, stores
from bench.line import Line
from bench.serving import Server
from bench.stores import Store
from portal.config import ROOT
from portal.domain.installations import CHECK_IN_EVERY

PAGE = ROOT / "docs" / "benchmarks-check-ins.md"
INSTALLATIONS = 100_000
A_SECOND = INSTALLATIONS * (timedelta(days=1) / CHECK_IN_EVERY) / 86_400
"""How many check-ins that many installations send in a second, spread over the day."""

COLUMNS = ("database", "programs at once", "a second", "p50 ms", "p95 ms", "CPU ms", "bare: a second", "p95 ms", "CPU ms",
           "× bare (a second)", "share of the processors", "share of what is served")  # fmt: skip
HEAD = (f"| {' | '.join(COLUMNS)} |", "|---|" + "--:|" * (len(COLUMNS) - 1))
INTRODUCTION = f"""# Check-ins, beside a bare handler

Written by `python -m bench.check_ins --write`. {INSTALLATIONS:,} programs are installed, one at each client; each tells its
version and how its Cloud is, and is answered with a signed license. Programs ask on connections that are kept open, each
as soon as it is answered, with another key each time. The bare handler runs under the same server in the same run and does
the same durable work: one UPDATE of the key's row and a commit, by the driver alone, no license (`bench/bare_check_in.py`).
The two take turns. "CPU ms" is what the server's process was on a processor for one check-in, PostgreSQL's own apart;
other work on the machine slows both sides and disturbs this figure least.

The plan: {INSTALLATIONS:,} installations check in every {CHECK_IN_EVERY.total_seconds() / 3600:.0f} hours: **{A_SECOND:.1f} a second**. "Share of the processors" is what
that takes of all {os.cpu_count()} of them; "share of what is served" is the same of the most that this one process answered in a second.

"""
INSTALL = """
    INSERT INTO installations (client_id, item, key, device, device_id, version, activated_at)
    SELECT id, 'base', 'BENCH-' || id, 'CAIXA-01', '', '5.2.1', :now FROM clients
"""
RUNNING = """
    SELECT id FROM clients WHERE due_on > :today AND suspended_at IS NULL AND pending_at IS NULL AND hidden_at IS NULL
    AND archived_at IS NULL
"""
TOLD = {
    "device": {"id": "caixa-01-aaaa", "name": "CAIXA-01"},
    "version": "5.3.0",
    "peaks": [{"item": "waiter", "most": 2}],
    "cloud": {"health": "ok", "synced_at": stores.NOW},
}


@dataclass
class Timing:
    """What a server answered to several programs at once."""

    milliseconds: list[float]
    seconds: float
    work: float

    @property
    def a_second(self) -> float:
        """Check-ins answered in a second."""
        return len(self.milliseconds) / self.seconds

    @property
    def p50(self) -> float:
        """The median in milliseconds."""
        return statistics.median(self.milliseconds)

    @property
    def p95(self) -> float:
        """What 95 of 100 do not exceed, in milliseconds."""
        return sorted(self.milliseconds)[int(len(self.milliseconds) * 0.95)]

    @property
    def cpu(self) -> float:
        """Processor time of one check-in in milliseconds."""
        return self.work / len(self.milliseconds)

    def __add__(self, other: Timing) -> Timing:
        """Take two turns together."""
        both = self.milliseconds + other.milliseconds
        return Timing(both, self.seconds + other.seconds, self.work + other.work)


def _install(store: Store) -> list[int]:
    """Install a program at every client; returns the clients whose programs may run."""
    engine = create_engine(store.url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text(INSTALL), {"now": stores.NOW})
        running = list(connection.scalars(text(RUNNING), {"today": stores.NOW[:10]}))
    engine.dispose()
    return running


def _requests(client_ids: list[int]) -> Iterator[bytes]:
    """Yield check-ins, each with the key of another installation, in no order."""
    body = json.dumps(TOLD).encode()
    for client_id in random.Random(1).sample(client_ids, len(client_ids)):
        head = ("POST /api/v1/check-ins HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json",
                f"Authorization: Bearer BENCH-{client_id}", f"Content-Length: {len(body)}", "", "")  # fmt: skip
        yield "\r\n".join(head).encode() + body


def _turn(server: Server, shares: list[list[bytes]]) -> Timing:
    """Have as many programs as there are shares ask at once."""
    together = Barrier(len(shares) + 1)

    def ask_all(share: list[bytes]) -> list[float]:
        line, times = Line(server.port), []
        together.wait(30)
        for request in share:
            answer = line.ask(request)
            if answer.status != 200:
                raise RuntimeError(f"a check-in was answered with {answer.status}")
            times.append(answer.milliseconds)
        line.close()
        return times

    with ThreadPoolExecutor(len(shares)) as pool:
        futures = [pool.submit(ask_all, share) for share in shares]
        together.wait(30)
        began, before = time.perf_counter(), server.worked_ms()
        times = [one for future in futures for one in future.result()]
        return Timing(times, time.perf_counter() - began, server.worked_ms() - before)


def _rows(kind: str, clients: int, programs: list[int], count: int, turns: int) -> Iterator[str]:
    with ExitStack() as stack:
        store = stack.enter_context(stores.opened(kind, clients))
        requests = _requests(_install(store))
        servers = stack.enter_context(serving.portal(store)), stack.enter_context(serving.bare_check_in(store))
        for server in servers:  # connections, the key that signs, what Python compiles
            _turn(server, [list(islice(requests, 20))] * 2)
        for at_once in programs:
            shares = [[list(islice(requests, count // at_once)) for _ in range(at_once)] for _ in range(turns)]
            taken = [(_turn(servers[0], share), _turn(servers[1], share)) for share in shares]
            portal, bare = (sum(turn[1:], start=turn[0]) for turn in zip(*taken, strict=True))
            yield _row(kind, at_once, portal, bare)


def _row(kind: str, at_once: int, portal: Timing, bare: Timing) -> str:
    cells = (
        kind, str(at_once), f"{portal.a_second:.0f}", f"{portal.p50:.1f}", f"{portal.p95:.1f}", f"{portal.cpu:.1f}",
        f"{bare.a_second:.0f}", f"{bare.p95:.1f}", f"{bare.cpu:.1f}", f"{bare.a_second / portal.a_second:.1f}",
        f"{A_SECOND * portal.cpu / 1000 / (os.cpu_count() or 1):.1%}", f"{A_SECOND / portal.a_second:.1%}",
    )  # fmt: skip
    row = f"| {' | '.join(cells)} |"
    print(row, flush=True)
    return row


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench.check_ins", description=__doc__)
    parser.add_argument("--clients", type=int, default=INSTALLATIONS)
    parser.add_argument("--database", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    parser.add_argument("--programs", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--count", type=int, default=480, help="check-ins of one turn")
    parser.add_argument("--turns", type=int, default=4)
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks-check-ins.md")
    given = parser.parse_args()
    print(*HEAD, sep="\n")
    rows = [
        row for kind in given.database for row in _rows(kind, given.clients, given.programs, given.count, given.turns)
    ]
    if given.write:
        PAGE.write_text(INTRODUCTION + "\n".join([*HEAD, *rows]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
