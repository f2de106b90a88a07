"""``python -m bench``: measure, print, and (a full run) write docs/benchmarks.md."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from dataclasses import dataclass

from bench import cases, measure, report, serving, stores
from bench.line import Request
from bench.visit import Visit

BARE, BARE_PAGE = Request("/rows"), Request("/page")
PLAIN, WITH_JINJA = "a bare handler", "a bare handler with Jinja and a session"
CONNECTIONS = 4


@dataclass(frozen=True)
class Plan:
    """What is to be measured."""

    kinds: list[str]
    sizes: list[int]
    count: int
    is_written: bool


def _plan() -> Plan:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--clients", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--database", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    parser.add_argument("--count", type=int, default=200, help="requests of each case")
    parser.add_argument(
        "--quick", action="store_true", help="10,000 clients, 20 requests of each case, nothing written"
    )
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md although not all was measured")
    given = parser.parse_args()
    if given.quick:
        return Plan(given.database, [10_000], 20, is_written=False)
    is_whole = given.clients == parser.get_default("clients") and given.database == parser.get_default("database")
    return Plan(given.database, given.clients, given.count, is_written=is_whole or given.write)


def _measure(kind: str, clients: int, count: int) -> report.Result:
    with ExitStack() as stack:
        store = stack.enter_context(stores.opened(kind, clients))
        visit = Visit(store)
        portal, bare = stack.enter_context(serving.portal(store)), stack.enter_context(serving.bare(store))
        pair, bare_pair = measure.Pair(portal, bare, BARE), measure.Pair(bare, bare, BARE)
        reading = cases.reading(visit, pair.line)
        queries = {case.name: visit.queries(case.requests[0]) for case in reading}
        visit.close()
        timings = measure.run([cases.Case(PLAIN, (BARE,)), cases.Case(WITH_JINJA, (BARE_PAGE,))], count, bare_pair)
        timings += measure.run(reading, count, pair)
        throughputs = [
            measure.throughput(name, server.port, request, CONNECTIONS, count)
            for name, server, request in (
                (PLAIN, bare, BARE),
                (WITH_JINJA, bare, BARE_PAGE),
                (cases.WHOLE, portal, reading[0].requests[0]),
            )
        ]
        timings.append(measure.once_each(cases.writing(visit, count), pair))
        return report.Result(kind, clients, store.largest, timings, queries, throughputs)


def main() -> None:
    """Measure what the command line asks for."""
    plan, results = _plan(), []
    for kind in plan.kinds:
        for clients in plan.sizes:
            results.append(_measure(kind, clients, plan.count))
            print(*results[-1].tables(), sep="\n", flush=True)
    print(*report.promises(results), sep="\n")
    if plan.is_written:
        report.write(results)


if __name__ == "__main__":
    main()
