"""Who takes part in a migration from Navi to Link, against a portal that runs: partner, bank, programs, and one clock for all."""

from __future__ import annotations

import html
import re
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

import segno

from drills.forms import Browser, Page
from drills.pix import SECRET
from drills.stage import Stage
from portal import clock
from portal.config import ROOT
from portal.extensions import db
from portal.models import Partner
from tests.factories import PASSWORD
from tests.psp import Psp

RUNS, REFUSED, NOT_ACTIVATED, INTERRUPTED = 0, 1, 2, 4
"""How a program's command ends."""

FIRST_DAY = "2025-06-11T10:00:00"
ENTITIES = ("customers", "products", "stock", "sales", "sale_items", "payments")
OPEN = "(SELECT credit_id FROM instalments WHERE paid_cents < amount_cents)"
RECEIVABLES = f"""
    SELECT credit_id, customer_id, number, due_on, amount_cents, paid_cents
    FROM instalments JOIN credits ON credits.id = credit_id WHERE credit_id IN {OPEN}
"""  # noqa: S608 - ours
AMOUNT, PAID = 4, 5
"""Their columns."""


class Wrong(Exception):  # noqa: N818 - what a drill found
    """Something is not as the document says."""


@dataclass
class Cast:
    """Everybody, and what they know by now."""

    stage: Stage
    known: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Set the clock to the first day."""
        self.folder = self.stage.folder
        self.hands = self.folder / "now"
        self._set_clock(FIRST_DAY)

    def begin(self, port: int) -> None:
        """Set the portal up as the vendor does: a price table, a partner and its administrator, who signs in."""
        with self.stage.app.app_context(), clock.frozen(clock.parse_moment(self.now)):
            self.stage.make.price_version()
            user = self.stage.make.user(db.session.get(Partner, self.stage.partner_id))
            self.known |= {"email": str(user.email), "document": self.stage.make.document()}
        self.port, self.url = port, f"http://127.0.0.1:{port}"
        self.bank = Psp(f"{self.url}/webhooks/pix/{SECRET}/pix")
        self.sign_in()

    def sign_in(self) -> None:
        """Sign the partner in; a session that nobody used for days is over."""
        self.browser = Browser(self.port)
        typed = {"email": self.known["email"], "password": PASSWORD}
        page = self.browser.send(self.browser.open("/login"), "Entrar", typed)
        ensure(page.path == "/", f"not signed in: {page.text[:600]}")

    def move_clock(self, now: str) -> None:
        """Let days pass; the partner signs in again."""
        self._set_clock(now)
        self.sign_in()

    def _set_clock(self, now: str) -> None:
        """Let it be a moment of São Paulo, for everybody."""
        self.now = f"{now}-03:00"
        draft = self.hands.with_suffix(".new")
        draft.write_text(self.now)
        draft.replace(self.hands)

    # money

    def pay_additionals(self, client: str, value: str) -> None:
        """Pay a registration's charge."""
        page = self.browser.open(f"/invoices/new?kind=additions&client={self.known[client]}")
        ensure(value in page.text, f"{value} is not asked for: {page.text[:600]}")
        self.pay(self.browser.send(page, "Confirmar"))

    def pay(self, page: Page) -> None:
        """Pay the invoice that a page shows."""
        code = html.unescape(found(r'<textarea id="pix-code"[^>]*>([^<]+)<', page.html))
        told = self.bank.tell(self.bank.pay(code, clock.parse_moment(self.now)))
        ensure(told.status == 200, f"the bank was answered {told.status}")
        again = self.browser.open(page.path)
        ensure("Comprovante" in again.text, f"the invoice is not paid: {again.text[:600]}")

    # the programs

    def navi(self, *words: str, ends: int = RUNS) -> str:
        """Run Navi at the shop."""
        return self._program("navi", words, "", ends)

    def link(self, *words: str) -> str:
        """Run Link at the shop."""
        return self._program("link", words, "", RUNS)

    def open_link(self, *typed: str, ends: int = INTERRUPTED) -> str:
        """Type into Link's dialogue and go away, or come to its end."""
        return self._program("link", ("open",), "".join(f"{line}\n" for line in typed), ends)

    def _program(self, name: str, words: Sequence[str], typed: str, ends: int) -> str:
        machine = ["--home", str(self.folder / name), "--portal", self.url, "--now", self.now]
        command = [sys.executable, "-m", f"reference.{name}", *machine, *words]
        ran = subprocess.run(command, cwd=ROOT, input=typed, capture_output=True, text=True, timeout=300, check=False)
        screen = ran.stdout + ran.stderr
        ensure(ran.returncode == ends, f"{name} {' '.join(words)} ended with {ran.returncode}: {screen}")
        return screen

    def rows(self, program: str, database: str) -> dict[str, list[Any]]:
        """Return all that migrates, as a program's database has it."""
        connection = sqlite3.connect(self.folder / program / database)
        queries = {name: f"SELECT {_columns(connection, name)} FROM {name}" for name in ENTITIES}  # noqa: S608 - ours
        queries["receivables"] = RECEIVABLES
        rows = {name: sorted(connection.execute(query).fetchall(), key=repr) for name, query in queries.items()}
        connection.close()
        return rows

    def receivable(self) -> int:
        """Return the cents that the shop's customers owe, as Navi has them."""
        return sum(row[AMOUNT] - row[PAID] for row in self.rows("navi", "navi.db")["receivables"])


def _columns(connection: sqlite3.Connection, table: str) -> str:
    return ", ".join(sorted(row[1] for row in connection.execute(f"PRAGMA table_info({table})")))


def found(pattern: str, text: str) -> str:
    """Return what stands in a text at the pattern's first group."""
    match = re.search(pattern, text)
    if not match:
        raise Wrong(f"{pattern} is not in {text[:600]}")
    return match[1]


def number(count: int) -> str:
    """Return a number as a screen writes it."""
    return f"{count:,}".replace(",", ".")


def money(cents: int) -> str:
    """Return cents as a screen writes them, without the sign."""
    return f"{number(cents // 100)},{cents % 100:02d}"


def qr_of(url: str) -> str:
    """Return a QR code as Navi draws it on its screen."""
    drawn = StringIO()
    segno.make_qr(url, error="m").terminal(drawn, compact=True)
    return drawn.getvalue()


def ensure(truth: bool, otherwise: str) -> None:
    """Raise Wrong with what is there instead."""
    if not truth:
        raise Wrong(otherwise)
