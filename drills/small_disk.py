"""app.py where SQLite has room for so many pages only: as many as the file says that DRILL_ROOM names."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.pool import Pool

import app

ROOM = Path(os.environ["DRILL_ROOM"])


@event.listens_for(Pool, "checkout")
def _limit(connection: Any, _record: Any, _proxy: Any) -> None:
    """Set the limit anew for every request; one below the present size stands for "no page more"."""
    connection.execute(f"PRAGMA max_page_count={int(ROOM.read_text())}")


if __name__ == "__main__":
    sys.exit(app.main([]))
