"""Passwords are guessed for one account, in parallel and one by one, over a restart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier
from urllib.parse import urlencode

from drills.browser import Answer, Session, ask
from drills.report import Row
from drills.servers import Server
from drills.stage import STAGES, Stage
from tests.factories import PASSWORD

AT_ONCE, MOST = 40, 10
GUESSED = "wrong-password-1"
ENOUGH_MORE = 15
WRONG, TOO_MANY = "E-mail ou senha incorretos", "Muitas tentativas"


@dataclass
class Guesser:
    """Somebody at the login page."""

    server: Server
    said: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def visitor(self) -> Session:
        """Open the login page: its cookie and its token."""
        page = ask(self.server.port, "GET", "/login", headers={})
        return Session(page.cookie, page.hidden("csrf_token") or "")

    def sign_in(self, visitor: Session, email: str, password: str) -> Answer:
        """Send the login as a plain form."""
        fields = {"csrf_token": visitor.csrf_token, "email": email, "password": password}
        headers = {"Cookie": visitor.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        return ask(self.server.port, "POST", "/login", headers=headers, body=urlencode(fields).encode())

    def guess(self, visitor: Session, email: str, password: str = GUESSED) -> str:
        """Try a password and return whether it was verified ("wrong") or refused unseen ("refused")."""
        answer = self.sign_in(visitor, email, password)
        if answer.status == 422 and WRONG in answer.text:
            said = "wrong"
        elif answer.status == 429 and TOO_MANY in answer.text:
            said = "refused"
        else:
            said = "unclear"
            self.faults.append(f"unclear answer to a wrong password: {answer.status} {answer.text[-300:]}")
        self.said[said] += 1
        return said


def run(*, is_quick: bool) -> Iterator[Row]:  # noqa: ARG001 - every drill is run alike
    """Drill both databases; once is enough."""
    for open_stage in STAGES:
        with open_stage() as stage:
            yield _drill(stage)


def _drill(stage: Stage) -> Row:
    victim, other = stage.person().email, stage.person().email
    with Server(stage) as server:
        guesser = Guesser(server)
        _guess_at_once(guesser, victim)
        at_once = guesser.said["wrong"]
        _guess_one_by_one(guesser, victim)
        server.kill()
        server.start()
        _expect(guesser, guesser.guess(guesser.visitor(), victim) == "refused", "refused after a restart")
        right = guesser.guess(guesser.visitor(), victim, PASSWORD)
        _expect(guesser, right == "refused", "the right password refused as well, so that refusals tell nothing")
        signed_in = guesser.sign_in(guesser.visitor(), other, PASSWORD)
        _expect(guesser, signed_in.status == 303, "another account signs in")
        guesser.faults += [f"log: {line}" for line in server.complaints()]
    _expect(guesser, at_once <= MOST, f"{at_once} verified at once, at most {MOST} may be")
    _expect(guesser, guesser.said["wrong"] == MOST, f"{guesser.said['wrong']} verified in all, {MOST} may be")
    counted = (
        f"{AT_ONCE} at once: {at_once} verified; {guesser.said['wrong']} verified in all, "
        f"{guesser.said['refused']} refused, also after a restart; another account signed in"
    )
    return Row("guess", stage.name, 1, counted, faults=guesser.faults)


def _guess_at_once(guesser: Guesser, email: str) -> None:
    barrier, visitor = Barrier(AT_ONCE), guesser.visitor()

    def guess(_number: int) -> str:
        barrier.wait(10)
        return guesser.guess(visitor, email)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(guess, range(AT_ONCE)))


def _guess_one_by_one(guesser: Guesser, email: str) -> None:
    """Use up what is left of the tries; each after the last is refused."""
    visitor = guesser.visitor()
    said = [guesser.guess(visitor, email) for _ in range(ENOUGH_MORE)]
    _expect(guesser, said == sorted(said, reverse=True), f"verified after a refusal: {said}")
    _expect(guesser, said[-1] == "refused", "the last of many is refused")


def _expect(guesser: Guesser, is_so: bool, what: str) -> None:
    if not is_so:
        guesser.faults.append(f"not so: {what}")
