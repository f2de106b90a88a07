"""A thousand rows suspended with one order while its connection is cut and its server killed: each row once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from time import sleep

from sqlalchemy import func, select

from drills import ledger
from drills.browser import CUT
from drills.ledger import Form, Journal
from drills.report import Row
from drills.servers import Server
from drills.stage import STAGES, Person, Stage
from portal.models import BulkLine, BulkOrder, Client

LINES = (1_000, 300)
MOST_REQUESTS = 60
BEFORE_KILL = 0.3
"""Seconds of work on the order before its server is killed."""


@dataclass
class Order:
    """An order under way: who sends it, and how often it was cut."""

    stage: Stage
    person: Person
    path: str = ""
    requests: int = 0
    cuts: int = 0
    kills: int = 0
    faults: list[str] = field(default_factory=list)

    def draw_up(self, port: int) -> None:
        """Select all of the filter, twice: the answer to the first was cut, so it stays a draft."""
        fields = {"action": "suspend", "all": "1", "criteria": ""}
        self.person.session.post_and_hang_up(port, "/clients/selection", fields)
        answer = self.person.session.post(port, "/clients/selection", fields)
        if answer.status != 200:
            self.faults.append(f"the selection was answered {answer.status}")
        with self.stage.reading() as connection:
            key = connection.scalar(select(BulkOrder.key).order_by(BulkOrder.id.desc()).limit(1))
        self.path = f"/clients/orders/{key}/execution"

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

    def is_open(self) -> bool:
        """Say whether lines are left."""
        with self.stage.reading() as connection:
            return connection.scalar(select(BulkOrder.finished_at).order_by(BulkOrder.id.desc()).limit(1)) is None


def run(*, is_quick: bool) -> Iterator[Row]:
    """Drill both databases."""
    for open_stage in STAGES:
        with open_stage() as stage:
            yield _drill(stage, LINES[is_quick])


def _drill(stage: Stage, lines: int) -> Row:
    stage.crowd(lines)
    order = Order(stage, stage.person())
    with Server(stage) as one, Server(stage) as other:
        order.draw_up(one.port)
        order.cut(one.port)
        _kill_under_way(order, one)
        order.cut(other.port)
        with ThreadPoolExecutor(2) as pool:  # two windows, two servers, one order
            while order.is_open() and order.requests < MOST_REQUESTS:
                list(pool.map(order.send, (one.port, other.port)))
        again = order.send(other.port)
        complaints = [f"log: {line}" for line in (*one.complaints(), *other.complaints())]
    if "Já estava feito" not in again:
        order.faults.append(f"sent once more, the order does not say that it was done: {again[-300:]}")
    counted = f"{lines} rows, {order.requests} requests, {order.cuts} cut, {order.kills} kill of the server"
    return Row("bulk", stage.name, lines, counted, faults=[*order.faults, *_faults(order, lines), *complaints])


def _kill_under_way(order: Order, server: Server) -> None:
    """Kill the server while it works on the order, and start it again on what it left."""

    def send() -> None:
        with suppress(*CUT):
            order.send(server.port)

    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(send)
        sleep(BEFORE_KILL)
        server.kill()
        order.kills += 1
        sending.result()
    server.start()


def _faults(order: Order, lines: int) -> Iterator[str]:
    """Each client suspended once, each line with its protocol, the counters right, nothing half done."""
    with order.stage.reading() as connection:
        facts = ledger.read_facts(connection)
        newest = select(func.max(BulkOrder.id)).scalar_subquery()
        kept = connection.execute(
            select(BulkLine.client_id, BulkLine.event_id).where(BulkLine.order_id == newest)
        ).all()
        suspended = select(func.count()).where(Client.suspended_at.is_not(None), Client.version == 2)
        done = connection.scalar(suspended.select_from(Client))
        journal = Journal(sent=[_form(order, client_id) for client_id in facts.clients])
        yield from ledger.check(connection, journal)
    if done != lines:
        yield f"{lines} clients were to be suspended once, {done} were"
    if sorted(event["id"] for event in facts.events) != sorted(line.event_id or 0 for line in kept):
        yield "the lines' protocols are not the events"


def _form(order: Order, client_id: int) -> Form:
    return Form(order.person.user_id, client_id, "suspend", 1, order.path, {}, "")
