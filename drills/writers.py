"""Writers: users who suspend, cancel suspensions and edit as fast as they are answered, and keep a journal of it."""

from __future__ import annotations

from random import Random
from threading import Event
from uuid import uuid4

from drills.browser import CUT, Answer
from drills.ledger import Form, Journal, Receipt
from drills.stage import Person

PLACE = {"uf": "SP", "city": "São Paulo", "email": "loja@exemplo.com.br", "phone": "11987654321"}
LICENSE = {"base": "1", "renewal_method": "manual"}
"""What the drill's clients hold, as the form sends it along."""
CONFLICT = 409


def suspension(person: Person, client_id: int, version: int) -> Form:
    """Return a form that suspends, with a reason of its own."""
    mark, path = f"motivo {uuid4()}", f"/clients/{client_id}/suspension"
    return Form(person.user_id, client_id, "suspend", version, path, {"version": str(version), "reason": mark}, mark)


def resumption(person: Person, client_id: int, version: int) -> Form:
    """Return a form that cancels a suspension."""
    path = f"/clients/{client_id}/resumption"
    return Form(person.user_id, client_id, "resume", version, path, {"version": str(version)})


def revision(person: Person, client_id: int, version: int) -> Form:
    """Return a form that gives a client a new name and notes of its own."""
    mark, path = f"nota {uuid4()}", f"/clients/{client_id}/revision"
    fields = PLACE | LICENSE | {"version": str(version), "name": f"Loja {mark[-12:]}", "notes": mark}
    return Form(person.user_id, client_id, "edit", version, path, fields, mark)


class Writer:
    """One user at work. ``pending`` is the form that was sent and not answered."""

    def __init__(self, person: Person, client_ids: list[int], journal: Journal) -> None:
        """Share the clients and the journal with the other writers."""
        self.person, self._client_ids, self._journal = person, client_ids, journal
        self._random = Random()
        self.pending: Form | None = None
        self.faults: list[str] = []

    def work(self, port: int, stopping: Event) -> None:
        """Write until told to stop or until the server is gone."""
        try:
            while not stopping.is_set():
                self.write_once(port)
        except CUT:
            return

    def write_once(self, port: int) -> Answer | None:
        """Fill in a form and send it; None where somebody else was faster with that client."""
        form = self._next_form(port)
        return self.send(port, form) if form else None

    def send_again(self, port: int) -> Answer | None:
        """Send the form that got no answer once more; returns its answer, or None where no form waited."""
        return self.send(port, self.pending) if self.pending else None

    def send(self, port: int, form: Form) -> Answer:
        """Send a form and note what became of it.

        Raises:
            OSError, HTTPException: no answer came; the form is ``pending``.
        """
        self.pending = form
        self._journal.send(form)
        answer = self.person.session.post(port, form.path, form.fields)
        self.pending = None
        note(self._journal, form, answer, self.faults)
        return answer

    def _next_form(self, port: int) -> Form | None:
        """Fill in a form for a client, from its page as it is now; None where somebody was faster."""
        client_id = self._random.choice(self._client_ids)
        if self._random.random() < 0.5:
            version = self._version(port, f"/clients/{client_id}/revision/new")
            return revision(self.person, client_id, version) if version else None
        menu = self.person.session.get(port, f"/clients/{client_id}/menu")
        if f"/clients/{client_id}/resumption" in menu.text:
            return resumption(self.person, client_id, int(menu.hidden("version") or 0))
        version = self._version(port, f"/clients/{client_id}/suspension/new")
        return suspension(self.person, client_id, version) if version else None

    def _version(self, port: int, path: str) -> int | None:
        answer = self.person.session.get(port, path)
        version = answer.hidden("version")
        if answer.status == 200 and version:
            return int(version)
        if answer.status != CONFLICT:
            self.faults.append(f"{path} answered {answer.status}: {answer.text[:200]}")
        return None


def note(journal: Journal, form: Form, answer: Answer, faults: list[str]) -> None:
    """Note an answer in the journal; one that says neither "done" nor "not done" is a fault."""
    protocol = answer.protocol
    if answer.status == 200 and protocol:
        journal.acknowledge(Receipt(form, protocol, answer.is_repeat))
    elif answer.status == CONFLICT:
        journal.refuse(form)
    else:
        faults.append(
            f"unclear answer to {form.action} of client {form.client_id}: {answer.status} {answer.text[:200]}"
        )
