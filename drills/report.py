"""What a drill found, as a row of the table that is printed and kept in docs/drills.md."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field

from portal import clock
from portal.config import ROOT

PAGE = ROOT / "docs" / "drills.md"
COLUMNS = ("Drill", "Database", "Rounds", "What was counted", "Seconds", "Result")
SHOWN_FAULTS = 20
INTRODUCTION = """# Drills

What `make drill` did to real server processes (`python app.py`) on a real SQLite file and on PostgreSQL, and what was
found afterwards. Written by the full run; `make drill QUICK=1` does fewer rounds and leaves this page alone.

"""
NOTES = """
- **kill**: the server is killed (SIGKILL) at a random moment under four writers who share their clients, and started
  again on what it left; then each writer sends the form again that got no answer. One database lives through all
  rounds, so that what was acknowledged in the first is still looked for after the last. The power stays on: what a
  machine loses that fails as a whole is not tried here.
- **night**: two servers with schedulers share the database; on every night, around 06:10, whoever is at work is killed
  at a random moment (or both are, or an idle one), and started again. In the end each job has one finished run per day,
  each step of the slow job exists once, and no two processes were at the same day's work at once. Then nobody runs over
  the hour (for 1 s, 5 h, 3 days), and the seconds are counted until everything is caught up.
- **backup**: copies are taken by command while four writers write, and restored by command into fresh databases, which
  must be sound, hold everything acknowledged before the copy began, and as many rows as `restore` says.
- **repeat**: two server processes share the database. The same form arrives 20 times at once, and again after the
  client has hung up without reading the answer; then the same version with another content.
- **pix**: two server processes share the database. Invoices are paid as they ask, in two parts, twice and too much; a bank
  tells of each payment several times, in no order, side by side, while one of the servers is killed (SIGKILL), and sends
  a message again until the answer is 200. Then every payment is there once, every invoice settled, every license moved by
  one cycle, and what arrived is, to the cent, what moved licenses and what became credit.
- **bulk**: an order to suspend a thousand rows, which two servers share: answers are cut, the server that is at it is
  stopped (SIGTERM), then the one that is at it killed (SIGKILL), both are started again, and two windows send the same
  form through both. Each row has one event and one new version. Who takes over from the dead waits 20 s, to be sure.
- **desk**: three hundred clients on the renewal desk of two servers: decisions and the form that makes the invoice are cut
  in the middle of being sent, and again before the answer; then the same form arrives 20 times at once. Each client stands
  on one line of one invoice, or was decided about once.
- **seats**: two server processes share the database. One code is sent by ten devices at once over HTTP (as many as the limit
  of tries lets through) and used by 32 threads of two processes; 32 devices ask for the last seat of three, and one device
  32 times for its own. Then 16 activations meet check-ins, "Reemitir código", "Alterar CPF/CNPJ" and the night's work on one
  client: each is done, or told that somebody was faster.
- **bombs**: spreadsheets of 2 MB at most that would cost minutes or gigabytes (a million columns, two million rows, 90 MB
  of blanks, a billion laughs …), two at a time, while another user looks at their clients.
- **import**: a sheet of 5,000 clients is imported by a server that is killed (SIGKILL) again and again under way; after
  each kill none or all of them are there, in the end each once, with the charges that were shown.
- **certificates**: hostile .pfx files (93 bytes that ask for two billion rounds, 200 files of garbage, no key, an authority's,
  another company's, expired, too large), two at a time, while another user looks at clients, certificates and Home.
- **navi-backups**: bombs, claims of a gigabyte, files at one place, noise of 49 MB and lines that are all broken are sent in for a Navi
  client; each is told as what it is within 8 s of being sent, while another user's requests stay under 250 ms.
- **restore**: the program Link restores a backup of 200,000 sales over data that an earlier one left, and is killed (SIGKILL) at
  random moments; what is there is the one or the other, to the byte. Then it is given everything that can be wrong with a
  backup, large ones too: cut in half, a bad line far inside.
- **migration**: the whole way from Navi to Link, from a portal that was just set up: a partner in a browser without scripts, both
  programs as they are installed, payment by Pix, one clock for all. Link is ordered; Navi makes its backup, as a file and by
  link; the portal looks it through; both are restored, the shop is activated, its partner signs in, users are made; every count
  and every open receivable's cent are equal at both ends. Next month Link alone is renewed; Navi becomes Expirado, Inativo, and
  is reactivated.
- **locks**: another process holds SQLite's write lock for 3 s, then for 8 s, while readers go on.
- **disk**: there is no room for another page (`PRAGMA max_page_count`), or in the file system (a small tmpfs, where we
  may mount one); then there is room again, without a restart.
- **term**: SIGTERM while 20 exports are under way to slow readers; the second round has half a request lying about too.
- **slow**: 40 connections dawdle (readers, headers, bodies) while somebody works.
- **guess**: 40 wrong passwords at once for one account, more one by one, a restart, then again.
- **proxy**: two processes on PostgreSQL behind nginx with `deploy/nginx.conf`, TLS included, and four writers who come through
  it. One process after the other is killed (SIGKILL), or restarted (SIGTERM); nobody's connection is cut, no answer is
  missing, and a form whose process died under it is answered by the other one. The proxy's log holds no secret address.
- **barriers**: every page that the URL map has, on the demo's rows, as each role and signed out, at 360 and 1280 px: axe (WCAG 2.2
  AA), sideways scrolling, targets of 44 px on a phone, one heading, a title, the browser's own complaints; the lists also
  with menus, rows and windows open. A route without a page in the demo is a fault, too.
- **journeys**: the suite's own journeys in Chromium (`pytest tests/browser --behind-proxy FILE`), each with its widths and with
  JavaScript off where the suite has it so, through `deploy/nginx.conf` with TLS over two processes on PostgreSQL, of which one
  after the other is killed (SIGKILL) after 4 to 12 s and started again. The journeys must pass as they do over one process; one
  that met "Já estava feito", because its process died between doing and telling, is played again. Then every protocol that a
  browser was shown is in the trail, no form was done twice, versions and events of each client are without a gap, and the
  list's counters equal a recount. Left out: bulk orders, spreadsheets and Navi backups, whose work is taken over from the
  dead by a clock that these journeys hold (**bulk**, **import** and **navi-backups** drill them), and tests of bytes, seconds
  and looks.
"""


@dataclass
class Row:
    """One drill on one database. ``faults`` say what went wrong; an empty list is a pass."""

    drill: str
    database: str
    rounds: int
    counted: str = ""
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def cells(self) -> tuple[str, ...]:
        """The row's cells, in the order of COLUMNS."""
        result = f"FAILED ({len(self.faults)})" if self.faults else "ok"
        return (self.drill, self.database, str(self.rounds), self.counted, f"{self.seconds:.0f}", result)


def show(row: Row) -> None:
    """Print a row and, where it failed, why."""
    print(" | ".join(row.cells), flush=True)
    for fault in row.faults[:SHOWN_FAULTS]:
        print(f"    ! {fault}", flush=True)
    if hidden := len(row.faults) - SHOWN_FAULTS:
        print(f"    ! and {hidden} more" if hidden > 0 else "", end="\n" if hidden > 0 else "", flush=True)


def machine() -> str:
    """Return what the drills ran on, in a few words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def keep(rows: list[Row], *, is_whole: bool) -> None:
    """Write the page with the table of a full run; rows of single drills take the place of their drill's."""
    told = [row.cells for row in rows]
    ran = f"{clock.today():%Y-%m-%d}, {machine()}, {sum(row.seconds for row in rows):.0f} s in all.\n\n"
    if not is_whole:
        told = _merged(told)
        ran = f"Each drill's last full run, the newest of {clock.today():%Y-%m-%d}: {machine()}.\n\n"
    lines = [f"| {' | '.join(cells)} |" for cells in (COLUMNS, ("---",) * len(COLUMNS), *told)]
    PAGE.write_text(INTRODUCTION + ran + "\n".join(lines) + "\n" + NOTES, encoding="utf-8")


def _merged(told: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the page's rows with those of the drills that were run now in place of their older ones."""
    tables = (line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| "))
    before = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in list(tables)[2:]]
    names = {cells[0].split(":")[0] for cells in told}
    return [cells for cells in before if cells[0].split(":")[0] not in names] + told
