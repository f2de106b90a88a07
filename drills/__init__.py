"""Harnesses that break things on purpose, over real server processes: ``python -m drills [--quick] [NAME...]``."""

from __future__ import annotations

import warnings

# Said where no desktop session runs, by what the tests' PostgreSQL imports; /tmp, its fallback, will do.
warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR")
