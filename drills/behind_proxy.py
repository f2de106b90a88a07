"""A portal for browser tests (``--behind-proxy``): two processes on PostgreSQL behind the sample proxy, one of them often dead."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from itertools import cycle
from pathlib import Path
from random import uniform
from threading import Event, Thread
from time import monotonic

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from drills import ledger
from drills.browser import HOST, PROTOCOL
from drills.nginx import running_proxy
from drills.servers import Server, free_port
from drills.stage import Stage
from portal import clock
from portal.models import AuditEvent
from tests.browser import server
from tests.postgres import running_postgres

LIVES = 4.0, 12.0
"""Seconds for which both processes live before one is killed."""

PROGRAM = ("-m", "tests.browser.portal")
"""``app.py`` without the daily jobs, of which tests know nothing."""


@dataclass
class Report:
    """What became of a portal: how often one of its processes died, what browsers were told, what is wrong."""

    kills: int = 0
    longest: float = 0.0
    posts: int = 0
    handed_over: int = 0
    protocols: int = 0
    faults: list[str] = field(default_factory=list)


def serving(reports: Path) -> server.Serving:
    """Return what serves browser tests; a line of JSON about each portal is added to a file."""

    @contextmanager
    def serve(instance: Path, now: str) -> Iterator[server.Server]:
        told, report = set[int](), Report()
        with running_postgres() as database_url:
            stage, port = _stage(instance, database_url, now), free_port()
            stage.environ["PORTAL_BASE_URL"] = url = f"https://{HOST}:{port}"
            try:
                with _behind(stage, port, report):
                    demo = _last_event(stage)
                    yield server.Server(url, instance, stage.environ["DATABASE_URL"], _listener(told))
                report.protocols = len(told)
                with stage.reading() as connection:
                    report.faults += faults(connection, told, since=demo)
            finally:
                stage.close()
        with reports.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(asdict(report)) + "\n")

    return serve


def _stage(instance: Path, database_url: str, now: str) -> Stage:
    with clock.frozen(clock.now()):  # an application that is made sets the clock; the tests' stays as it is
        stage = Stage("PostgreSQL", database_url, folder=instance, logs=instance)
    stage.environ |= {
        "PORTAL_DEMO": "1",
        "PORTAL_NOW": now,
        "PORTAL_SCHEDULER": "1",
        "PORTAL_SECRET_KEY": server.SECRET_KEY,
        "PORTAL_TRUSTED_PROXY": HOST,
    }
    return stage


def _listener(told: set[int]) -> Callable[[str], None]:
    return lambda text: told.update(int(number) for number in PROTOCOL.findall(text))


@contextmanager
def _behind(stage: Stage, port: int, report: Report) -> Iterator[None]:
    """Run both processes and the proxy, and kill one after the other, while the block lasts."""
    with ExitStack() as stack:
        pair = [stack.enter_context(Server(stage, PROGRAM)) for _ in range(2)]
        stack.enter_context(running_proxy(stage.folder, port, *(one.port for one in pair)))
        stack.enter_context(_trusted(stage.folder / "certificate.pem"))
        with _dying(pair, report):
            yield
        report.faults += [f"log: {line}" for one in pair for line in one.complaints()]
        lines = (stage.folder / "portal.log").read_text(encoding="utf-8").splitlines()
        report.posts = sum('"POST ' in line for line in lines)
        report.handed_over = sum(", " in line for line in lines)


@contextmanager
def _trusted(certificate: Path) -> Iterator[None]:
    """Have this process, which plays the bank, believe the proxy."""
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(certificate)
    try:
        yield
    finally:
        os.environ.pop("SSL_CERT_FILE")
        if before is not None:
            os.environ["SSL_CERT_FILE"] = before


@contextmanager
def _dying(pair: list[Server], report: Report) -> Iterator[None]:
    stopping = Event()

    def kill() -> None:
        for victim in cycle(pair):
            if stopping.wait(uniform(*LIVES)):
                return
            began = monotonic()
            victim.kill()
            try:
                victim.start()
            except RuntimeError as error:
                report.faults.append(str(error))
                return
            report.kills, report.longest = report.kills + 1, max(report.longest, monotonic() - began)

    killer = Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        stopping.set()
        killer.join()


def _last_event(stage: Stage) -> int:
    with stage.reading() as connection:
        return connection.execute(select(func.max(AuditEvent.id))).scalar() or 0


def faults(connection: Connection, told: set[int], *, since: int = 0) -> Iterator[str]:
    """Yield what was acknowledged and is not there, what is there twice since an event, and what is there by halves."""
    table = AuditEvent.__table__.c
    kept = set(connection.execute(select(table.id)).scalars())
    yield from (f"lost: protocol {number}, which a browser was told" for number in sorted(told - kept))
    forms = select(table.actor_id, table.client_id, table.action, table.fingerprint).where(
        table.id > since, table.fingerprint.is_not(None), table.base_version.is_(None), table.actor_id.is_not(None)
    )
    counts = Counter(tuple(row) for row in connection.execute(forms))
    yield from (f"doubled: {count} times {form}" for form, count in counts.items() if count > 1)
    yield from ledger.unsoundness(connection)
    yield from ledger.standing(ledger.read_facts(connection))
