"""The bank tells of payments again and again, side by side, to two servers of which one is killed at a random moment."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import choice, randint, sample, shuffle, uniform
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from drills import ledger
from drills.browser import CUT
from drills.report import Row
from drills.servers import Server
from drills.stage import STAGES, Stage
from portal import clock
from portal.access import Viewer
from portal.config import DEMO_RECEIVER
from portal.domain import pix
from portal.extensions import db
from portal.models import AuditEvent, Client, CreditAccount, CreditEntry, Invoice, InvoiceLine, Partner, Payment
from tests.money import Purse
from tests.psp import Payment as Told
from tests.psp import Psp

ROUNDS = (10, 2)
INVOICES, BANKS, TIMES = 24, 8, 2
PAUSE, PATIENCE = 0.1, 120.0
SECRET = secrets.token_hex(32)
WAYS: tuple[tuple[int, ...], ...] = ((0,), (-1, 1), (0, 0), (500,))
"""What arrives for an invoice, in cents beside its total; the second way is a cent less, and the cent."""

ENVIRON = {
    "PORTAL_PIX_KEY": DEMO_RECEIVER.key,
    "PORTAL_PIX_NAME": DEMO_RECEIVER.name,
    "PORTAL_PIX_CITY": DEMO_RECEIVER.city,
    "PORTAL_PIX_WEBHOOK_SECRET": SECRET,
}


@dataclass
class Bank:
    """Sends each message until it is answered with 200, to whichever server; counts what that took."""

    ports: tuple[int, int]
    answers: Counter[str] = field(default_factory=Counter)
    sent: list[Told] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    @property
    def acknowledged(self) -> int:
        """How many messages were answered with 200."""
        return self.answers["200"]

    def tell(self, payments: Sequence[Told]) -> None:
        """Tell of payments in one message.

        Raises:
            TimeoutError: nobody says 200.
        """
        deadline = monotonic() + PATIENCE
        while monotonic() < deadline:
            said = self._ask(payments)
            with self.lock:
                self.answers[said] += 1
            if said == "200":
                return
            sleep(PAUSE)
        raise TimeoutError("no server takes a message")

    def _ask(self, payments: Sequence[Told]) -> str:
        bank = Psp(f"http://127.0.0.1:{choice(self.ports)}/webhooks/pix/{SECRET}/pix")
        try:
            return str(bank.tell(*payments).status)
        except CUT:
            return "cut"


def run(*, is_quick: bool) -> Iterator[Row]:
    """Drill both databases."""
    for open_stage in STAGES:
        with open_stage() as stage:
            stage.environ.update(ENVIRON)
            yield _drill(stage, ROUNDS[is_quick])


def _drill(stage: Stage, rounds: int) -> Row:
    row, purse = Row("pix", stage.name, rounds), _purse(stage)
    with Server(stage) as one, Server(stage) as other:
        bank = Bank((one.port, other.port))
        for number in range(1, rounds + 1):
            _tell_until_killed(bank, _messages(stage, bank, purse), (one, other))
            found = _check(stage, bank)
            row.faults += [f"round {number}: {fault}" for fault in found]
            if found:  # every later round would find it again
                break
        row.faults += [f"log: {line}" for line in (*one.complaints(), *other.complaints())]
    lost, doubled = (sum(f": {word}: " in fault for fault in row.faults) for word in ("lost", "doubled"))
    row.counted = (
        f"{len(bank.sent)} payments of {rounds * INVOICES} invoices in {bank.acknowledged} messages, each sent at least "
        f"{TIMES} times; {bank.answers['cut']} cut, {bank.answers['503']} busy; {lost} lost, {doubled} doubled"
    )
    return row


def _purse(stage: Stage) -> Purse:
    user_id = stage.person().user_id
    with stage.app.app_context():
        stage.make.price_version()
    role: Any = "admin"
    actor = Viewer("", 1, user_id, "Drill", "", role, stage.partner_id, "", 0, is_partner_suspended=False)
    return Purse(actor)


def _messages(stage: Stage, bank: Bank, purse: Purse) -> list[list[Told]]:
    """Make invoices of a client each, have them paid in all ways, and return what the bank tells, in no order."""
    paid = [told for number in range(INVOICES) for told in _paid(stage, purse, WAYS[number % len(WAYS)])]
    paid.append(Psp("").receive("***", "1.00", clock.now()))
    bank.sent += paid
    shuffle(paid)
    messages = [paid[start : start + 3] for start in range(0, len(paid), 3)] * TIMES
    messages += [sample(paid, 2) for _ in range(len(messages) // 2)]
    shuffle(messages)
    return messages


def _paid(stage: Stage, purse: Purse, way: tuple[int, ...]) -> list[Told]:
    """Make a client with its invoice and pay it: as it asks, or in two parts, or twice, or too much."""
    today = clock.today()
    with stage.app.app_context():
        partner = db.session.get(Partner, stage.partner_id)
        assert partner
        client = stage.make.client(partner, due_on=today, due_day=min(today.day, 28))
        invoice = purse.renew(client, today)
        txid, total = invoice.txid, invoice.total_cents
    bank, code = Psp(""), pix.br_code(DEMO_RECEIVER, txid=txid, amount_cents=total)
    values = [total + beside if beside != 1 else 1 for beside in way]
    return [bank.pay(code, clock.now(), f"{cents // 100}.{cents % 100:02}") for cents in values]


def _tell_until_killed(bank: Bank, messages: list[list[Told]], servers: tuple[Server, Server]) -> None:
    """Send everything from several threads while one of the servers is killed and started again."""
    done, enough = Event(), bank.acknowledged + randint(0, len(messages) // 2)
    killer = Thread(target=_kill, args=(choice(servers), bank, enough, done))
    killer.start()
    try:
        with ThreadPoolExecutor(BANKS) as pool:
            list(pool.map(bank.tell, messages))
    finally:
        done.set()
        killer.join()


def _kill(server: Server, bank: Bank, enough: int, done: Event) -> None:
    while bank.acknowledged < enough and not done.is_set():
        sleep(0.001)
    sleep(uniform(0, 0.03))
    server.kill()
    server.start()


def _check(stage: Stage, bank: Bank) -> list[str]:
    with stage.reading() as connection:
        return [*ledger.unsoundness(connection), *_faults(connection, bank.sent)]


def _faults(connection: Connection, sent: list[Told]) -> Iterator[str]:
    """Every payment there once, every invoice settled once, every client renewed once, and no cent too many."""
    wanted = Counter((told.end_to_end_id, round(float(told.valor) * 100)) for told in sent)
    columns = Payment.end_to_end_id, Payment.amount_cents
    booked = Counter((name, cents) for name, cents in connection.execute(select(*columns)))
    yield from (f"lost: {name}, {cents}" for name, cents in wanted - booked)
    yield from (f"doubled: {name}, {cents}" for name, cents in booked - wanted)
    unsettled = select(func.count()).select_from(Invoice).where(Invoice.settled_at.is_(None))
    if count := connection.scalar(unsettled):
        yield f"{count} invoices are not settled"
    yield from _unmoved(connection)
    received = _total(connection, Payment.amount_cents, Payment.partner_id.is_not(None))
    moved, credit = _total(connection, InvoiceLine.amount_cents), _total(connection, CreditEntry.amount_cents)
    balance = _total(connection, CreditAccount.balance_cents)
    if received != moved + credit or credit != balance:
        yield f"{received} cents arrived, {moved} moved licenses, {credit} became credit, the balance is {balance}"


def _total(connection: Connection, column: Any, *which: Any) -> int:
    return int(connection.scalar(select(func.coalesce(func.sum(column), 0)).where(*which)) or 0)


def _unmoved(connection: Connection) -> Iterator[str]:
    lines = select(InvoiceLine.client_id, InvoiceLine.next_due_on, Client.due_on)
    for client_id, wanted, found in connection.execute(lines.join(Client, Client.id == InvoiceLine.client_id)):
        if wanted != found:
            yield f"client {client_id} is due on {found}, not {wanted}"
    renewed = select(AuditEvent.client_id, func.count()).where(AuditEvent.action == "renewed")
    for row in connection.execute(renewed.group_by(AuditEvent.client_id)):
        if row[1] != 1:
            yield f"client {row[0]} was renewed {row[1]} times"
