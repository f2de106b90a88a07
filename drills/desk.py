"""Three hundred clients on the desk, decided and invoiced while the line is cut in the middle of what is sent: each once."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlencode

from sqlalchemy import func, select

from drills.browser import CUT, HOST, HTMX, Answer, request_head, reset_on_close
from drills.report import Row
from drills.servers import Server
from drills.stage import STAGES, Person, Stage
from portal import clock
from portal.domain.catalogue import Item
from portal.extensions import db
from portal.models import AuditEvent, Client, Invoice, InvoiceLine, LicenseItem, RenewalDecision

CLIENTS = (300, 300)
"""As many as a page of the desk shows; in a quick run too: it is over in seconds."""
AT_ONCE = 20
SKIPPED = 10
NOT_RENEWED = "skip"


@dataclass
class Line:
    """Somebody at the desk of two servers, on a line that breaks."""

    person: Person
    ports: tuple[int, int]
    cuts: int = 0
    answers: int = 0
    faults: list[str] = field(default_factory=list)

    def cut_within(self, path: str, fields: dict[str, str]) -> None:
        """Begin to send a form and break off in the middle of it; then send all of it and break off before the answer."""
        session = self.person.session
        body = urlencode({"csrf_token": session.csrf_token, **fields}).encode()
        headers = {"Cookie": session.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        head = request_head("POST", path, HTMX | headers | {"Content-Length": str(len(body))})
        try:
            for sent in (head + body[: len(body) // 2], head + body):
                with socket.create_connection((HOST, self.ports[0]), timeout=10) as connection:
                    connection.sendall(sent)
                    reset_on_close(connection)
                self.cuts += 1
        except CUT as error:
            self.faults.append(f"could not even send: {error!r}")

    def send(self, path: str, fields: dict[str, str], number: int = 0) -> Answer:
        """Send a form and read its answer, from the one server or the other."""
        answer = self.person.session.post(self.ports[number % 2], path, fields, timeout=60)
        self.answers += 1
        if answer.status != 200:
            self.faults.append(f"{path} was answered {answer.status}: {answer.text[:200]}")
        return answer


def run(*, is_quick: bool) -> Iterator[Row]:
    """Drill both databases."""
    for open_stage in STAGES:
        with open_stage() as stage:
            yield _drill(stage, CLIENTS[is_quick])


def _drill(stage: Stage, count: int) -> Row:
    month, skipped = f"{clock.today():%Y-%m}", _due_today(stage, count)[:SKIPPED]
    with Server(stage) as one, Server(stage) as other:
        line = Line(stage.person(), (one.port, other.port))
        for client_id in skipped:
            decision = {"month": month, f"d{client_id}": NOT_RENEWED}
            line.cut_within("/renewals/decisions", decision)
            line.send("/renewals/decisions", decision)
        said = _confirm(line, month)
        complaints = [f"log: {text}" for text in (*one.complaints(), *other.complaints())]
    if len({answer.protocol for answer in said}) != 1 or sum(not answer.is_repeat for answer in said) > 1:
        line.faults.append("not all answers to one form have one protocol")
    counted = f"{count} clients, {line.cuts} sendings cut, {line.answers} answers, {count - len(skipped)} lines on one invoice"
    found = list(_faults(stage, count - len(skipped), len(skipped)))
    return Row("desk", stage.name, count, counted, faults=[*line.faults, *found, *complaints])


def _due_today(stage: Stage, count: int) -> list[int]:
    """Make clients that are due today, with prices and their base license."""
    stage.crowd(count)
    with stage.app.app_context():
        stage.make.price_version()
        today = clock.today()
        db.session.execute(db.update(Client).values(due_on=today, due_day=min(today.day, 28)))
        ids = list(db.session.scalars(select(Client.id).order_by(Client.id)))
        items = [{"client_id": one, "item": Item.BASE, "quantity": 1, "since_on": today} for one in ids]
        db.session.execute(db.insert(LicenseItem), items)
        db.session.commit()
    return ids


def _confirm(line: Line, month: str) -> list[Answer]:
    """Confirm the values while the line breaks, then from many hands at once."""
    page = line.person.session.get(line.ports[0], f"/invoices/month/new?month={month}")
    fields = {name: page.hidden(name) or "" for name in ("key", "seen")} | {"month": month, "credit": ""}
    line.cut_within("/invoices/month", fields)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda number: line.send("/invoices/month", fields, number), range(AT_ONCE)))


def _faults(stage: Stage, invoiced: int, skipped: int) -> Iterator[str]:
    """Each client that was to be renewed on one line of the one invoice, each that was not decided about once."""
    with stage.reading() as connection:
        lines, clients = connection.execute(
            select(func.count(InvoiceLine.id), func.count(func.distinct(InvoiceLine.client_id)))
        ).one()
        invoices, cents = connection.execute(select(func.count(Invoice.id), func.sum(Invoice.lines_cents))).one()
        summed = connection.scalar(select(func.sum(InvoiceLine.amount_cents)))
        decided = connection.scalar(select(func.count()).select_from(RenewalDecision))
        events = connection.scalar(select(func.count(AuditEvent.id)).where(AuditEvent.action == "renewal_decided"))
    if (invoices, lines, clients) != (1, invoiced, invoiced):
        yield f"{invoiced} clients on one invoice were wanted, there are {lines} lines of {clients} clients on {invoices}"
    if cents != summed:
        yield f"the invoice is {cents} cents, its lines are {summed}"
    if (decided, events) != (skipped, skipped):
        yield f"{skipped} decisions were wanted, there are {decided}, with {events} events"
