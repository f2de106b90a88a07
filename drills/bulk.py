"""A thousand rows suspended with one order while connections are cut, servers stopped and killed: each row once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import monotonic, sleep

from sqlalchemy import func, select

from drills import ledger
from drills.ledger import Form, Journal
from drills.report import Row
from drills.servers import Server
from drills.stage import STAGES, Person, Stage
from portal.domain.works import DEAD_AFTER
from portal.models import BulkLine, BulkOrder, Client, Work
from tests.postgres import tools_folder

LINES = (1_000, 1_000)
"""In a quick run too: fewer would be done before a server has stopped."""
MOST_SECONDS = DEAD_AFTER.total_seconds() + 30
"""Who takes a killed server's work over waits until it is surely dead, looks every few seconds, and does the rest."""


@dataclass
class Order:
    """An order under way: who sends it, and how often it was cut."""

    stage: Stage
    person: Person
    key: str = ""
    requests: int = 0
    cuts: int = 0
    done_at_stop: int = 0
    done_at_kill: int = 0
    faults: list[str] = field(default_factory=list)

    def draw_up(self, port: int) -> None:
        """Select all of the filter, twice: the answer to the first was cut, so it stays a draft."""
        fields = {"action": "suspend", "all": "1", "criteria": ""}
        self.person.session.post_and_hang_up(port, "/clients/selection", fields)
        answer = self.person.session.post(port, "/clients/selection", fields)
        if answer.status != 200:
            self.faults.append(f"the selection was answered {answer.status}")
        with self.stage.reading() as connection:
            self.key = str(connection.scalar(select(BulkOrder.key).order_by(BulkOrder.id.desc()).limit(1)))

    @property
    def path(self) -> str:
        """Where the order's form goes."""
        return f"/clients/orders/{self.key}/execution"

    def cut(self, port: int) -> None:
        """Send the order's form and hang up before anything is answered."""
        self.requests += 1
        self.cuts += 1
        self.person.session.post_and_hang_up(port, self.path, {"reason": ""})

    def send(self, port: int) -> str:
        """Send the form as the browser does that got no answer; returns the answer's text."""
        self.requests += 1
        answer = self.person.session.post(port, self.path, {"reason": ""}, timeout=60)
        if answer.status != 200:
            self.faults.append(f"the order was answered {answer.status}: {answer.text[:200]}")
        return answer.text

    def done(self) -> int:
        """Return how many lines have a result."""
        done = select(BulkOrder.done + BulkOrder.unchanged).where(BulkOrder.key == self.key)
        with self.stage.reading() as connection:
            return connection.scalar(done) or 0

    def holder(self) -> int:
        """Return the process that is at it, or 0."""
        claim = select(Work.claimed_by).join(BulkOrder, BulkOrder.id == Work.subject_id)
        with self.stage.reading() as connection:
            _, pid, _ = f"{connection.scalar(claim.where(BulkOrder.key == self.key)) or ''}:0:".split(":", 2)
        return int(pid)

    def wait_for(self, lines: int, seconds: float = MOST_SECONDS) -> bool:
        """Wait until so many lines have a result; False where they never had."""
        deadline = monotonic() + seconds
        while self.done() < lines:
            if monotonic() > deadline:
                return False
            sleep(0.01)
        return True


def run(*, is_quick: bool) -> Iterator[Row]:
    """Drill both databases."""
    for open_stage in STAGES:
        with open_stage() as stage:
            path = f"{tools_folder()}{os.pathsep}{stage.environ.get('PATH', '')}"
            stage.environ |= {"PORTAL_SCHEDULER": "1", "PATH": path}
            yield _drill(stage, LINES[is_quick])


def _drill(stage: Stage, lines: int) -> Row:
    stage.crowd(lines)
    order = Order(stage, stage.person())
    with Server(stage) as one, Server(stage) as other:
        order.draw_up(one.port)
        order.cut(one.port)  # it may have arrived, or not: so it is sent again
        order.send(one.port)
        _stop_under_way(order, [one, other], lines // 4)
        _kill_under_way(order, [one, other], max(lines // 2, order.done_at_stop + 1))
        began = monotonic()
        with ThreadPoolExecutor(2) as pool:  # two windows, two servers, one order
            list(pool.map(order.send, (one.port, other.port)))
        if not order.wait_for(lines):
            order.faults.append(f"{order.done()} of {lines} lines were done in {MOST_SECONDS:.0f} s")
        took = monotonic() - began
        again = order.send(other.port)
        complaints = [f"log: {line}" for line in (*one.complaints(), *other.complaints())]
    if "Já estava feito" not in again:
        order.faults.append(f"sent once more, the order does not say that it was done: {again[-300:]}")
    counted = (
        f"{lines} rows, {order.requests} requests, {order.cuts} cut; server stopped with {order.done_at_stop} done, "
        f"another killed with {order.done_at_kill} done, all done {took:.1f} s later"
    )
    return Row("bulk", stage.name, lines, counted, faults=[*order.faults, *_faults(order, lines), *complaints])


def _at_it(order: Order, servers: list[Server], lines: int) -> Server:
    """Wait until so many lines are done, cut a request meanwhile, and return the server that is at the order."""
    if not order.wait_for(lines):
        order.faults.append(f"fewer than {lines} lines were done in time")
    order.cut(servers[1].port)
    return next((server for server in servers if server.pid == order.holder()), servers[0])


def _stop_under_way(order: Order, servers: list[Server], lines: int) -> None:
    """Stop the server that is at the order as an operator does; another goes on within seconds."""
    server = _at_it(order, servers, lines)
    server.ask_to_stop()
    if (status := server.exit_status(30)) != 0:
        order.faults.append(f"the server that was stopped ended with {status}")
    order.done_at_stop = order.done()
    server.start()


def _kill_under_way(order: Order, servers: list[Server], lines: int) -> None:
    """Kill the server that is at the order, and start it again."""
    server = _at_it(order, servers, lines)
    server.kill()
    order.done_at_kill = order.done()
    server.start()


def _faults(order: Order, lines: int) -> Iterator[str]:
    """Each client suspended once, each line with its protocol, the counters right, nothing half done."""
    with order.stage.reading() as connection:
        facts = ledger.read_facts(connection)
        of_it = select(BulkOrder.id).where(BulkOrder.key == order.key).scalar_subquery()
        kept = connection.execute(select(BulkLine.client_id, BulkLine.event_id).where(BulkLine.order_id == of_it)).all()
        suspended = select(func.count()).where(Client.suspended_at.is_not(None), Client.version == 2)
        done = connection.scalar(suspended.select_from(Client))
        journal = Journal(sent=[_form(order, client_id) for client_id in facts.clients])
        yield from ledger.check(connection, journal)
    if not 0 < order.done_at_stop < order.done_at_kill < lines:
        yield f"stopped with {order.done_at_stop}, killed with {order.done_at_kill} of {lines} lines done"
    if done != lines:
        yield f"{lines} clients were to be suspended once, {done} were"
    if sorted(event["id"] for event in facts.events) != sorted(line.event_id or 0 for line in kept):
        yield "the lines' protocols are not the events"


def _form(order: Order, client_id: int) -> Form:
    return Form(order.person.user_id, client_id, "suspend", 1, order.path, {}, "")
