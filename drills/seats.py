"""One code, and the last seat, wanted by 32 programs at once, with two server processes on one database.

Ten tries for one document in a quarter of an hour are the product's limit, and it stands before the race: of 32 that send
one code over HTTP, 22 would only learn that they have to wait. So that it hides nothing and is not lifted either, the code
is raced twice: over HTTP by ten devices, each from a line of its own (both servers believe a proxy), as many as the limit
lets through; and by 32 threads of two processes that call the service behind the limit (``drills.programs``). Then such
threads meet check-ins, "Reemitir código", "Alterar CPF/CNPJ" and the night's work on one client, which lock the same
rows: whoever waits in a circle is told of a deadlock, and that is a fault here. Seats have no such limit: all over HTTP.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Barrier
from typing import Any, Self

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from drills import ledger, programs
from drills.browser import Answer, ask
from drills.report import Row
from drills.servers import Server
from drills.stage import STAGES, Stage
from portal import clock
from portal.codes.queries import UNUSED
from portal.config import ROOT
from portal.domain.catalogue import Item
from portal.extensions import db
from portal.models import Client, Installation, PendingChange, RegistrationCode, Seat

ROUNDS = (100, 3)
AT_ONCE, TRIES = 32, 10
GARCONS = 3
ENVIRON = {"PORTAL_TRUSTED_PROXY": "127.0.0.1"}
REFUSED, FULL = "403 activation_refused", "409 too_many_seats"
BUSY = ("database is locked", "lock timeout")
"""Of the servers' complaints, those that answers with 503 are counted by."""
WAITS_IN_LINE = {programs.DONE, "activation_refused", "key_replaced", "StaleState", "RepeatMismatch"}
"""What may be said to those who meet on one client: done, or that somebody was faster."""


@dataclass(frozen=True)
class Shop:
    """A client and a code that nobody used yet."""

    id: int
    document: str
    code: str

    def asking(self, name: str) -> dict[str, Any]:
        """Return what a device sends to use the code."""
        device = {"id": f"device-{name}", "name": name}
        request = f"{self.code}-{name}".ljust(32, "x")
        told = {"program": "link", "document": self.document, "code": self.code, "device": device}
        return told | {"version": programs.VERSION, "request": request}

    def deed(self, name: str) -> dict[str, Any]:
        """Return the same for a process of programs."""
        asking = self.asking(name)
        return asking | {"do": "activate", "device": asking["device"]["id"]}


class Process:
    """A process of programs (``drills.programs``)."""

    def __init__(self, stage: Stage) -> None:
        """Start it."""
        environ = stage.environ | {"PORTAL_THREADS": str(programs.AT_ONCE)}
        pipe = subprocess.PIPE
        command = (sys.executable, "-m", "drills.programs")
        self._process = subprocess.Popen(command, cwd=ROOT, env=environ, stdin=pipe, stdout=pipe, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.communicate()

    def tell(self, deeds: Sequence[dict[str, Any]]) -> None:
        """Have deeds done; what they come to is ``heard`` later."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(deeds) + "\n")
        self._process.stdin.flush()

    def heard(self) -> list[str]:
        """Return what the last deeds came to."""
        assert self._process.stdout
        return list(json.loads(self._process.stdout.readline()))


@dataclass
class Race:
    """Who races, and what came of it."""

    servers: tuple[Server, Server]
    processes: tuple[Process, Process]
    pool: ThreadPoolExecutor
    user_id: int
    won: Counter[str] = field(default_factory=Counter)
    busy: int = 0
    slowest: float = 0.0
    faults: list[str] = field(default_factory=list)

    def post(self, path: str, bodies: Sequence[dict[str, Any]], line: str, key: str = "") -> list[Answer]:
        """Post bodies at once, to both servers in turn, each from a line of its own."""
        together = Barrier(len(bodies))

        def send(number: int) -> Answer:
            headers = {"Content-Type": "application/json", "X-Forwarded-For": f"10.{line}.{number}"}
            headers |= {"Authorization": f"Bearer {key}"} if key else {}
            together.wait(30)
            port, body = self.servers[number % 2].port, json.dumps(bodies[number]).encode()
            return ask(port, "POST", f"/api/v1{path}", headers=headers, body=body)

        answers = list(self.pool.map(send, range(len(bodies))))
        self.slowest = max(self.slowest, *(answer.seconds for answer in answers))
        return answers

    def do(self, deeds: Sequence[dict[str, Any]]) -> list[str]:
        """Have deeds done at once by both processes."""
        for process, half in zip(self.processes, (deeds[::2], deeds[1::2]), strict=True):
            process.tell(half)
        return [word for process in self.processes for word in process.heard()]

    def expect(
        self, what: str, said: Sequence[str], winner: Callable[[str], bool], others: set[str], wins: int
    ) -> None:
        """So many win, all others hear one of some words; who was told that the portal is busy is counted."""
        won = sum(map(winner, said))
        busy = [word for word in said if word.startswith(("503", "busy: "))]
        self.won[what] += won
        self.busy += len(busy)
        wrong = [word for word in said if not winner(word) and word not in others and word not in busy]
        self.faults += [f"{what}: {word}" for word in wrong]
        if won != wins and not (wins > 1 and won + len(busy) == wins):
            self.faults.append(f"{what}: {won} won, not {wins}: {Counter(said)}")


def run(*, is_quick: bool) -> Iterator[Row]:
    """Drill both databases."""
    for open_stage in STAGES:
        with open_stage() as stage:
            stage.environ.update(ENVIRON)
            yield _drill(stage, ROUNDS[is_quick])


def _drill(stage: Stage, rounds: int) -> Row:
    user_id = stage.person().user_id
    with ExitStack() as stack:
        servers = stack.enter_context(Server(stage)), stack.enter_context(Server(stage))
        processes = stack.enter_context(Process(stage)), stack.enter_context(Process(stage))
        race = Race(servers, processes, stack.enter_context(ThreadPoolExecutor(AT_ONCE)), user_id)
        for number in range(rounds):
            _over_http(race, _shop(stage), f"1.{number}")
            _by_service(race, stage, _shop(stage))
        complaints = [line for server in servers for line in server.complaints()]
        race.faults += [f"log: {line}" for line in complaints if not any(map(line.__contains__, BUSY))]
    with stage.reading() as connection:
        race.faults += [*ledger.unsoundness(connection), *_wrongs(connection)]
    won = ", ".join(f"{what} {count}" for what, count in race.won.items())
    counted = f"winners: {won}; {race.busy} busy, {len(race.faults)} errors; slowest answer {race.slowest:.2f} s"
    return Row("seats", stage.name, rounds, counted, faults=race.faults)


def _shop(stage: Stage) -> Shop:
    """Make a client with seats and an unused code."""
    [client_id] = stage.clients(1)
    with stage.app.app_context():
        client = db.session.get_one(Client, client_id)
        for item, quantity in ((Item.WAITER, GARCONS), (Item.SELF_SERVICE, 1)):
            stage.make.item(client, item, quantity)
        return Shop(client.id, client.document, stage.make.code(client).code)


def _over_http(race: Race, shop: Shop, line: str) -> None:
    """One code by ten devices; with its key the last seat by 32 devices, and one seat by one device 32 times."""
    answers = race.post("/activations", [shop.asking(f"PC-{number}") for number in range(TRIES)], line)
    race.expect(f"one code ({TRIES} over HTTP)", _said(answers), "201".__eq__, {REFUSED}, 1)
    keys = [json.loads(answer.text)["key"] for answer in answers if answer.status == 201]
    if not keys:
        return
    race.post("/seats", [_seat("waiter", f"G{number}") for number in range(GARCONS - 1)], line, keys[0])
    many = [_seat("waiter", f"M{number}") for number in range(AT_ONCE)]
    race.expect("last seat", _said(race.post("/seats", many, line, keys[0])), "200".__eq__, {FULL}, 1)
    same = [_seat("self_service", "totem")] * AT_ONCE
    race.expect("same device", _said(race.post("/seats", same, line, keys[0])), "200".__eq__, set(), AT_ONCE)


def _by_service(race: Race, stage: Stage, shop: Shop) -> None:
    """One code by 32 threads of two processes; then a new code, the old key and the partner's forms all at once."""
    said = race.do([shop.deed(f"PC-{number}") for number in range(AT_ONCE)])
    race.expect(f"one code ({AT_ONCE} threads)", said, _is_key, {"activation_refused"}, 1)
    key = next(filter(_is_key, said), "")
    with stage.app.app_context():
        client = db.session.get_one(Client, shop.id)
        new = Shop(shop.id, shop.document, stage.make.code(client).code)
        winner = db.session.scalar(select(Installation.device_id).where(Installation.key == key))
        day = clock.today() - timedelta(days=1)
        db.session.add(PendingChange(client_id=shop.id, item=Item.WAITER, effective_on=day, quantity=1))
        db.session.commit()
        document = stage.make.document()
    about = {"client": shop.id, "user": race.user_id, "document": document, "key": key, "device": winner}
    crowd = [new.deed(f"NEW-{number}") for number in range(AT_ONCE // 2)]
    crowd += [about | {"do": do} for do in ("check in", "reissue", "document", "night") for _ in range(AT_ONCE // 8)]
    said = race.do(crowd)
    keys = sum(map(_is_key, said))
    race.expect("of those that met on one client", said, _is_key, WAITS_IN_LINE, min(keys, 1))


def _seat(item: str, name: str) -> dict[str, Any]:
    return {"item": item, "device": {"id": f"device-{name}", "name": name}}


def _said(answers: Sequence[Answer]) -> list[str]:
    """Return the status of each answer, with the reason where it is a refusal."""
    reasons = [json.loads(answer.text).get("reason", "") for answer in answers]
    return [f"{answer.status} {reason}".strip() for answer, reason in zip(answers, reasons, strict=True)]


def _is_key(word: str) -> bool:
    """Say whether a word is a key: of an activation that was done."""
    return len(word) == 32 and word.isupper()


def _wrongs(connection: Connection) -> Iterator[str]:
    """No client has two living main computers, two unused codes, neither of both, or more seats in use than it bought."""
    living = select(Installation.client_id, func.count()).where(Installation.revoked_at.is_(None))
    keys = dict(connection.execute(living.group_by(Installation.client_id)).tuples().all())
    unused = select(RegistrationCode.client_id, func.count()).where(*UNUSED)
    codes = dict(connection.execute(unused.group_by(RegistrationCode.client_id)).tuples().all())
    for client_id in connection.scalars(select(Client.id)):
        found = keys.get(client_id, 0), codes.get(client_id, 0)
        if max(found) > 1 or not any(found):
            yield f"client {client_id} has {found[0]} living keys and {found[1]} unused codes"
    seats = select(Seat.client_id, Seat.item, func.count()).where(Seat.released_at.is_(None))
    for row in connection.execute(seats.group_by(Seat.client_id, Seat.item)):
        if row[2] != (GARCONS if row[1] is Item.WAITER else 1):
            yield f"client {row[0]} has {row[2]} seats of {row[1]} in use"
