"""Which Chromium is driven."""

from __future__ import annotations

import os
from pathlib import Path

DEBIANS = Path("/usr/bin/chromium")


def executable() -> str | None:
    """Return the path of the Chromium to drive; None is the one that playwright installed."""
    told = os.environ.get("PORTAL_CHROMIUM")
    if told is not None:
        return told or None
    return str(DEBIANS) if DEBIANS.exists() else None
