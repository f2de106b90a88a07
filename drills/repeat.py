"""The same form many times at once, and again after a cut answer, with two server processes on one database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle
from threading import Barrier

from drills import ledger
from drills.browser import CUT, Answer
from drills.ledger import Form
from drills.report import Row
from drills.servers import Server
from drills.stage import STAGES, Person, Stage
from drills.writers import CONFLICT, note, revision, suspension

ROUNDS = (50, 5)
AT_ONCE = 20


@dataclass
class Senders:
    """A user with many hands, whose requests go to one server and the other in turn."""

    person: Person
    ports: tuple[int, int]
    pool: ThreadPoolExecutor
    journal: ledger.Journal = field(default_factory=ledger.Journal)
    faults: list[str] = field(default_factory=list)
    answers: int = 0

    def at_once(self, form: Form) -> list[Answer]:
        """Send one form from many threads at the same moment."""
        barrier, ports = Barrier(AT_ONCE), cycle(self.ports)

        def send(port: int) -> Answer:
            barrier.wait(10)
            return self.send(port, form)

        return list(self.pool.map(send, [next(ports) for _ in range(AT_ONCE)]))

    def send(self, port: int, form: Form) -> Answer:
        """Send a form and note its answer."""
        self.journal.send(form)
        answer = self.person.session.post(port, form.path, form.fields)
        note(self.journal, form, answer, self.faults)
        self.answers += 1
        return answer

    def expect_one(self, what: str, answers: list[Answer]) -> None:
        """All answers must be "done", with the same protocol, and one at most must be the first."""
        said = {(answer.status, answer.protocol) for answer in answers}
        if len(said) != 1 or answers[0].status != 200:
            self.faults.append(f"{what}: different answers {sorted(said, key=str)}")
        elif sum(not answer.is_repeat for answer in answers) > 1:
            self.faults.append(f"{what}: more than one answer says that it was the first")


def run(*, is_quick: bool) -> Iterator[Row]:
    """Drill both databases."""
    for open_stage in STAGES:
        with open_stage() as stage:
            yield _drill(stage, ROUNDS[is_quick])


def _drill(stage: Stage, rounds: int) -> Row:
    client_ids, person = stage.clients(rounds), stage.person()
    with Server(stage) as one, Server(stage) as other, ThreadPoolExecutor(AT_ONCE) as pool:
        senders = Senders(person, (one.port, other.port), pool)
        for number, client_id in enumerate(client_ids):
            _round(senders, client_id, number)
        complaints = [f"log: {line}" for line in (*one.complaints(), *other.complaints())]
    with stage.reading() as connection:
        facts = ledger.read_facts(connection)
        found = [*ledger.check(connection, senders.journal), *complaints]
    counted = f"{senders.answers} answers to {3 * rounds} forms from 2 processes, {len(facts.events)} effects"
    if len(facts.events) != 2 * rounds:
        found.append(f"{2 * rounds} forms were to be done, {len(facts.events)} were")
    return Row("repeat", stage.name, rounds, counted, faults=senders.faults + found)


def _round(senders: Senders, client_id: int, number: int) -> None:
    """Twenty at once; the same version with another content; one that is cut and sent again through both servers."""
    makers: list[Callable[[Person, int, int], Form]] = [suspension, revision]
    first, second = makers if number % 2 else makers[::-1]
    form = first(senders.person, client_id, 1)
    senders.expect_one(f"{form.action} at once", senders.at_once(form))
    _send_changed(senders, form, first(senders.person, client_id, 1))
    _send_cut(senders, second(senders.person, client_id, 2), senders.ports[number // 2 % 2])


def _send_changed(senders: Senders, form: Form, changed: Form) -> None:
    answer = senders.send(senders.ports[0], changed)
    if answer.status != CONFLICT:
        senders.faults.append(f"{form.action} with another content: {answer.status}, not {CONFLICT}")


def _send_cut(senders: Senders, form: Form, port: int) -> None:
    senders.journal.send(form)
    try:
        senders.person.session.post_and_hang_up(port, form.path, form.fields)
    except CUT as error:
        senders.faults.append(f"could not even send: {error!r}")
    senders.expect_one(f"{form.action} after a cut", [senders.send(port, form) for port in senders.ports])
