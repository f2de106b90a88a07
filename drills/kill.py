"""The server is killed at a random moment under four writers, and started again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from random import randint, uniform
from threading import Event, Thread
from time import monotonic, sleep

from drills import ledger
from drills.browser import CUT
from drills.report import Row
from drills.servers import Server
from drills.stage import STAGES, Stage
from drills.writers import Writer

ROUNDS = {"SQLite": (30, 3), "PostgreSQL": (10, 2)}
WRITERS, CLIENTS = 4, 24
MOST_BEFORE, LONGEST = 50, 8.0
"""The kill comes after 0 to so many acknowledged changes of the round, but no later than after so many seconds."""


def run(*, is_quick: bool) -> Iterator[Row]:
    """Drill both databases."""
    for open_stage in STAGES:
        with open_stage() as stage:
            yield _drill(stage, ROUNDS[stage.name][is_quick])


def _drill(stage: Stage, rounds: int) -> Row:
    journal, row, again = ledger.Journal(), Row("kill", stage.name, rounds), Counter[str]()
    client_ids = stage.clients(CLIENTS)
    writers = [Writer(stage.person(), client_ids, journal) for _ in range(WRITERS)]
    with Server(stage) as server:
        for number in range(1, rounds + 1):
            _work_until_killed(server, writers, journal)
            server.start()
            again.update(_send_again(server, writers))
            found = _check(stage, journal)
            row.faults += [f"round {number}: {fault}" for fault in found]
            if found:  # every later round would find it again
                break
        row.faults += [f"log: {line}" for line in server.complaints()]
    row.faults += [fault for writer in writers for fault in writer.faults]
    row.counted = (
        f"{len(journal.acknowledged)} acknowledged, {len(journal.refused)} refused; "
        f"sent again {again.total()}: {again['done']} done then, {again['repeat']} done before, "
        f"{again['refused']} overtaken"
    )
    return row


def _work_until_killed(server: Server, writers: list[Writer], journal: ledger.Journal) -> None:
    stopping, enough, deadline = Event(), len(journal.acknowledged) + randint(0, MOST_BEFORE), monotonic() + LONGEST
    with ExitStack() as stack:
        threads = [Thread(target=writer.work, args=(server.port, stopping)) for writer in writers]
        for thread in threads:
            thread.start()
            stack.callback(thread.join)
        stack.callback(stopping.set)
        while len(journal.acknowledged) < enough and monotonic() < deadline:
            sleep(0.001)
        sleep(uniform(0, 0.03))
        server.kill()


def _send_again(server: Server, writers: list[Writer]) -> Iterator[str]:
    """Have each writer send its unanswered form again; yield what became of it."""
    for writer in writers:
        try:
            answer = writer.send_again(server.port)
        except CUT as error:
            writer.faults.append(f"no answer after the restart: {error!r}")
            continue
        if answer:
            done = "repeat" if answer.is_repeat else "done"
            yield done if answer.status == 200 else "refused"


def _check(stage: Stage, journal: ledger.Journal) -> list[str]:
    with stage.reading() as connection:
        return ledger.check(connection, journal)
