"""Another process that holds SQLite's write lock: ``python -m drills.holder FILE SECONDS``; says "held" once it does."""

from __future__ import annotations

import select
import sys
from contextlib import closing

from portal.database import sqlite_module


def main(path: str, seconds: float) -> None:
    """Hold the lock, at most until standard input ends."""
    with closing(sqlite_module().connect(path, timeout=10, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        print("held", flush=True)
        select.select([sys.stdin], [], [], seconds)
        connection.execute("ROLLBACK")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
