"""``app.py`` whose daily jobs never come, so that tests count on their rows; what users start is carried out as ever."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext

import app
from jobs import scheduler


def no_jobs(*_: object) -> AbstractContextManager[None]:
    """Stand in for the clockwork of the daily jobs."""
    return nullcontext()


if __name__ == "__main__":
    scheduler.running = no_jobs
    sys.exit(app.main(sys.argv[1:]))
