"""Two processes behind the sample reverse proxy, on PostgreSQL: one is killed, both are restarted, and nobody notices."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from random import uniform
from threading import Event, Thread
from time import monotonic, sleep

from drills import ledger
from drills.browser import CUT, HOST, ask
from drills.nginx import STOPPING_SECONDS, running_proxy
from drills.report import Row
from drills.servers import Server, free_port
from drills.stage import Person, Stage, on_postgresql
from drills.writers import Writer

ROUNDS, QUICK_ROUNDS = 20, 3
WRITERS, CLIENTS = 4, 24
SECRETS = ("/c/" + "t" * 43, "/webhooks/pix/" + "s" * 32, "/password/" + "p" * 43, "/login?next=/clients%3Fq%3Dsegredo")
"""Addresses of which nothing secret may reach the proxy's log."""


def run(*, is_quick: bool) -> Iterator[Row]:
    """Drill the sample as it is, but for its ports and its certificate."""
    with on_postgresql() as stage:
        yield _drill(stage, QUICK_ROUNDS if is_quick else ROUNDS)


def _drill(stage: Stage, rounds: int) -> Row:
    row, journal, port = Row("proxy", stage.name, rounds), ledger.Journal(), free_port()
    stage.environ |= {"PORTAL_BASE_URL": f"https://{HOST}:{port}", "PORTAL_TRUSTED_PROXY": HOST}
    client_ids = stage.clients(CLIENTS)
    with Server(stage) as one, Server(stage) as other, running_proxy(stage.folder, port, one.port, other.port) as tls:
        writers = [Writer(_behind(stage, tls), client_ids, journal) for _ in range(WRITERS)]
        longest = 0.0
        with _working(writers, port, row):
            for number in range(rounds):
                victim = (one, other)[number % 2]
                sleep(uniform(0.2, 0.8))
                longest = max(longest, _shot(victim) if number % 4 < 2 else _restarted(victim, row))
        row.faults += _unseen(stage.folder, port, tls)
        row.faults += [f"log: {line}" for server in (one, other) for line in server.complaints()]
    with stage.reading() as connection:
        row.faults += ledger.check(connection, journal)
    row.faults += [fault for writer in writers for fault in writer.faults]
    repeats = sum(receipt.is_repeat for receipt in journal.acknowledged)
    row.counted = (
        f"{len(journal.acknowledged)} acknowledged ({repeats} of them done before the answer was lost), "
        f"{len(journal.refused)} refused, 0 cut; a process was away for {longest:.1f} s at most"
    )
    return row


def _behind(stage: Stage, tls: ssl.SSLContext) -> Person:
    person = stage.person()
    return replace(person, session=replace(person.session, tls=tls))


@contextmanager
def _working(writers: list[Writer], port: int, row: Row) -> Iterator[None]:
    """Have everybody work through the proxy while the block lasts; a connection that is cut is a fault here."""
    stopping = Event()

    def work(writer: Writer) -> None:
        while not stopping.is_set():
            try:
                writer.write_once(port)
            except CUT as error:
                row.faults.append(f"a user was cut off: {error!r}")
                return

    with ExitStack() as stack:
        for writer in writers:
            thread = Thread(target=work, args=(writer,))
            thread.start()
            stack.callback(thread.join)
        stack.callback(stopping.set)
        yield


def _shot(server: Server) -> float:
    began = monotonic()
    server.kill()
    server.start()
    return monotonic() - began


def _restarted(server: Server, row: Row) -> float:
    began = monotonic()
    server.ask_to_stop()
    if server.exit_status(STOPPING_SECONDS) != 0:
        row.faults.append("a process that was asked to stop did not end well")
    server.start()
    return monotonic() - began


def _unseen(folder: Path, port: int, tls: ssl.SSLContext) -> list[str]:
    """Ask for addresses that hold secrets and return those of which the proxy's logs say anything."""
    for path in SECRETS:
        ask(port, "GET", path, headers={}, tls=tls)
    logs = "".join(path.read_text() for path in folder.glob("portal*.log"))
    found = [f"the proxy's log holds {path}" for path in SECRETS if path.rsplit("/", 1)[-1] in logs]
    return found + ([] if "/clients" in logs else ["the proxy logs nothing at all"])
