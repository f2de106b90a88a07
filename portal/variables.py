"""The variables of the environment: one table, read by the configuration and by its page in docs/.

``python -m portal.variables`` writes the table of docs/configuration.md; a test holds both together.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).resolve().parent.parent / "docs" / "configuration.md"
HEAD = "| Variable | Meaning | Default | Example |\n|---|---|---|---|\n"


class Range(NamedTuple):
    """A whole number: what it is where nothing is said, and its limits."""

    default: int
    least: int
    most: int


class Variable(NamedTuple):
    """What a variable means to those who run the portal, in Markdown; ``range`` where it is a number."""

    name: str
    meaning: str
    default: str
    example: str
    range: Range | None = None


def _number(name: str, meaning: str, range_: Range, example: str) -> Variable:
    told = meaning.format(range=f"{range_.least} to {range_.most}")
    return Variable(name, told, f"`{range_.default}`", example, range_)


VARIABLES: tuple[Variable, ...] = (
    Variable(
        "DATABASE_URL",
        "Where the data is kept: SQLite (a file) or PostgreSQL. `postgres://` is understood as `postgresql://`.",
        "`portal.db` in the instance folder",
        "`postgresql://portal:secret@db.example.com/portal`",
    ),
    _number(
        "PORT",
        "The TCP port that the portal listens on, {range}.",
        Range(8000, 1, 65535),
        "`8080`",
    ),
    Variable(
        "PORTAL_HOST",
        "The address that the portal listens on: an IP address of this machine, or `localhost`. Demo mode "
        "allows only this machine itself.",
        "`127.0.0.1`",
        "`0.0.0.0`",
    ),
    Variable(
        "PORTAL_BASE_URL",
        "The address under which users reach the portal. With `https://` its cookies travel by HTTPS only. "
        "Needed behind a proxy; required where `PORTAL_SMTP_URL` is set, for the links in e-mails.",
        "none",
        "`https://parceiro.example.com`",
    ),
    Variable(
        "PORTAL_TRUSTED_PROXY",
        "The IP address of the reverse proxy whose `X-Forwarded-*` headers are believed; `*` for any, where "
        "nothing but the proxy can reach the portal.",
        "none are believed",
        "`10.0.0.5`",
    ),
    _number(
        "PORTAL_THREADS",
        "How many requests are answered at once, {range}; also the number of database connections kept.",
        Range(8, 1, 64),
        "`16`",
    ),
    Variable(
        "PORTAL_INSTANCE",
        "The folder for what a running portal keeps (database file, compressed assets, the demo's secrets). "
        "Made if it does not exist.",
        "`instance` beside `app.py`",
        "`/var/lib/portal`",
    ),
    Variable(
        "PORTAL_SECRET_KEY",
        "Signs cookies and form tokens; at least 32 characters, the same in every process. Changing it signs "
        "everybody out.",
        "none: required, but in demo mode made once and kept in the instance folder",
        "the output of `openssl rand -hex 32`",
    ),
    Variable(
        "PORTAL_SMTP_URL",
        "The mail server that messages are handed to, with `smtp://` or `smtps://`.",
        "none: no e-mail is sent",
        "`smtps://portal:secret@mail.example.com:465`",
    ),
    Variable(
        "PORTAL_MAIL_FROM",
        "The sender's address of e-mails; required where `PORTAL_SMTP_URL` is set.",
        "none",
        "`portal@example.com`",
    ),
    Variable(
        "PORTAL_SCHEDULER",
        "`0` keeps this process from running the daily jobs and the long work that users start (bulk orders). "
        "Another process then has to; a daily job can be run by `flask --app app job run` too. Commands never "
        "run them by themselves.",
        "`1`",
        "`0`",
    ),
    Variable(
        "PORTAL_PIX_KEY",
        "The Pix key that invoices are paid to: a CPF or CNPJ without mask, `+55` and a phone, an e-mail or a "
        "random key in small letters. Without it nothing can be paid by Pix. The next three go with it.",
        "none: no Pix, but in demo mode a fictional receiver",
        "`11222333000181`",
    ),
    Variable(
        "PORTAL_PIX_NAME",
        "The receiver's name in the Pix code, at most 25 characters; accents are left out there. Set together "
        "with key and city.",
        "none",
        "`Casa do Software`",
    ),
    Variable(
        "PORTAL_PIX_CITY",
        "The receiver's city in the Pix code, at most 15 characters.",
        "none",
        "`São Paulo`",
    ),
    Variable(
        "PORTAL_PIX_WEBHOOK_SECRET",
        "What a message about a payment has to carry to be believed: at least 32 letters, digits and `-._~`. "
        "Required with the key. Where the bank sends no messages, set one that nobody is told: payments are "
        "then confirmed by hand.",
        "none: required with `PORTAL_PIX_KEY`, but in demo mode made once and kept in the instance folder",
        "the output of `openssl rand -hex 32`",
    ),
    _number(
        "PORTAL_TRUST_DAYS",
        'For how many days "Liberar em confiança" lets an Expirado client\'s program run, {range}.',
        Range(3, 1, 31),
        "`5`",
    ),
    _number(
        "PORTAL_GRACE_DAYS",
        "For how many days after its due date every client's program runs on without being paid, {range}.",
        Range(0, 0, 31),
        "`2`",
    ),
    _number(
        "PORTAL_LEASE_DAYS",
        "For how many days a signed license lets a program run without hearing from the portal, {range}; never "
        "beyond the day it is paid through.",
        Range(15, 1, 60),
        "`30`",
    ),
    Variable(
        "PORTAL_ENCRYPTION_KEYS",
        "What certificates, their passwords and the key that signs licenses are encrypted with in the database:"
        " an id, a colon and 64 hexadecimal digits, the newest first, older ones after a comma for as long as "
        "anything is sealed with them. The same in every process. Keep a copy away from the database and its "
        "backups: without it neither opens.",
        "none: required, but in demo mode made once and kept in the instance folder",
        "the output of `echo 1:$(openssl rand -hex 32)`",
    ),
    Variable(
        "PORTAL_DEMO",
        "`1` turns on demo mode: fictional data on first start, known passwords, this machine only.",
        "`0`",
        "`1`",
    ),
    Variable(
        "PORTAL_NOW",
        "Demo mode only: the moment at which the clock stands, with its offset, or `@` and a file that holds "
        "one and is read again at each question.",
        "the system's clock",
        "`2025-07-10T12:00:00-03:00`",
    ),
    Variable(
        "PORTAL_CHROMIUM",
        "Read by the tests, not by the portal: the Chromium that the browser tests drive.",
        "Debian's, or the one that playwright installed",
        "`/usr/bin/chromium`",
    ),
)
RANGES = {variable.name: variable.range for variable in VARIABLES if variable.range}
KNOWN = frozenset(variable.name for variable in VARIABLES)


def as_text() -> str:
    """Return docs/configuration.md: what stands above the table stays as it is."""
    rows = (f"| `{one.name}` | {one.meaning} | {one.default} | {one.example} |" for one in VARIABLES)
    return FILE.read_text(encoding="utf-8").split(HEAD)[0] + HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    FILE.write_text(as_text(), encoding="utf-8")
