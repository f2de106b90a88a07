"""The suite's own journeys in Chromium, through the sample proxy, while one of the two processes behind it is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from drills.behind_proxy import Report
from drills.browser import REPEATED
from drills.report import Row
from portal.config import ROOT

FOLDER = "tests/browser"
JOURNEYS = tuple(
    f"{FOLDER}/test_{name}.py"
    for name in (
        "journeys", "roles", "registration", "editing", "contract", "codes", "charges", "renewals", "invoices", "payments",
        "billing", "people", "requests", "backoffice", "link_order", "certificates", "cloud", "devices", "notices", "trail", "home",
    )
)  # fmt: skip
"""Left out: works that users start (bulk orders, spreadsheets, Navi backups), which others take over from the dead by the
portal's clock, and here it stands; drills of their own kill those. And tests of bytes, seconds and looks."""

LOOKS = "keeps_anybody_out or keeps_nobody_out"
"""Names of tests that look at every state, and for barriers alone."""

QUICK = (
    f"{FOLDER}/test_journeys.py::test_a_partner_does_the_whole_job[1280-js]",
    f"{FOLDER}/test_journeys.py::test_a_partner_does_the_whole_job[360-plain]",
    f"{FOLDER}/test_payments.py::test_lost_money_is_given_its_destination_and_taken_back[1280-js]",
)


def run(*, is_quick: bool) -> Iterator[Row]:
    """Play them; those that were told that it had been done before, which they do not expect, are played again."""
    row, chosen = Row("journeys", "PostgreSQL", 0), QUICK if is_quick else JOURNEYS
    with tempfile.TemporaryDirectory(prefix="portal-drill-") as own:
        reports = Path(own) / "reports"
        failed = _play(row, chosen, reports)
        again = [name for name, why in failed.items() if REPEATED in why]
        row.faults += [f"{name}: {why}" for name, why in failed.items() if name not in again]
        if again:
            row.faults += [f"{name}, again: {why}" for name, why in _play(row, again, reports).items()]
        lines = reports.read_text(encoding="utf-8").splitlines() if reports.exists() else []
        portals = [Report(**json.loads(line)) for line in lines]
    row.faults += [fault for portal in portals for fault in portal.faults]
    row.counted = (
        f"{row.rounds} journeys, {len(again)} of them told that it had been done before; {_sum(portals, 'kills')} kills, "
        f"{_sum(portals, 'handed_over')} requests handed over to the other process; {_sum(portals, 'posts')} POSTs, "
        f"{_sum(portals, 'protocols')} protocols shown, all there; a process was away for "
        f"{max((portal.longest for portal in portals), default=0):.1f} s at most"
    )
    yield row


def _sum(portals: list[Report], name: str) -> int:
    return sum(getattr(portal, name) for portal in portals)


def _play(row: Row, chosen: tuple[str, ...] | list[str], reports: Path) -> dict[str, str]:
    """Run tests of the suite, and return those that failed, each with why."""
    results = reports.with_suffix(".xml")
    results.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", *chosen, "-q", "-k", f"not ({LOOKS})", "-p", "no:cacheprovider"]
    command += [f"--behind-proxy={reports}", f"--junitxml={results}"]
    environ = os.environ | {"PORTAL_CHROMIUM": _chromium()}
    run = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    if not results.exists():
        raise RuntimeError(f"the tests did not run: {run.stdout[-800:]} {run.stderr[-800:]}")
    cases = list(ET.parse(results).iter("testcase"))  # noqa: S314 - our own
    row.rounds += len(cases)
    return {_name(case): why for case in cases if (why := _why(case))}


def _name(case: ET.Element) -> str:
    return f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"


def _why(case: ET.Element) -> str:
    return "\n".join(part.text or "" for part in case if part.tag in {"failure", "error"})


def _chromium() -> str:
    command = [ROOT / "scripts" / "ensure-chromium"]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
