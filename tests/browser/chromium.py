"""Which Chromium is driven."""

from __future__ import annotations

import os
from pathlib import Path

DEBIANS = [path for path in map(Path, ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")) if path.exists()]
"""Debian's, the one without windows first: the same engine at half the price."""


def executable() -> str | None:
    """Return the path of the Chromium to drive; None is the one that playwright installed."""
    told = os.environ.get("PORTAL_CHROMIUM")
    if told is not None:
        return told or None
    return str(DEBIANS[0]) if DEBIANS else None
