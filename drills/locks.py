"""Another process holds SQLite's write lock, for shorter and for longer than the portal waits."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from time import sleep

from sqlalchemy import update

from drills import ledger
from drills.browser import Answer
from drills.ledger import Form
from drills.report import Row
from drills.servers import Server
from drills.stage import Person, Stage, on_sqlite
from drills.writers import note, revision
from portal import access, clock
from portal.config import ROOT
from portal.extensions import db
from portal.models import UserSession

ROUNDS = (3, 1)
SHORT, LONG = 3.0, 8.0
SOONEST, GIVE_UP = 2.0, 6.0
SWIFT, PAUSE = 1.0, 0.03
BUSY = "O portal está ocupado e nada foi gravado"


@dataclass
class Scene:
    """A writer, a reader, and a reader whose session has not been seen for a while (a GET then wants to note it)."""

    stage: Stage
    server: Server
    writer: Person
    reader: Person
    sleeper: Person
    journal: ledger.Journal = field(default_factory=ledger.Journal)
    faults: list[str] = field(default_factory=list)
    reads: list[float] = field(default_factory=list)

    def post(self, form: Form) -> Answer:
        """Send a form and note its answer."""
        self.journal.send(form)
        return self.writer.session.post(self.server.port, form.path, form.fields)


def run(*, is_quick: bool) -> Iterator[Row]:
    """Drill SQLite, the only one of the two with one lock for all writers."""
    with on_sqlite() as stage:
        yield _drill(stage, ROUNDS[is_quick])


def _drill(stage: Stage, rounds: int) -> Row:
    client_ids = stage.clients(2 * rounds)
    with Server(stage) as server:
        scene = Scene(stage, server, stage.person(), stage.person(), stage.person())
        waits = [_short(scene, client_id) for client_id in client_ids[::2]]
        refusals = [_long(scene, client_id) for client_id in client_ids[1::2]]
    with stage.reading() as connection:
        found = ledger.check(connection, scene.journal)
    counted = (
        f"lock of {SHORT:.0f} s: saved after {max(waits):.1f} s; of {LONG:.0f} s: 503 after {max(refusals):.1f} s, "
        f"then saved once; {len(scene.reads)} GETs meanwhile, slowest {max(scene.reads):.2f} s"
    )
    return Row("locks", stage.name, rounds, counted, faults=scene.faults + found)


def _short(scene: Scene, client_id: int) -> float:
    """A lock that goes away in time: the change is made."""
    form = revision(scene.writer, client_id, 1)
    send_to_sleep(scene.stage, scene.sleeper)
    with _held(scene, SHORT):
        answer = _post_while_reading(scene, form)
    note(scene.journal, form, answer, scene.faults)
    if answer.status != 200 or answer.seconds < SOONEST:
        scene.faults.append(f"lock of {SHORT} s: {answer.status} after {answer.seconds:.1f} s: {answer.text[:200]}")
    return answer.seconds


def _long(scene: Scene, client_id: int) -> float:
    """A lock that stays: a clear refusal in time; the same form sent afterwards is done, once."""
    form = revision(scene.writer, client_id, 1)
    send_to_sleep(scene.stage, scene.sleeper)
    with _held(scene, LONG) as holder:
        refused = _post_while_reading(scene, form)
        holder.wait(LONG)
    if refused.status != 503 or refused.seconds > GIVE_UP or BUSY not in refused.text:
        scene.faults.append(f"lock of {LONG} s: {refused.status} after {refused.seconds:.1f} s: {refused.text[:200]}")
    answers = [scene.post(form) for _ in range(2)]
    for answer, is_repeat in zip(answers, (False, True), strict=True):
        note(scene.journal, form, answer, scene.faults)
        if answer.status != 200 or answer.is_repeat is not is_repeat:
            scene.faults.append(f"after the lock: {answer.status}: {answer.text[-200:]}")
    return refused.seconds


@contextmanager
def _held(scene: Scene, seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    command = (sys.executable, "-m", "drills.holder", str(scene.stage.file), str(seconds))
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        try:
            if holder.stdout.readline() != b"held\n":
                raise RuntimeError("the lock could not be taken")
            yield holder
        finally:
            holder.kill()


def _post_while_reading(scene: Scene, form: Form) -> Answer:
    """Send a form and, until its answer comes, look at page after page."""
    paths = cycle(
        ["/clients", f"/clients/{form.client_id}", "/clients?search=cliente", f"/clients/{form.client_id}/menu"]
    )
    with ThreadPoolExecutor(1) as pool:
        coming: Future[Answer] = pool.submit(scene.post, form)
        _read(scene, scene.sleeper, "/clients")
        while not coming.done():
            _read(scene, scene.reader, next(paths))
            sleep(PAUSE)
    return coming.result()


def _read(scene: Scene, person: Person, path: str) -> None:
    answer = person.session.get(scene.server.port, path)
    scene.reads.append(answer.seconds)
    if answer.status != 200 or answer.seconds > SWIFT:
        who = "a session not seen for a while" if person is scene.sleeper else "a reader"
        scene.faults.append(f"under the lock, {who}: GET {path}: {answer.status} after {answer.seconds:.1f} s")


def send_to_sleep(stage: Stage, person: Person) -> None:
    """Have a session last been seen so long ago that its next request notes it again."""
    long_ago = clock.now() - access.SEEN_EVERY - timedelta(minutes=1)
    with stage.app.app_context():
        db.session.execute(
            update(UserSession).where(UserSession.user_id == person.user_id).values(last_seen_at=long_ago)
        )
        db.session.commit()
