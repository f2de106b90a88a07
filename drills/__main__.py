"""Run the drills: all of them, or those that are named; ``--quick`` does fewer rounds."""

from __future__ import annotations

import argparse
import logging
import sys
import traceback
from collections.abc import Callable, Iterator
from time import monotonic

from drills import (
    backup,
    barriers,
    bulk,
    certificates,
    desk,
    disk,
    guess,
    imports,
    journeys,
    kill,
    locks,
    migration,
    navi_backups,
    night,
    pix,
    proxy,
    repeat,
    report,
    restore,
    seats,
    slow,
    term,
)
from drills.report import Row

DRILLS: dict[str, Callable[..., Iterator[Row]]] = {
    "kill": kill.run,
    "night": night.run,
    "backup": backup.run,
    "repeat": repeat.run,
    "pix": pix.run,
    "bulk": bulk.run,
    "desk": desk.run,
    "seats": seats.run,
    "imports": imports.run,
    "certificates": certificates.run,
    "navi-backups": navi_backups.run,
    "restore": restore.run,
    "migration": migration.run,
    "locks": locks.run,
    "disk": disk.run,
    "term": term.run,
    "slow": slow.run,
    "guess": guess.run,
    "proxy": proxy.run,
    "barriers": barriers.run,
    "journeys": journeys.run,
}


def main(arguments: list[str]) -> int:
    """Run, print a row as soon as it is known, and return the exit status: 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="python -m drills", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds; docs/drills.md stays as it is")
    parser.add_argument("--write", action="store_true", help="put the rows of named drills into docs/drills.md")
    parser.add_argument("name", nargs="*", help=f"which: {' '.join(DRILLS)} (all)")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.name) - DRILLS.keys():
        parser.error(f"no such drill: {' '.join(sorted(unknown))}")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    print(" | ".join(report.COLUMNS), flush=True)
    rows = [row for name in chosen.name or DRILLS for row in _rows(name, is_quick=chosen.quick)]
    if not chosen.quick and (chosen.write or not chosen.name):
        report.keep(rows, is_whole=not chosen.name)
    return int(any(row.faults for row in rows))


def _rows(name: str, *, is_quick: bool) -> Iterator[Row]:
    """Run one drill; one that breaks down itself has failed, the others go on."""
    found, began = DRILLS[name](is_quick=is_quick), monotonic()
    while True:
        try:
            row = next(found, None)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs in the table
            traceback.print_exc()
            row = Row(name, "—", 0, "the drill itself broke down", faults=[repr(error)])
        if row is None:
            return
        row.seconds, began = monotonic() - began, monotonic()
        report.show(row)
        yield row


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
