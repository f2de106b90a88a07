"""There is no room left to write, and then there is again."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from drills import ledger
from drills.browser import Answer
from drills.ledger import Form
from drills.report import Row
from drills.servers import Server
from drills.stage import Person, Stage, on_sqlite
from drills.writers import note, revision

ROUNDS = (3, 1)
CLIENTS = 10
TRIES, WANTED = 400, 10
"""A form may still fit into free pages: so many are sent at most until so many were refused."""

TMPFS_MB = 24
UNLIMITED, NO_MORE = "4294967294", "1"
REFUSALS = {503, 507}
CLEAR = "nada foi gravado"


@dataclass
class Scene:
    """A disk that can be filled and emptied, a server on it, somebody who edits."""

    server: Server
    person: Person
    client_ids: list[int]
    fill: Callable[[], None]
    empty: Callable[[], None]
    journal: ledger.Journal = field(default_factory=ledger.Journal)
    versions: dict[int, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    refused: int = 0
    statuses: set[int] = field(default_factory=set)

    def next_form(self, number: int) -> Form:
        """Return an edit of the clients in turn, with notes that want room."""
        client_id = self.client_ids[number % len(self.client_ids)]
        form = revision(self.person, client_id, self.versions.setdefault(client_id, 1))
        notes = f"{form.mark} {'x' * 1500}"
        return Form(**vars(form) | {"fields": {**form.fields, "notes": notes}, "mark": notes})

    def send(self, form: Form) -> Answer:
        """Send a form and note its answer."""
        self.journal.send(form)
        answer = self.person.session.post(self.server.port, form.path, form.fields)
        if answer.status in REFUSALS and CLEAR in answer.text.lower():
            self.refused += 1
            self.statuses.add(answer.status)
        else:
            note(self.journal, form, answer, self.faults)
            self.versions[form.client_id] = form.version + 1
        return answer


def run(*, is_quick: bool) -> Iterator[Row]:
    """Drill SQLite by its own limit and, where we may mount one, on a small file system."""
    yield _by_page_count(ROUNDS[is_quick])
    yield _by_file_system(ROUNDS[is_quick])


def _by_page_count(rounds: int) -> Row:
    with on_sqlite() as stage:
        room = stage.logs / "room"
        room.write_text(UNLIMITED)
        stage.environ["DRILL_ROOM"] = str(room)
        fill, empty = lambda: _write(room, NO_MORE), lambda: _write(room, UNLIMITED)
        return _drill("disk: max_page_count", stage, rounds, ("-m", "drills.small_disk"), (fill, empty))


def _by_file_system(rounds: int) -> Row:
    name = "disk: tmpfs"
    with small_file_system() as folder:
        if folder is None:
            return Row(name, "SQLite", 0, "not run: a file system of our own could not be mounted")
        filler = folder / "filler"
        with on_sqlite(folder) as stage:
            return _drill(name, stage, rounds, ("app.py",), (lambda: _write_until_full(filler), filler.unlink))


@contextmanager
def small_file_system() -> Iterator[Path | None]:
    """Yield a folder on a small tmpfs, or None where we may not mount one."""
    with tempfile.TemporaryDirectory(prefix="portal-drill-disk-") as folder:
        mount = ("mount", "-t", "tmpfs", "-o", f"size={TMPFS_MB}m,mode=755", "tmpfs", folder)
        if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
            yield None
            return
        try:
            yield Path(folder)
        finally:
            subprocess.run(("umount", "--lazy", folder), check=True)


def _write(path: Path, text: str) -> None:
    path.write_text(text)


def _write_until_full(path: Path) -> None:
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            for size in (1 << 20, 1 << 12):
                file.write(bytes(size))


def _drill(
    name: str, stage: Stage, rounds: int, command: tuple[str, ...], disk: tuple[Callable[[], None], Callable[[], None]]
) -> Row:
    client_ids, person = stage.clients(CLIENTS), stage.person()
    stage.close()  # the last to leave empties the journal, so that a full disk is full
    with Server(stage, command) as server:
        scene = Scene(server, person, client_ids, *disk)
        for _ in range(rounds):
            _round(scene)
    with stage.reading() as connection:
        found = ledger.check(connection, scene.journal)
    counted = (
        f"{len(scene.journal.acknowledged)} saved, {scene.refused} refused with "
        f"{' and '.join(map(str, sorted(scene.statuses)))}, read meanwhile; saved again without a restart"
    )
    return Row(name, stage.name, rounds, counted, faults=scene.faults + found)


def _round(scene: Scene) -> None:
    """Save something, fill the disk, be refused, read, make room, save what was refused."""
    for number in range(3):
        scene.send(scene.next_form(number))
    _read(scene)
    scene.fill()
    last = _until_refused(scene)
    _read(scene)
    scene.empty()
    for form, is_repeat in ((last, False), (last, True)):
        answer = scene.send(form) if form else None
        if answer is None or answer.status != 200 or answer.is_repeat is not is_repeat:
            scene.faults.append(f"with room again: {answer and (answer.status, answer.text[-200:])}")


def _until_refused(scene: Scene) -> Form | None:
    """Send forms until enough were refused; return the last of those, which may be sent again."""
    last, before = None, scene.refused
    for number in range(TRIES):
        form = scene.next_form(number)
        if scene.send(form).status in REFUSALS:
            if last:
                scene.journal.refuse(last)
            last = form
        if scene.refused - before >= WANTED:
            return last
    scene.faults.append(f"{TRIES} forms, {scene.refused - before} refused: was the disk full?")
    return last


def _read(scene: Scene) -> None:
    client_id = scene.client_ids[0]
    for path in ("/clients", f"/clients/{client_id}", "/clients?search=loja", "/clients/export", "/users"):
        answer = scene.person.session.get(scene.server.port, path)
        if answer.status != 200:
            scene.faults.append(f"GET {path}: {answer.status} {answer.text[:200]}")
