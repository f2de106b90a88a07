"""An installation's life: activated once, checking in whenever it can, running on what its license says."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from reference import license as licenses
from reference.home import Home
from reference.license import License, NotAccepted
from reference.wire import Answer, Portal, Refused, Unreachable

VERSION = "5.3.0"

STOPS = {"suspended", "expired", "inactive", "pending", "device_removed"}
"""The license rests: the program stops, keeps key and data, and goes on checking in."""

GONE = {"key_unknown", "key_replaced", "other_device"}
"""The program is not activated here any more."""

FINAL = {"key_replaced", "pairing_refused"}
"""Refusals after which the same activation, sent again, has nothing to find."""

NOT_YET = "Este programa ainda não foi ativado. Informe CNPJ e código de registro."


class NotActivated(Exception):  # noqa: N818 - an answer, not a fault
    """The program has no key (yet); the text is for the screen."""


class Installation:
    """A program on a machine, at a moment of the machine's clock."""

    def __init__(self, home: Home, now: datetime, portal: str | None = None) -> None:
        """Remember what the folder holds; ``portal`` is another address from now on."""
        self.home, self.now, self.state = home, now, home.load()
        self.state.portal = portal or self.state.portal
        self.portal = Portal(self.state.portal)

    def save(self) -> None:
        """Keep what is remembered."""
        self.home.save(self.state)

    @property
    def machine(self) -> Answer:
        """What every call says of the machine and the program on it."""
        return {"device": {"id": self.state.device, "name": self.state.name}, "version": VERSION}

    # activation

    def activate(self, program: str, document: str, code: str) -> None:
        """Turn a document and a code (a Navi has none) into a key and a license.

        Its random text is on disk before the portal hears of it: where the answer is lost, the same command finds the key
        that the code was turned into.

        Raises:
            Refused, Unreachable, NotAccepted: see there.
            NotActivated: a Navi's partner has not authorised it yet.
        """
        asked = " ".join("".join(filter(str.isalnum, text)).upper() for text in (program, document, code))
        request = self.state.requests.setdefault(asked, secrets.token_urlsafe(32))
        self.save()
        body = {"program": program, "document": document, "request": request} | self.machine
        try:
            answer = self.portal.post("/activations", body | ({"code": code} if code else {}), expects=("state",))
        except Refused as refusal:
            if refusal.reason in FINAL:
                del self.state.requests[asked]
                self.save()
            raise
        if answer["state"] == "waiting":
            raise NotActivated(f"Peça ao parceiro que autorize o número {answer['number']}. Depois, ative de novo.")
        self.state.key, self.state.program, self.state.license = answer["key"], program, None
        self.state.requests, self.state.seats, self.state.peaks, self.state.backups = {}, {}, {}, []
        self._accept(answer)

    # checking in

    def check_in(self, cloud_error: str = "") -> list[int]:
        """Tell how the program is and take the license of the moment; returns the backups that were made on request.

        Raises:
            Refused: and what follows from the reason is remembered.
            Unreachable, NotActivated: see there.
            NotAccepted: the license that was answered; the old one stays.
        """
        state = self.state
        peaks = [{"item": item, "most": most} for item, most in state.peaks.items()]
        told = self.machine | {"peaks": peaks, "backups": state.backups} | self._cloud(cloud_error)
        try:
            answer = self.call("/check-ins", told, "license", "check_in_at", "backups")
        except Unreachable as busy:
            state.check_in_at = (self.now + timedelta(seconds=busy.retry_after)).isoformat()
            self.save()
            raise
        asked = [int(backup["id"]) for backup in answer["backups"]]
        state.peaks, state.backups = {}, [{"id": one, "size_bytes": self.home.size()} for one in asked]
        self._accept(answer)
        return asked

    @property
    def is_check_in_due(self) -> bool:
        """Whether the moment has come that the portal named."""
        return self.now >= datetime.fromisoformat(self.state.check_in_at)

    def call(self, path: str, body: Answer, *expects: str) -> Answer:
        """Send something with the key, and draw the consequences of a refusal before anybody is told."""
        with self._key() as key:
            return self.portal.post(path, body, key, expects=expects)

    def send(self, path: str, content: bytes) -> None:
        """Send bytes with the key, as ``call`` does."""
        with self._key() as key:
            self.portal.send(path, content, key)

    @contextmanager
    def _key(self) -> Iterator[str]:
        if self.state.key is None:
            raise NotActivated(self._why_not_activated())
        try:
            yield self.state.key
        except Refused as refusal:
            self._remember(refusal)
            raise

    def _accept(self, answer: Answer) -> None:
        """Take a fresh license, which also tells the time: what the clock showed before counts no more.

        Whatever is wrong with the license, all else that the answer brought (a key, above all) is kept.
        """
        state, token = self.state, str(answer["license"])
        try:
            if licenses.key_id(token) not in [key["kid"] for key in state.keys]:
                state.keys = self.portal.get("/keys", expects=("keys",))["keys"]
            fresh = licenses.read(token, state.keys, program=state.program, device=state.device)
            state.seen = fresh.issued_at.isoformat()
            fresh.ensure_runs(self.now, fresh.issued_at)
            state.license, state.check_in_at, state.refusal = token, answer["check_in_at"], None
        finally:
            self.save()

    def _remember(self, refusal: Refused) -> None:
        """Act on a refusal. A reason that is not known here stops nothing: the license ends by itself."""
        if refusal.reason not in STOPS | GONE:
            return
        self.state.refusal = {"reason": refusal.reason, "detail": refusal.detail}
        if refusal.reason in GONE:
            self.state.key = self.state.license = None
        self.save()

    def _cloud(self, error: str) -> Answer:
        """Return what is told of the Cloud, where the license has one; here it has always just been synchronised."""
        try:
            has_cloud = self.licensed().items_on(self.today).get("cloud")
        except NotAccepted:
            return {}
        if not has_cloud:
            return {}
        health = {"health": "error", "detail": error} if error else {"health": "ok"}
        return {"cloud": health | {"synced_at": self.now.isoformat()}}

    # running

    def start(self, *, is_due: bool = True) -> tuple[License, str]:
        """Return the license that the program runs on, and what there is to say of a check-in that came to nothing.

        Raises:
            Refused, NotAccepted, NotActivated: it does not run, and why.
        """
        remark = ""
        try:
            if is_due and self.state.key:
                self.check_in()
        except (Unreachable, NotAccepted, Refused) as why:
            remark = str(why)
        return self.running(), remark

    def running(self) -> License:
        """Return the license that the program runs on at this moment, without asking anybody.

        Raises:
            Refused, NotAccepted, NotActivated: it does not run, and why.
        """
        state, found = self.state, self.licensed()
        seen = max(datetime.fromisoformat(state.seen), self.now)
        state.seen = seen.isoformat()
        self.save()  # whether it runs or not, so that no later clock stands before this moment
        if state.refusal:
            raise Refused(state.refusal["reason"], state.refusal["detail"])
        found.ensure_runs(self.now, seen)
        return found

    def licensed(self) -> License:
        """Return what the license says that is kept, whether or not it lets the program run now."""
        state = self.state
        if state.key is None:
            raise NotActivated(self._why_not_activated())
        if state.license is None:
            raise NotAccepted("Ainda não há licença neste aparelho. Conecte à internet e abra de novo.")
        return licenses.read(state.license, state.keys, program=state.program, device=state.device)

    @property
    def today(self) -> date:
        """The day in São Paulo."""
        return self.now.astimezone(licenses.SAO_PAULO).date()

    def _why_not_activated(self) -> str:
        return self.state.refusal["detail"] if self.state.refusal else NOT_YET
