"""What a scripted day is made of: machines with the program on them, the partner at the portal, one clock for all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

from drills.browser import Session
from portal import clock
from portal.config import ROOT
from portal.extensions import db
from portal.models import Client, User
from reference import link
from tests.serving import Running, running
from tests.visitor import Visitor

UNREACHABLE = "http://127.0.0.1:1"


class Clock:
    """What time it is, for the portal and for the machines."""

    def __init__(self, file: Path, now: str) -> None:
        self.file = file
        self.set(now)

    def set(self, now: str) -> None:
        """Let it be a moment of São Paulo."""
        self.now = f"{now}-03:00"
        draft = self.file.with_suffix(".new")
        draft.write_text(self.now)
        draft.replace(self.file)  # the portal reads it at any time


@dataclass
class Machine:
    """A computer, a tablet, a telephone: a folder of its own."""

    home: Path
    clock: Clock
    portal: str
    program: ModuleType = link

    def does(self, *command: str, now: str = "", offline: bool = False) -> tuple[int, str]:
        """Carry out a command in this process; returns how it ended and what the screen shows."""
        with redirect_stdout(StringIO()) as screen, redirect_stderr(screen):
            status = self.program.main(self._words(command, now, offline))
        return status, screen.getvalue().strip()

    def process(self, *command: str) -> tuple[int, str]:
        """Carry out a command as somebody at the machine would."""
        words = [sys.executable, "-m", "reference.link", *self._words(command, "", False)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, (done.stdout + done.stderr).strip()

    def _words(self, command: tuple[str, ...], now: str, offline: bool) -> list[str]:
        portal = UNREACHABLE if offline else self.portal
        return ["--home", str(self.home), "--portal", portal, "--now", now or self.clock.now, *command]


class Desk:
    """The partner at the portal, by its forms about one client."""

    def __init__(self, app: Any, clock: Clock, client: Client, user: User) -> None:
        self.app, self.clock, self.client_id, self.user_id = app, clock, int(client.id), int(user.id)
        db.session.rollback()

    def post(self, server: Running, form: str, **fields: str) -> None:
        """Sign in and send a form as the client's page shows it now."""
        session = self._signed_in()
        version = db.session.scalar(db.select(Client.version).where(Client.id == self.client_id))
        db.session.rollback()  # on SQLite whoever reads keeps writers out, and the portal is one
        path = f"/clients/{self.client_id}/{form}"
        answer = session.post(server.port, path, {"version": str(version), **fields})
        assert answer.protocol, answer.text

    def _signed_in(self) -> Session:
        with clock.frozen(clock.parse_moment(self.clock.now)):
            visitor = Visitor(self.app).sign_in(db.session.get_one(User, self.user_id))
        token, cookie = visitor.csrf_token(), visitor.browser.get_cookie("portal")
        assert cookie
        return Session(f"portal={cookie.value}", token)


@contextmanager
def portal_at(hands: Clock, folder: Path, database_url: str) -> Iterator[Running]:
    """Run a portal whose clock is ours."""
    with running(folder, database_url, PORTAL_DEMO=1, PORTAL_NOW=f"@{hands.file}") as server:
        yield server


def newest(column: Any, **facts: Any) -> str:
    """Return what the partner reads on the screen: of the newest row with some facts, one more."""
    model = column.class_
    found = db.session.scalar(db.select(column).filter_by(**facts).order_by(model.id.desc()).limit(1))
    db.session.rollback()
    return str(found)
